import Foundation

/// The pieces of a `tokenizer.model`, a protobuf message of sentencepiece (sentencepiece_model.proto).
///
/// Only what RoboLM's tokenizers are is taken: BPE over real spaces, with bytes for what is unknown and text as it is.
struct SentencePieceFile {
    enum Kind: UInt64 {
        case normal = 1
        case unknown, control, user, unused, byte
    }

    struct Piece {
        var text: [UInt8] = []
        var score: Float = 0
        var kind = Kind.normal
    }

    private(set) var pieces: [Piece] = []
    private var isBPE = false
    private var hasBytes = false
    /// What sentencepiece does unless the file says otherwise.
    private var changesText = (prefix: true, spaces: true, escapes: true, map: false)

    /// Throws `RoboError` of kind `.data`.
    init(_ data: Data) throws {
        for (field, value) in try ProtobufFields([UInt8](data)[...]) {
            switch (field, value) {
            case (1, .bytes(let bytes)): pieces.append(try Self.piece(bytes))
            case (2, .bytes(let bytes)): try readTrainer(bytes)
            case (3, .bytes(let bytes)): try readNormaliser(bytes)
            default: break
            }
        }
        guard !pieces.isEmpty else { throw Self.damaged }
        let untouched = !changesText.prefix && !changesText.spaces && !changesText.escapes && !changesText.map
        guard isBPE, hasBytes, untouched else {
            throw RoboError(
                .data,
                "the tokenizer is not one of robo-train (BPE with byte fallback, text as it is); use its tokenizer.model"
            )
        }
    }

    static let damaged = RoboError(
        .data, "the tokenizer is not a whole sentencepiece model; copy tokenizer.model anew")

    private static func piece(_ bytes: ArraySlice<UInt8>) throws -> Piece {
        var piece = Piece()
        for (field, value) in try ProtobufFields(bytes) {
            switch (field, value) {
            case (1, .bytes(let text)): piece.text = Array(text)
            case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
            case (3, .number(let kind)):
                guard let kind = Kind(rawValue: kind) else { throw damaged }
                piece.kind = kind
            default: break
            }
        }
        guard piece.score.isFinite else { throw damaged }
        return piece
    }

    private mutating func readTrainer(_ bytes: ArraySlice<UInt8>) throws {
        for (field, value) in try ProtobufFields(bytes) {
            switch (field, value) {
            case (3, .number(let type)): isBPE = type == 2
            case (35, .number(let flag)): hasBytes = flag != 0
            default: break
            }
        }
    }

    private mutating func readNormaliser(_ bytes: ArraySlice<UInt8>) throws {
        for (field, value) in try ProtobufFields(bytes) {
            switch (field, value) {
            case (2, .bytes(let map)): changesText.map = !map.isEmpty
            case (3, .number(let flag)): changesText.prefix = flag != 0
            case (4, .number(let flag)): changesText.spaces = flag != 0
            case (5, .number(let flag)): changesText.escapes = flag != 0
            default: break
            }
        }
    }
}

/// The fields of a protobuf message (https://protobuf.dev/programming-guides/encoding), read to the end at once.
struct ProtobufFields: Sequence {
    enum Value {
        case number(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
        case other
    }

    private var fields: [(UInt64, Value)] = []
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) throws {
        rest = bytes
        while !rest.isEmpty {
            let tag = try number()
            fields.append((tag >> 3, try value(of: tag & 7)))
        }
    }

    func makeIterator() -> IndexingIterator<[(UInt64, Value)]> { fields.makeIterator() }

    private mutating func value(of type: UInt64) throws -> Value {
        switch type {
        case 0: return .number(try number())
        case 1:
            _ = try take(8)
            return .other
        case 2: return .bytes(try take(try number()))
        case 5: return .fixed32(try take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
        default: throw SentencePieceFile.damaged
        }
    }

    private mutating func number() throws -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw SentencePieceFile.damaged }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        throw SentencePieceFile.damaged
    }

    private mutating func take(_ count: UInt64) throws -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw SentencePieceFile.damaged }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }
}
