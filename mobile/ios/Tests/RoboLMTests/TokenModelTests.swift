import Foundation
import Testing

@testable import RoboLM

extension OneAtATime {
    /// Prefill and decode of a model that is run token by token, as a Core ML package is.
    struct RunningTextTests {
        @Test(arguments: [1, 2, 31, 32, 33, 64, 65, 100])
        func promptsAreReadInChunksAndTheirLastScoresAreAskedFor(length: Int) throws {
            let model = Recorder(chunk: 32, context: 128)
            var text = try RunningText(model)
            let tokens = (0..<length).map { Int32($0 + 1) }
            #expect(try text.feed(tokens) == [Float(length)])
            #expect(try text.feed([7]) == [7])
            #expect(model.seen == tokens + [7])
            #expect(text.length == length + 1 && text.room == 128 - length - 1)
        }

        @Test func noChunkReachesOverTheEndOfTheContext() throws {
            let model = Recorder(chunk: 32, context: 70)
            var text = try RunningText(model)
            _ = try text.feed((0..<70).map { Int32($0) })
            #expect(model.calls == [.prefill(0), .prefill(32)] + (64..<70).map { .decode($0) })
            #expect(text.room == 0)
        }
    }

    /// Programs of recorded scores are what the Python runtime makes of them.
    @Suite(.withTokenizer) struct TokenModelTests {
        let assets = Assets.shared!

        private func model(grammar: (@Sendable () -> any TokenGrammar)? = nil) throws -> TokenModel {
            let tokenizer = try Tokenizer(contentsOf: assets.tokenizerFile)
            return TokenModel(tokenizer: tokenizer, steps: try Player(assets.recording), grammar: grammar)
        }

        private var request: RoboRequest {
            var request = RoboRequest(assets.recording.prompt)
            request.constrained = false
            return request
        }

        @Test func theProgramIsThatOfThePythonRuntime() async throws {
            let program = try await model().write(request)
            #expect(program.code == assets.recording.code && program.stopped == .end)
            #expect(program.statistics.tokens == assets.recording.written.count)
            #expect(program.statistics.promptTokens == assets.recording.ids.count)
        }

        @Test func theStreamIsTheProgram() async throws {
            var text = ""
            for try await part in try model().generate(request) { text += part }
            #expect(text == assets.recording.code)
        }

        @Test func aBudgetCutsAtALine() async throws {
            var short = request
            short.maxTokens = assets.recording.written.count - 2
            let program = try await model().write(short)
            #expect(program.stopped == .hardBudget && assets.recording.code.hasPrefix(program.code))
            #expect(program.code.hasSuffix("\n"))
        }

        @Test func whatTheGrammarRefusesIsNotWritten() async throws {
            let refused = assets.recording.written[0]
            let made = try model(grammar: { Without(refused, of: 1 << 16) })
            var constrained = request
            (constrained.constrained, constrained.maxTokens) = (true, 1)
            let program = try await made.write(constrained)
            #expect(program.statistics.refused == 1)
            await #expect(throws: RoboError.self) {
                try await model().write(constrained)
            }
        }

        @Test func aCancelledRequestEnds() async throws {
            let made = try model()
            let request = request
            for try await _ in made.generate(request) { break }
            let task = Task { try await made.write(request) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await made.write(request).code == assets.recording.code)
        }

        @Test func promptsOverTheContextAndTemperaturesAreRefused() async throws {
            let made = try model()
            var long = request
            var hot = request
            long.prompt = String(repeating: "word ", count: 4000)
            hot.temperature = 1
            for (asked, kind) in [(long, RoboError.Kind.tooLong), (hot, .argument)] {
                do {
                    _ = try await made.write(asked)
                    Issue.record("written")
                } catch let error as RoboError { #expect(error.kind == kind) }
            }
        }
    }

    struct HalfFloatTests {
        @Test func halvesAreThoseOfIEEE754() {
            let cases: [(UInt16, Float)] = [
                (0x3C00, 1), (0xC000, -2), (0x7BFF, 65504), (0x0001, 0x1p-24), (0x03FF, 1023 * 0x1p-24),
                (0x0400, 0x1p-14), (0x3555, 0.33325195), (0x7C00, .infinity), (0xFC00, -.infinity),
            ]
            for (bits, value) in cases { #expect(float(half: bits) == value) }
            #expect(float(half: 0x8000).sign == .minus && float(half: 0x7E00).isNaN)
        }

        @Test func charactersAreWholeWhateverTheTokens() {
            let text = "ध्वनि 😀é"
            for size in 1...5 {
                var assembler = TextAssembler()
                var made = ""
                let bytes = Array(text.utf8)
                for start in stride(from: 0, to: bytes.count, by: size) {
                    let part = assembler.add(Array(bytes[start..<min(start + size, bytes.count)]))
                    #expect(!part.contains("\u{FFFD}"))
                    made += part
                }
                #expect(made + assembler.finish() == text)
            }
            var cut = TextAssembler()
            #expect(cut.add([0xE0, 0xA4]).isEmpty && cut.finish() == "\u{FFFD}")
        }
    }
}

/// Notes what is asked of it; its only score is the token behind which it is asked.
private final class Recorder: TokenSteps {
    enum Call: Equatable {
        case prefill(Int)
        case decode(Int)
    }

    let chunk: Int, context: Int
    var seen: [Int32] = []
    var calls: [Call] = []

    init(chunk: Int, context: Int) { (self.chunk, self.context) = (chunk, context) }

    func restart() { seen = [] }

    func prefill(_ tokens: [Int32], at position: Int, row: Int) throws -> [Float] {
        #expect(tokens.count == chunk && position + chunk <= context && position == seen.count)
        calls.append(.prefill(position))
        seen += tokens[...row]
        return [Float(tokens[row])]
    }

    func decode(_ token: Int32, at position: Int) throws -> [Float] {
        #expect(position == seen.count && position < context)
        calls.append(.decode(position))
        seen.append(token)
        return [Float(token)]
    }
}

/// Plays back what llama.cpp answered, as long as it is asked the same.
private final class Player: TokenSteps {
    let chunk = 32, context = 1024
    private let recording: Assets.Recording
    private let rows: [[Float]]

    init(_ recording: Assets.Recording) throws {
        self.recording = recording
        let bytes = try Data(contentsOf: #require(Assets.folder).appendingPathComponent(recording.scores))
        let width = bytes.count / 4 / (recording.written.count + 1)
        let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        rows = stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }

    func restart() {}

    func prefill(_ tokens: [Int32], at position: Int, row: Int) throws -> [Float] {
        #expect(Array(tokens[...row]) == Array(recording.ids[position...(position + row)]))
        return rows[0]
    }

    func decode(_ token: Int32, at position: Int) throws -> [Float] {
        let step = position - recording.ids.count
        return rows[Swift.max(0, step + 1)]
    }
}

/// Everything but one token.
private final class Without: TokenGrammar {
    let refused: Int32, count: Int

    init(_ refused: Int32, of count: Int) { (self.refused, self.count) = (refused, count) }

    func allows(_ token: Int32) -> Bool { token != refused }
    func accept(_ token: Int32) { #expect(allows(token)) }
    func allowed() -> [Bool] { (0..<count).map { $0 != Int(refused) } }
}
