import RoboLM
import SwiftUI

/// A prompt in, a program for the kit out, on the device alone.
@main
struct SampleApp: App {
    @State private var composer = Composer()

    var body: some Scene {
        WindowGroup {
            ComposerView(composer: composer).task { await load() }
        }
    }

    private func load() async {
        do {
            await composer.load(
                model: try .resource("robo-nano-q4_0.gguf"),
                data: try .resource("esp32.robo")
            )
        } catch {
            composer.fail(error)
        }
    }
}
