/// Which token may come next. The grammar of the kit, followed token by token.
public protocol TokenGrammar: AnyObject {
    func allows(_ token: Int32) -> Bool
    /// Go on behind this token, which it allows.
    func accept(_ token: Int32)
    /// For every token, whether it may come next.
    func allowed() -> [Bool]
}

/// Writes a program with a model of `TokenSteps`: always the best token, or the best that the grammar allows.
struct TokenWriter {
    let tokenizer: Tokenizer
    let steps: any TokenSteps
    /// Seconds that loading took.
    let load: Double

    /// A program needs this many tokens at the very least; a longer prompt is refused.
    static let leastRoom = 32

    /// Throws `RoboError` of the kinds `.argument`, `.tooLong`, `.grammar`, `.engine`.
    func write(
        _ request: RoboRequest, grammar: (any TokenGrammar)?, isCancelled: () -> Bool,
        onText: @escaping (String) -> Void
    ) throws -> RoboProgram {
        try check(request, grammar)
        let start = Moment()
        let ids = try tokenizer.prompt(request)
        guard ids.count + Self.leastRoom <= steps.context else {
            throw RoboError(
                .tooLong,
                "the prompt is \(ids.count) tokens long; this model takes \(steps.context - Self.leastRoom): shorten it"
            )
        }
        var statistics = RoboProgram.Statistics()
        var text = try RunningText(steps)
        var scores = try text.feed(ids)
        statistics.prefill = start.seconds
        let prefilled = Moment()
        var written = Written(byLine: grammar != nil, onText: onText)
        let hard = request.maxTokens > 0 ? min(request.maxTokens, text.room) : text.room
        let soft = hard - max(hard / 8, min(24, hard / 2))
        var stopped = RoboProgram.Stop.end
        while true {
            if isCancelled() {
                stopped = .cancelled
                break
            }
            if statistics.tokens >= hard || text.room < 1 {
                stopped = .hardBudget
                break
            }
            let asked = Moment()
            let choice = pick(scores, grammar)
            statistics.sample += asked.seconds
            guard let (token, refused) = choice else {
                stopped = .deadEnd
                break
            }
            statistics.refused += refused ? 1 : 0
            if statistics.tokens == 0 { statistics.firstToken = start.seconds }
            if tokenizer.isControl(token) { break }
            grammar?.accept(token)
            written.add(tokenizer.bytes(of: token))
            statistics.tokens += 1
            if written.endsLine, let grammar, tokenizer.ends.contains(where: grammar.allows) {
                written.isWhole()
                if statistics.tokens >= soft {
                    stopped = .softBudget
                    break
                }
            }
            scores = try text.feed([token])
        }
        statistics.load = load
        statistics.decode = prefilled.seconds
        statistics.promptTokens = ids.count
        return RoboProgram(code: written.code(stopped), stopped: stopped, statistics: statistics)
    }

    private func check(_ request: RoboRequest, _ grammar: (any TokenGrammar)?) throws {
        if request.constrained, grammar == nil {
            throw RoboError(
                .grammar,
                "there is no grammar to follow; give one, use RoboModel, or set constrained to false")
        }
        if request.temperature != 0 {
            throw RoboError(
                .argument, "temperature is \(request.temperature); Core ML packages take the best token (0)")
        }
        if request.maxTokens < 0 { throw RoboError(.argument, "max_tokens is less than nought") }
    }

    /// The best token, or the best that is allowed, and whether another was liked better; nil: none is allowed.
    private func pick(_ scores: [Float], _ grammar: (any TokenGrammar)?) -> (token: Int32, refused: Bool)? {
        guard let best = Self.best(scores, where: { _ in true }) else { return nil }
        guard let grammar else { return (best, false) }
        if grammar.allows(best) { return (best, false) }
        let allowed = grammar.allowed()
        return Self.best(scores, where: { $0 < allowed.count && allowed[$0] }).map { ($0, true) }
    }

    /// The first of the best.
    private static func best(_ scores: [Float], where allowed: (Int) -> Bool) -> Int32? {
        var found: Int?
        var most = -Float.infinity
        for (token, score) in scores.enumerated() where score > most && allowed(token) {
            (found, most) = (token, score)
        }
        return found.map(Int32.init)
    }
}

/// The program as far as it is written, and shown.
private struct Written {
    let byLine: Bool
    let onText: (String) -> Void
    private var assembler = TextAssembler()
    private var hidden = ""
    private var whole = ""

    init(byLine: Bool, onText: @escaping (String) -> Void) {
        self.byLine = byLine
        self.onText = onText
    }

    var endsLine: Bool { assembler.text.utf8.last == UInt8(ascii: "\n") }

    mutating func add(_ bytes: [UInt8]) {
        hidden += assembler.add(bytes)
        if !hidden.isEmpty, !byLine || endsLine { show() }
    }

    /// The program could end here.
    mutating func isWhole() { whole = assembler.text }

    /// The program; one that was not ended is cut back.
    mutating func code(_ stopped: RoboProgram.Stop) -> String {
        if stopped == .end {
            hidden += assembler.finish()
            if !hidden.isEmpty { show() }
            return assembler.text
        }
        if byLine { return whole }
        let lines = assembler.text.utf8.lastIndex(of: UInt8(ascii: "\n")).map { assembler.text[...$0] }
        return lines.map(String.init) ?? ""
    }

    private mutating func show() {
        onText(hidden)
        hidden = ""
    }
}

/// A point in time, and how long ago it was.
struct Moment {
    private let at = ContinuousClock.now

    var seconds: Double {
        let passed = at.duration(to: .now).components
        return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
    }
}
