import Foundation

/// A request as the tokens a model was trained to see (`robo_runtime/prompt.py`).
extension Tokenizer {
    /// Throws `RoboError` of kind `.argument` for an empty prompt or a language that has no token.
    public func prompt(_ request: RoboRequest) throws -> [Int32] {
        let user = cleaned(request.prompt)
        guard !user.isEmpty else {
            throw RoboError(
                .argument,
                "the prompt is empty; say what the program should do, e.g. \"blink the LED on pin 2\"")
        }
        var tokens = [try required("<bos>")]
        if let system = request.system.map(cleaned), !system.isEmpty {
            tokens += try section("SYSTEM", system)
        }
        if let language = request.language {
            guard let token = control("[LANG:\(language)]") else {
                throw RoboError(.argument, "unknown language '\(language)'")
            }
            tokens.append(token)
        }
        if let hardware = request.hardware.map(cleaned), !hardware.isEmpty {
            tokens += try section("HARDWARE", hardware)
        }
        return try tokens + section("USER", user) + [required("[CODE]")]
    }

    /// What ends a program.
    var ends: [Int32] { ["[/CODE]", "<eos>"].compactMap(control) }

    private func section(_ name: String, _ text: String) throws -> [Int32] {
        try [required("[\(name)]")] + encode(text) + [required("[/\(name)]")]
    }

    private func required(_ name: String) throws -> Int32 {
        guard let token = control(name) else {
            throw RoboError(.data, "the tokenizer has no \(name); use the one beside the model")
        }
        return token
    }
}

/// Text in the form the tokenizer was trained on: normal form C, LF line ends, no control characters, U+2581 as `_`.
func cleaned(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    var before: Unicode.Scalar?
    for scalar in text.unicodeScalars {
        if scalar == "\r" || scalar != "\n" || before != "\r" {
            scalars.append(scalar == "\r" ? "\n" : scalar)
        }
        before = scalar
    }
    let normal = String(scalars).precomposedStringWithCanonicalMapping.unicodeScalars
    let kept = normal.filter { !isInvisible($0) }.map { $0 == "\u{2581}" ? "_" : $0 }
    let start = kept.firstIndex { !isSpace($0) } ?? kept.endIndex
    let end = kept.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
    var made = String.UnicodeScalarView()
    made.append(contentsOf: kept[start..<end])
    return String(made)
}

private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x08, 0x0B...0x1F, 0x7F, 0xFEFF, 0x2028, 0x2029: true
    default: false
    }
}

/// What Python's `str.strip` takes away.
private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
        0x3000:
        true
    default: false
    }
}
