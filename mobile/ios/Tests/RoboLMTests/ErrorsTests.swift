import Foundation
import RoboLM
import Testing

extension OneAtATime {
    /// What is wrong is said with its file or value, and the app goes on.
    @Suite(.withAssets) struct ErrorsTests {
        let assets = Assets.shared!

        private func problem(_ work: () async throws -> Void) async throws -> RoboError {
            do { try await work() } catch let error as RoboError { return error }
            throw Unexpected()
        }

        private struct Unexpected: Error {}

        @Test func aMissingFileIsNamed() async throws {
            let missing = try Assets.file("none.gguf")
            let data = try Assets.file("esp32.robo")
            let model = try await problem { _ = try await RoboModel.load(model: missing, data: data) }
            #expect(model.kind == .file && model.message.contains("none.gguf"))
            let other = try await problem {
                _ = try await RoboModel.load(model: assets.source, data: missing)
            }
            #expect(other.kind == .file && other.message.contains("none.gguf"))
            let hash = try await problem {
                _ = try await RoboModel.load(model: missing, data: data, sha256: "00")
            }
            #expect(hash.kind == .file && hash.message.contains("none.gguf"))
        }

        @Test func aDamagedModelIsRefused() async throws {
            for name in ["cut.gguf", "esp32.robo"] {
                let error = try await problem {
                    _ = try await RoboModel.load(model: Assets.file(name), data: Assets.file("esp32.robo"))
                }
                #expect(error.kind == .model, "\(error)")
            }
            for bytes in [Data("GGUF".utf8), Data(count: 1000)] {
                let error = try await problem {
                    _ = try await RoboModel.load(model: .bytes(bytes), data: Assets.file("esp32.robo"))
                }
                #expect(error.kind == .model, "\(error)")
            }
        }

        @Test func aDamagedDataFileIsRefused() async throws {
            let error = try await problem {
                _ = try await RoboModel.load(model: assets.source, data: assets.source)
            }
            #expect(error.kind == .data, "\(error)")
            let empty = try await problem {
                _ = try await RoboModel.load(model: assets.source, data: .bytes(Data()))
            }
            #expect(empty.kind == .file && empty.message.contains("empty"))
        }

        @Test func aFileOfAnotherHashIsNotLoaded() async throws {
            let data = try Assets.file("esp32.robo")
            _ = try await RoboModel.load(model: assets.source, data: data, sha256: assets.sha256.uppercased())
            let error = try await problem {
                _ = try await RoboModel.load(
                    model: assets.source, data: data, sha256: String(repeating: "0", count: 64))
            }
            #expect(error.kind == .checksum && error.message.contains(assets.sha256))
        }

        @Test func anAddressOnTheNetworkIsNoFile() async throws {
            let url = try #require(URL(string: "https://example.org/model.gguf"))
            let error = try await problem {
                _ = try await RoboModel.load(model: .file(url), data: .file(url))
            }
            #expect(error.kind == .file && error.message.contains("example.org"))
        }

        @Test func aResourceThatIsNotInTheBundleIsNamed() {
            #expect(throws: RoboError.self) { try RoboSource.resource("none.gguf") }
        }

        @Test func requestsThatCannotBeAnsweredSayWhy() async throws {
            let model = try await assets.load()
            var hot: RoboRequest = "x"
            hot.temperature = -1
            var less: RoboRequest = "x"
            less.maxTokens = -1
            let cases: [(RoboRequest, RoboError.Kind, String)] = [
                (" \n\u{7}", .argument, "empty"), ("\0", .argument, "empty"),
                (RoboRequest("x", language: "xx"), .argument, "language"),
                (hot, .argument, "temperature"), (less, .argument, "max_tokens"),
                (RoboRequest(String(repeating: "word ", count: 4000)), .tooLong, "tokens long"),
            ]
            for (request, kind, words) in cases {
                let error = try await problem { _ = try await model.write(request) }
                #expect(error.kind == kind && error.message.contains(words), "\(error)")
                let streamed = try await problem { for try await _ in model.generate(request) {} }
                #expect(streamed == error)
            }
            #expect(try await !model.write("Blink an LED on pin 2").code.isEmpty)
        }

        @Test func aWrongGrammarOrAdapterLeavesTheModelAsItWas() async throws {
            let model = try await assets.load()
            let expected = assets.answers[0]
            let grammar = try await problem { try await model.setGrammar(assets.source) }
            #expect(grammar.kind == .data, "\(grammar)")
            let missing = try await problem { try await model.setAdapter(Assets.file("none.gguf")) }
            #expect(missing.kind == .file, "\(missing)")
            let wrong = try await problem { try await model.setAdapter(assets.source) }
            #expect(wrong.kind == .adapter, "\(wrong)")
            try await model.setAdapter(nil)
            let code = try await model.write(expected.request).code
            #expect(code == expected.code)
        }
    }
}
