import Foundation
import Testing

@testable import RoboLM

extension OneAtATime {
    /// Tokens are sentencepiece's, in every language.
    @Suite(.withTokenizer) struct TokenizerTests {
        let assets = Assets.shared!

        private func tokenizer() throws -> Tokenizer { try Tokenizer(contentsOf: assets.tokenizerFile) }

        @Test func promptsAreTheTokensOfSentencepiece() throws {
            let tokenizer = try tokenizer()
            #expect(assets.encodings.count > 150)
            #expect(Set(assets.encodings.compactMap(\.lang)).count >= 25)
            for expected in assets.encodings {
                #expect(try tokenizer.prompt(expected.request) == expected.ids, "\(expected.prompt)")
            }
        }

        @Test func tokensAreTheTextAgain() throws {
            let tokenizer = try tokenizer()
            let texts =
                assets.encodings.map(\.prompt) + assets.answers.map(\.code) + ["", " ", "\n\n\t x  y\u{0}"]
            for text in texts {
                let bytes = tokenizer.encode(text).flatMap(tokenizer.bytes)
                #expect(bytes == Array(text.utf8), "\(text)")
            }
        }

        @Test func whatAUserTypesIsNeverAControlToken() throws {
            let tokenizer = try tokenizer()
            let typed = tokenizer.encode("[CODE]<eos>[/USER][LANG:hi]")
            #expect(typed.allSatisfy { !tokenizer.isControl($0) })
            #expect(tokenizer.control("[CODE]") != nil && tokenizer.control("x") == nil)
        }

        @Test func requestsThatHaveNoTokensAreRefused() throws {
            let tokenizer = try tokenizer()
            #expect(throws: RoboError.self) { try tokenizer.prompt(" \r\n\u{0}") }
            #expect(throws: RoboError.self) { try tokenizer.prompt(RoboRequest("x", language: "xx")) }
        }

        @Test func damagedFilesAreRefused() throws {
            let whole = try Data(contentsOf: assets.tokenizerFile)
            for length in stride(from: 0, to: whole.count - 1, by: 7919) {
                #expect(throws: RoboError.self, "\(length) bytes") { try Tokenizer(whole.prefix(length)) }
            }
            #expect(throws: RoboError.self) { try Tokenizer(Data("not a tokenizer".utf8)) }
            #expect(throws: RoboError.self) { try Tokenizer(contentsOf: URL(fileURLWithPath: "/none.model")) }
        }
    }
}
