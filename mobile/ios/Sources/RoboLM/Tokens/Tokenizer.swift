import Foundation

/// Text to tokens and back, as sentencepiece does it with a `tokenizer.model` of robo-train.
public struct Tokenizer: Sendable {
    /// Of what text can become. Keys are bytes, as equal strings may differ in them.
    private var ids: [[UInt8]: Int32] = [:]
    private var controls: [String: Int32] = [:]
    private var controlIds: Set<Int32> = []
    private var scores: [Float] = []
    private var texts: [[UInt8]] = []
    private var bytes = [Int32](repeating: 0, count: 256)
    private var symbols: [[UInt8]] = []  // never merged with what is beside them; longest first

    /// Throws `RoboError` of kind `.data` for a file that is damaged, or another kind of tokenizer's.
    public init(_ file: Data) throws {
        for (id, piece) in try SentencePieceFile(file).pieces.enumerated() {
            scores.append(piece.score)
            texts.append([])
            switch piece.kind {
            case .normal, .user, .unused:
                ids[piece.text] = Int32(id)
                texts[id] = piece.text
                if piece.kind == .user { symbols.append(piece.text) }
            case .byte:
                let digits = String(decoding: piece.text, as: UTF8.self).dropFirst(3).dropLast()
                guard let byte = UInt8(digits, radix: 16) else { throw SentencePieceFile.damaged }
                bytes[Int(byte)] = Int32(id)
                texts[id] = [byte]
            case .control, .unknown:
                controls[String(decoding: piece.text, as: UTF8.self)] = Int32(id)
                controlIds.insert(Int32(id))
            }
        }
        symbols = symbols.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    }

    /// The same from a file; throws `RoboError` of kind `.file` where it cannot be read.
    public init(contentsOf url: URL) throws {
        let file: Data
        do { file = try Data(contentsOf: url) } catch {
            throw RoboError(.file, "\(url.path): cannot be read: \(error.localizedDescription)")
        }
        try self.init(file)
    }

    /// The number of tokens.
    public var count: Int { texts.count }

    /// The id of a control token such as `[USER]`; text never becomes one.
    public func control(_ text: String) -> Int32? { controls[text] }

    func isControl(_ token: Int32) -> Bool { controlIds.contains(token) }

    /// The bytes a token stands for, which may be a part of a character; none for control tokens.
    public func bytes(of token: Int32) -> [UInt8] {
        texts.indices.contains(Int(token)) ? texts[Int(token)] : []
    }

    /// The tokens of plain text.
    public func encode(_ text: String) -> [Int32] {
        var parts = split(Array(text.utf8))
        merge(&parts)
        return parts.lazy.filter { !$0.text.isEmpty }.flatMap { part in
            ids[Array(part.text)].map { [$0] } ?? part.text.map { bytes[Int($0)] }
        }
    }

    private struct Part {
        var text: ArraySlice<UInt8>
        var before: Int, after: Int
        var isFixed: Bool
    }

    /// Characters, and the symbols that are never merged.
    private func split(_ text: [UInt8]) -> [Part] {
        var parts: [Part] = []
        var at = 0
        while at < text.count {
            let symbol = symbols.first { text[at...].starts(with: $0) }
            let length = symbol?.count ?? Self.length(of: text[at])
            let end = Swift.min(at + length, text.count)
            parts.append(
                Part(
                    text: text[at..<end], before: parts.count - 1, after: parts.count + 1,
                    isFixed: symbol != nil))
            at = end
        }
        if !parts.isEmpty { parts[parts.count - 1].after = -1 }
        return parts
    }

    private static func length(of lead: UInt8) -> Int {
        lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    }

    /// Join the pair of the best score, of two such the left one, until no pair is a piece.
    private func merge(_ parts: inout [Part]) {
        var agenda = Heap()
        func propose(_ left: Int, _ right: Int) {
            guard left >= 0, right >= 0, !parts[left].isFixed, !parts[right].isFixed else { return }
            let joined = Array(parts[left].text + parts[right].text)
            if let id = ids[joined] {
                agenda.push(Pair(score: scores[Int(id)], left: left, right: right, length: joined.count))
            }
        }
        for right in parts.indices.dropFirst() { propose(right - 1, right) }
        while let pair = agenda.pop() {
            let left = parts[pair.left].text
            let right = parts[pair.right].text
            guard !left.isEmpty, !right.isEmpty, left.count + right.count == pair.length else { continue }
            parts[pair.left].text = left + right
            parts[pair.right].text = []
            let after = parts[pair.right].after
            parts[pair.left].after = after
            if after >= 0 { parts[after].before = pair.left }
            propose(parts[pair.left].before, pair.left)
            propose(pair.left, after)
        }
    }
}

/// Two neighbours that are a piece together.
private struct Pair {
    let score: Float
    let left: Int, right: Int
    let length: Int

    func comes(before other: Pair) -> Bool {
        score > other.score || (score == other.score && left < other.left)
    }
}

/// A binary heap with the pair that comes first at its root.
private struct Heap {
    private var pairs: [Pair] = []

    mutating func push(_ pair: Pair) {
        pairs.append(pair)
        var child = pairs.count - 1
        while child > 0, pairs[child].comes(before: pairs[(child - 1) / 2]) {
            pairs.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Pair? {
        guard let first = pairs.first else { return nil }
        let last = pairs.removeLast()
        guard !pairs.isEmpty else { return first }
        pairs[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < pairs.count {
                if pairs[child].comes(before: pairs[best]) { best = child }
            }
            if best == parent { return first }
            pairs.swapAt(best, parent)
            parent = best
        }
    }
}
