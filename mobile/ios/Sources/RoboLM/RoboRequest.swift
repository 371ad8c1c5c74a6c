import CRobo

/// What to write a program for. A string literal is a request: `model.generate("Blink an LED on pin 2")`.
public struct RoboRequest: Sendable, Equatable, ExpressibleByStringLiteral {
    /// What the program should do, in any of the model's languages.
    public var prompt: String
    /// Instructions of the app, kept in memory from one request to the next.
    public var system: String?
    /// The prompt's language, a code such as "hi"; nil: not known.
    public var language: String?
    /// Parts at hand, such as "LED on pin 4, servo"; nil: not known.
    public var hardware: String?
    /// Whether to follow the grammar. Without it, programs may call what the kit does not have.
    public var constrained = true
    /// Most tokens of the program; 0: what the context leaves.
    public var maxTokens = 0
    /// 0: always the best token; more: drawn, with `seed`.
    public var temperature: Float = 0
    /// Draw among this many best tokens; 0: among all.
    public var topK = 0
    public var seed: UInt32 = 0

    public init(_ prompt: String, language: String? = nil, hardware: String? = nil, system: String? = nil) {
        self.prompt = prompt
        self.language = language
        self.hardware = hardware
        self.system = system
    }

    public init(stringLiteral prompt: String) { self.init(prompt) }

    /// The request as the core takes it, for as long as `body` runs.
    func withC<Result>(_ body: (inout robo_request) throws -> Result) rethrows -> Result {
        try withCText(prompt) { prompt in
            try withCText(system) { system in
                try withCText(language) { language in
                    try withCText(hardware) { hardware in
                        var request = robo_request()
                        request.struct_size = UInt32(MemoryLayout<robo_request>.size)
                        request.unconstrained = constrained ? 0 : 1
                        request.prompt = prompt
                        request.system = system
                        request.lang = language
                        request.hardware = hardware
                        request.max_tokens = Int32(clamping: maxTokens)
                        request.temperature = temperature
                        request.top_k = Int32(clamping: topK)
                        request.seed = seed
                        return try body(&request)
                    }
                }
            }
        }
    }
}

/// The text as UTF-8 that ends in NUL; NULs within it are left out, as the core leaves out other control characters.
func withCText<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) throws -> Result) rethrows -> Result {
    guard let text else { return try body(nil) }
    return try text.utf8.contains(0) ? text.filter { $0 != "\0" }.withCString(body) : text.withCString(body)
}
