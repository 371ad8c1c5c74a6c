import Foundation
import Testing

@testable import RoboLM

extension OneAtATime {
    /// A request can be left at any moment; the model stops, and nothing is kept.
    @Suite(.withAssets) struct CancelTests {
        let assets = Assets.shared!

        @Test func leavingTheLoopStopsTheModelAndTheNextRequestIsWhole() async throws {
            let model = try await assets.load()
            for wanted in 1...3 {
                var seen = 0
                for try await _ in model.generate("Blink an LED on pin 2") {
                    seen += 1
                    if seen == wanted { break }
                }
                let expected = assets.answers[0]
                let code = try await model.write(expected.request).code
                #expect(code == expected.code)
            }
        }

        @Test func cancellingTheTaskEndsTheStream() async throws {
            let model = try await assets.load()
            let (lines, first) = AsyncStream<Void>.makeStream()
            let task = Task {
                var text = ""
                for try await line in model.generate("Drive a square with two motors, then play a melody") {
                    text += line
                    first.yield()
                }
                return (text, Task.isCancelled)
            }
            for await _ in lines { break }
            task.cancel()
            let (_, cancelled) = try await task.value
            #expect(cancelled)
            #expect(try await !model.write("Blink an LED on pin 2").code.isEmpty)
        }

        @Test func whatWasWrittenBeforeIsTheBeginningOfTheProgram() async throws {
            let core = try await Core.loaded(assets)
            let request = assets.answers[0].request
            let (results, done) = AsyncStream<Result<RoboProgram, any Error>>.makeStream()
            let (starts, started) = AsyncStream<Void>.makeStream()
            let run = Run(request) { _ in started.yield() }
            core.start(run) { done.yield($0) }
            for await _ in starts { break }
            core.cancel(run)
            for await result in results {
                let program = try result.get()
                #expect(program.stopped == .cancelled || program.code == assets.answers[0].code)
                #expect(assets.answers[0].code.hasPrefix(program.code))
                break
            }
        }

        @Test func aCancelledWriteThrowsCancellationError() async throws {
            let model = try await assets.load()
            let task = Task { try await model.write("Blink an LED on pin 2") }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }

        @Test func aRequestThatWaitsIsNeverBegunWhenItIsCancelled() async throws {
            let model = try await assets.load()
            let before = Task { try await model.write("Blink an LED on pin 2") }
            var waiting = [Task<RoboProgram, any Error>]()
            for _ in 0..<20 { waiting.append(Task { try await model.write("Play a melody") }) }
            for task in waiting { task.cancel() }
            for task in waiting { await #expect(throws: CancellationError.self) { try await task.value } }
            #expect(try await !before.value.code.isEmpty)
        }

        @Test func aStreamThatNobodyReadsIsStopped() async throws {
            let model = try await assets.load()
            for _ in 0..<10 { _ = model.generate("Play a melody") }
            let expected = assets.answers[0]
            let program = try await model.write(expected.request)
            #expect(program.code == expected.code)
        }

        @Test func theHandleIsFreedWhenModelAndStreamsAreGone() async throws {
            weak var core: Core?
            do {
                let model = try await Core.loaded(assets)
                core = model
                let run = Run("Blink an LED on pin 2")
                model.start(run) { _ in }
                model.cancel(run)
                #expect(core != nil)
            }
            for _ in 0..<500 where core != nil { try await Task.sleep(nanoseconds: 10_000_000) }
            #expect(core == nil)
        }

        @Test func loadingAndLeavingManyTimesKeepsNoMemory() async throws {
            func once() async throws {
                let model = try await assets.load()
                for try await _ in model.generate("Blink an LED on pin 2") { break }
            }
            for _ in 0..<3 { try await once() }
            guard let before = residentBytes() else { return }  // no /proc
            for _ in 0..<12 { try await once() }
            let grown = (residentBytes() ?? before) - before
            #expect(grown < 24 << 20, "\(grown) bytes more; one model takes more than 10 MB")
        }

        private func residentBytes() -> Int? {
            guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
                return nil
            }
            return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
        }
    }
}

extension Core {
    static func loaded(_ assets: Assets) async throws -> Core {
        try Core(model: assets.source, data: Assets.file("esp32.robo"), options: .init())
    }
}
