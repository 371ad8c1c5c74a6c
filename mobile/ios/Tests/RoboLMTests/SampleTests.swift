import RoboLM
import SampleModel
import Testing

extension OneAtATime {
    /// What the sample app does, without its views.
    @Suite(.withAssets) @MainActor struct SampleTests {
        @Test func itWritesWhatIsAskedFor() async throws {
            let composer = Composer()
            let assets = try #require(Assets.shared)
            let expected = assets.answers[0]
            #expect(composer.state == .loading)
            await composer.load(
                model: assets.source, data: try Assets.file("esp32.robo"), sha256: assets.sha256)
            #expect(composer.state == .ready)
            composer.prompt = expected.prompt
            composer.language = SpokenLanguage.all.first { $0.code == expected.lang }
            composer.start()
            #expect(composer.state == .writing)
            await composer.finished()
            #expect(composer.state == .ready && composer.code == expected.code)
            #expect(composer.program?.statistics.tokens == expected.tokens)
        }

        @Test func askingAgainDropsWhatWasBeingWritten() async throws {
            let composer = Composer()
            let assets = try #require(Assets.shared)
            let expected = assets.answers[0]
            await composer.load(model: assets.source, data: try Assets.file("esp32.robo"))
            composer.prompt = "Play a melody"
            composer.start()
            composer.prompt = expected.prompt
            composer.language = SpokenLanguage.all.first { $0.code == expected.lang }
            composer.start()
            await composer.finished()
            #expect(composer.code == expected.code)
            composer.start()
            composer.stop()
            #expect(composer.state == .ready)
        }

        @Test func itSaysWhyItCannot() async throws {
            let composer = Composer()
            let assets = try #require(Assets.shared)
            await composer.load(model: assets.source, data: try Assets.file("esp32.robo"))
            composer.prompt = "  "
            composer.start()
            await composer.finished()
            #expect(composer.problem?.contains("empty") == true && composer.state == .ready)
            let broken = Composer()
            await broken.load(model: try Assets.file("none.gguf"), data: try Assets.file("esp32.robo"))
            guard case .failed(let why) = broken.state else {
                Issue.record("loaded what is not there")
                return
            }
            #expect(why.contains("none.gguf"))
        }
    }
}
