import Foundation
import RoboLM
import Testing

/// What tests/ios/assets.py wrote, in the folder that ROBO_TEST_ASSETS names: what the Python runtime answers.
struct Assets: Decodable, Sendable {
    struct Answer: Decodable, Sendable, CustomTestStringConvertible {
        let prompt: String
        let lang: String?
        let code: String
        let tokens: Int
        let maxTokens: Int

        var request: RoboRequest {
            var request = RoboRequest(prompt, language: lang)
            request.maxTokens = maxTokens
            return request
        }

        var testDescription: String { prompt }
    }

    struct Encoding: Decodable, Sendable {
        let prompt: String
        let lang: String?
        let system: String
        let hardware: String
        let ids: [Int32]

        var request: RoboRequest { RoboRequest(prompt, language: lang, hardware: hardware, system: system) }
    }

    /// A program without a grammar, and the scores of every step in a file of float32.
    struct Recording: Decodable, Sendable {
        let prompt: String
        let ids: [Int32]
        let written: [Int32]
        let code: String
        let scores: String
    }

    let model: String
    let sha256: String
    let tokenizer: String
    let answers: [Answer]
    /// The same prompt for another board.
    let otherBoard: Answer
    /// Prompts of every language, and what they become.
    let encodings: [Encoding]
    let recording: Recording

    static let folder = ProcessInfo.processInfo.environment["ROBO_TEST_ASSETS"].map {
        URL(fileURLWithPath: $0)
    }
    static let shared: Assets? = folder.flatMap { folder in
        try? JSONDecoder().decode(
            Assets.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
    }

    static func file(_ name: String) throws -> RoboSource {
        .file(try #require(folder).appendingPathComponent(name))
    }

    var tokenizerFile: URL { URL(fileURLWithPath: tokenizer) }

    var source: RoboSource { .file(URL(fileURLWithPath: model)) }

    func load(options: RoboModel.Options = .init()) async throws -> RoboModel {
        try await RoboModel.load(model: source, data: Assets.file("esp32.robo"), options: options)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips visibly where there is nothing to compare with.
    static var withAssets: Self {
        .enabled(if: Assets.shared != nil, "ROBO_TEST_ASSETS names no folder of tests/ios/assets.py")
    }

    /// The same where no checkpoint has a tokenizer.
    static var withTokenizer: Self {
        .enabled(
            if: Assets.shared?.encodings.isEmpty == false, "there is no checkpoints/robo-nano/tokenizer.model"
        )
    }
}

/// One test after another: some look at the memory of the process.
@Suite(.serialized) enum OneAtATime {}
