import CRobo
import Foundation

/// What went wrong, in the core's words: which file or value, what was expected, what to do.
public struct RoboError: Error, Sendable, Equatable, CustomStringConvertible, LocalizedError {
    public enum Kind: Sendable, Equatable {
        /// A value out of range, an empty prompt, an unknown language.
        case argument
        /// The library was built against another `robo.h` than this package.
        case abi
        /// A file is missing or cannot be read.
        case file
        /// A file is not the one whose SHA-256 was given.
        case checksum
        /// The model file is damaged, or another program's.
        case model
        /// The data file is damaged, or of another version.
        case data
        /// The prompt leaves no room for a program.
        case tooLong
        /// The grammar does not fit the vocabulary.
        case grammar
        /// llama.cpp or Core ML could not go on.
        case engine
        /// The adapter file is damaged, or another model's.
        case adapter
        case memory
        /// The core is generating already.
        case busy
        /// A defect of the library.
        case `internal`
    }

    public let kind: Kind
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }
    public var errorDescription: String? { message }
}

extension RoboError {
    /// Call a function of the core that fills in an error, and throw that error unless it says `ROBO_OK`.
    static func check(_ call: (inout robo_error) -> robo_status) throws {
        var error = robo_error()
        error.struct_size = UInt32(MemoryLayout<robo_error>.size)
        let status = call(&error)
        guard status != ROBO_OK else { return }
        let message = withUnsafeBytes(of: &error.message) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        throw RoboError(Kind(status), message)
    }
}

extension RoboError.Kind {
    init(_ status: robo_status) {
        self =
            switch status {
            case ROBO_ARGUMENT: .argument
            case ROBO_ABI: .abi
            case ROBO_FILE: .file
            case ROBO_MODEL: .model
            case ROBO_DATA: .data
            case ROBO_TOO_LONG: .tooLong
            case ROBO_GRAMMAR: .grammar
            case ROBO_ENGINE: .engine
            case ROBO_MEMORY: .memory
            case ROBO_BUSY: .busy
            case ROBO_ADAPTER: .adapter
            default: .internal
            }
    }
}
