import Foundation
import RoboLM
import Testing

extension OneAtATime {
    /// What is written is what the Python runtime writes.
    @Suite(.withAssets) struct AnswersTests {
        let assets = Assets.shared!

        @Test func programsAreThoseOfThePythonRuntime() async throws {
            let model = try await assets.load()
            #expect(assets.answers.count >= 20)
            for expected in assets.answers {
                let program = try await model.write(expected.request)
                #expect(program.code == expected.code, "\(expected.prompt)")
                #expect(program.statistics.tokens == expected.tokens, "\(expected.prompt)")
            }
        }

        @Test func theStreamBringsWholeLinesThatMakeTheProgram() async throws {
            let model = try await assets.load()
            for expected in assets.answers.prefix(3) {
                var lines: [String] = []
                for try await line in model.generate(expected.request) {
                    lines.append(line)
                }
                #expect(lines.joined() == expected.code)
                #expect(lines.allSatisfy { $0.hasSuffix("\n") })
            }
        }

        @Test func theLastEventIsTheProgramWithItsFigures() async throws {
            let model = try await assets.load()
            var last: RoboModel.Event?
            for try await event in model.events("Blink an LED on pin 2") { last = event }
            guard case .finished(let program) = last else {
                Issue.record("the last event is \(String(describing: last))")
                return
            }
            let figures = program.statistics
            #expect(program.stopped == .end)
            #expect(figures.promptTokens > 0 && figures.tokens > 0)
            #expect(figures.load > 0 && figures.prefill > 0 && figures.firstToken >= figures.prefill)
            #expect(figures.decode > figures.sample && figures.tokensPerSecond > 0)
        }

        @Test func aModelFromMemoryOrReadWritesTheSame() async throws {
            guard case .file(let url) = assets.source, case .file(let data) = try Assets.file("esp32.robo")
            else { return }
            let bytes = try RoboSource.bytes(Data(contentsOf: url))
            let copied = try await RoboModel.load(
                model: bytes, data: .bytes(Data(contentsOf: data)), sha256: assets.sha256)
            var options = RoboModel.Options()
            (options.mapped, options.threads, options.context) = (false, 2, 512)
            let read = try await assets.load(options: options)
            let expected = assets.answers[0]
            for model in [copied, read] {
                let code = try await model.write(expected.request).code
                #expect(code == expected.code)
            }
        }

        @Test func anotherBoardIsAnotherDataFile() async throws {
            let model = try await assets.load()
            try await model.setGrammar(Assets.file("other.robo"))
            let expected = assets.otherBoard
            let code = try await model.write(expected.request).code
            #expect(code == expected.code)
        }

        @Test func aBudgetCutsTheProgramAtAWholeStatement() async throws {
            let model = try await assets.load()
            var request: RoboRequest = "Print the numbers from 1 to 5, then blink the LED on pin 2"
            request.maxTokens = 20
            let program = try await model.write(request)
            #expect(program.stopped == .softBudget || program.stopped == .hardBudget)
            #expect(program.statistics.tokens <= 20)
            #expect(program.code.isEmpty || program.code.hasSuffix("\n"))
        }

        @Test func theSameSeedDrawsTheSameProgram() async throws {
            let model = try await assets.load()
            var request: RoboRequest = "Play a melody"
            (request.temperature, request.topK, request.seed) = (1.5, 40, 7)
            let first = try await model.write(request).code
            #expect(try await model.write(request).code == first)
        }

        @Test func twoModelsWorkAtOnce() async throws {
            let answers = assets.answers.prefix(4)
            try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        let model = try await Assets.shared!.load()
                        var codes: [String] = []
                        for answer in answers {
                            codes.append(
                                try await model.write(answer.request).code)
                        }
                        return codes
                    }
                }
                for try await codes in group { #expect(codes == answers.map(\.code)) }
            }
        }

        @Test func requestsOfOneModelWaitForEachOther() async throws {
            let model = try await assets.load()
            let answers = Array(assets.answers.prefix(4))
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for answer in answers {
                    group.addTask {
                        try await model.write(answer.request).code
                            == answer.code
                    }
                }
                for try await same in group { #expect(same) }
            }
        }
    }
}
