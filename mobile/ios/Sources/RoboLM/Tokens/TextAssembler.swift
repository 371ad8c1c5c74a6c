/// Bytes that come token by token, as whole characters; what is no UTF-8 becomes U+FFFD.
struct TextAssembler {
    private(set) var text = ""
    private var pending: [UInt8] = []

    /// The characters that these bytes complete.
    mutating func add(_ bytes: [UInt8]) -> String {
        pending += bytes
        let whole = pending.count - Self.openBytes(pending)
        defer { pending.removeFirst(whole) }
        return take(pending[..<whole])
    }

    /// What is left at the end.
    mutating func finish() -> String {
        defer { pending = [] }
        return take(pending[...])
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) -> String {
        let made = String(decoding: bytes, as: UTF8.self)
        text += made
        return made
    }

    /// How many bytes at the end begin a character that is not complete.
    private static func openBytes(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1
            return length > back ? back : 0
        }
        return 0
    }
}
