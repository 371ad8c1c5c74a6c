import Foundation

/// Where a model, a data file or an adapter comes from.
public enum RoboSource: Sendable, Equatable {
    /// A file; of a model it must not change as long as the model is in use, for it is mapped.
    case file(URL)
    /// The content of a file, which is copied.
    case bytes(Data)

    /// A resource of a bundle, such as `.resource("robo-nano-q4_0.gguf")` of the app.
    ///
    /// Throws `RoboError` of kind `.file` where the bundle has none of that name.
    public static func resource(_ name: String, in bundle: Bundle = .main) throws -> RoboSource {
        guard let url = bundle.url(forResource: name, withExtension: nil) else {
            throw RoboError(
                .file, "\(name): not in the bundle \(bundle.bundlePath); add it to the target's resources")
        }
        return .file(url)
    }

    /// Throw `RoboError` of kind `.checksum` unless the content has this SHA-256, in hexadecimal digits.
    public func verify(sha256 expected: String) throws {
        let found: String
        switch self {
        case .file(let url): found = try sha256(of: url)
        case .bytes(let data): found = sha256(of: data)
        }
        guard found == expected.lowercased() else {
            throw RoboError(
                .checksum, "\(name) has the sha256 \(found), expected \(expected): copy the file anew")
        }
    }

    var name: String {
        switch self {
        case .file(let url): url.isFileURL ? url.path : url.absoluteString
        case .bytes: "the given content"
        }
    }

    /// The path, or the content, as the core takes them, for as long as `body` runs.
    func withC<Result>(_ body: (UnsafePointer<CChar>?, UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        switch self {
        case .file(let url):
            guard url.isFileURL else { throw RoboError(.file, "\(url): not a file; download it first") }
            return try url.withUnsafeFileSystemRepresentation {
                try body($0, UnsafeRawBufferPointer(start: nil, count: 0))
            }
        case .bytes(let data):
            guard !data.isEmpty else { throw RoboError(.file, "the given content is empty") }
            return try data.withUnsafeBytes { try body(nil, $0) }
        }
    }
}
