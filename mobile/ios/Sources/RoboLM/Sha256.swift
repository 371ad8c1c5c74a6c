import Foundation

#if canImport(CryptoKit)
    import CryptoKit

    typealias Digest256 = CryptoKit.SHA256
#else
    typealias Digest256 = PortableSHA256
#endif

/// SHA-256 of a file, in hexadecimal digits; throws `RoboError` of kind `.file` where it cannot be read.
func sha256(of url: URL) throws -> String {
    do {
        let file = try FileHandle(forReadingFrom: url)
        defer { try? file.close() }
        var digest = Digest256()
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { digest.update(data: part) }
        return hexadecimal(digest.finalize())
    } catch {
        throw RoboError(.file, "\(url.path): cannot be read: \(error.localizedDescription)")
    }
}

/// SHA-256 of bytes, in hexadecimal digits.
func sha256(of data: Data) -> String {
    var digest = Digest256()
    digest.update(data: data)
    return hexadecimal(digest.finalize())
}

private func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}
