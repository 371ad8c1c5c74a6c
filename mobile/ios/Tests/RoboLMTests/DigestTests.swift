import Foundation
import Testing

@testable import RoboLM

extension OneAtATime {
    /// SHA-256 against the examples of FIPS 180-4 and NIST.
    struct DigestTests {
        @Test func digestsAreThoseOfTheStandard() {
            let cases = [
                ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                (
                    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
                ),
                (
                    String(repeating: "a", count: 1_000_000),
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
                ),
            ]
            for (text, digest) in cases { #expect(sha256(of: Data(text.utf8)) == digest) }
        }

        @Test func aDigestDoesNotDependOnThePieces() {
            let bytes = Data((0..<300).map { UInt8(truncatingIfNeeded: $0 &* 37) })
            let whole = PortableSHA256.digest([bytes])
            for size in [1, 3, 55, 56, 63, 64, 65, 128] {
                let pieces = stride(from: 0, to: bytes.count, by: size).map {
                    bytes[$0..<min($0 + size, bytes.count)]
                }
                #expect(PortableSHA256.digest(pieces) == whole)
            }
        }
    }
}

extension PortableSHA256 {
    fileprivate static func digest(_ pieces: [Data]) -> [UInt8] {
        var digest = PortableSHA256()
        for piece in pieces { digest.update(data: piece) }
        return digest.finalize()
    }
}
