import CRobo

/// What a stream of `events` brings.
public enum RoboEvent: Sendable, Equatable {
    /// Whole lines, or, without a grammar, whole characters.
    case text(String)
    /// The program and its figures; the last event.
    case finished(RoboProgram)
}

/// A program as it was written, and what that took.
public struct RoboProgram: Sendable, Equatable {
    public enum Stop: Sendable, Equatable {
        /// The model ended the program.
        case end
        /// The budget was nearly spent, at the end of a statement.
        case softBudget
        /// The budget was spent; the program is cut back to its last whole statement.
        case hardBudget
        case cancelled
        /// No token could go on; the program is cut back.
        case deadEnd
    }

    /// Figures of one request; times in seconds.
    public struct Statistics: Sendable, Equatable {
        /// What loading the model took, once.
        public var load = 0.0
        /// Reading the prompt.
        public var prefill = 0.0
        /// From the request to its first token.
        public var firstToken = 0.0
        /// Writing the program.
        public var decode = 0.0
        /// The part of `decode` that went into choosing tokens under the grammar.
        public var sample = 0.0
        public var promptTokens = 0
        public var tokens = 0
        /// Tokens that the model liked best and the grammar refused.
        public var refused = 0
        /// Tokens that were taken back.
        public var undone = 0

        public init() {}

        /// Tokens written a second; 0 where there was nothing to time.
        public var tokensPerSecond: Double { decode > 0 ? Double(tokens) / decode : 0 }
    }

    public let code: String
    public let stopped: Stop
    public let statistics: Statistics

    public init(code: String, stopped: Stop, statistics: Statistics) {
        self.code = code
        self.stopped = stopped
        self.statistics = statistics
    }
}

extension RoboProgram {
    init(_ answer: robo_answer) {
        let bytes = UnsafeRawBufferPointer(start: answer.code, count: answer.length)
        self.init(
            code: String(decoding: bytes, as: UTF8.self),
            stopped: Stop(answer.stopped),
            statistics: Statistics(answer.stats)
        )
    }
}

extension RoboProgram.Stop {
    init(_ stop: Int32) {
        self =
            switch stop {
            case Int32(ROBO_STOP_END.rawValue): .end
            case Int32(ROBO_STOP_SOFT.rawValue): .softBudget
            case Int32(ROBO_STOP_HARD.rawValue): .hardBudget
            case Int32(ROBO_STOP_CANCELLED.rawValue): .cancelled
            default: .deadEnd
            }
    }
}

extension RoboProgram.Statistics {
    init(_ stats: robo_stats) {
        load = stats.load_s
        prefill = stats.prefill_s
        firstToken = stats.first_token_s
        decode = stats.decode_s
        sample = stats.sample_s
        promptTokens = Int(stats.prompt_tokens)
        tokens = Int(stats.tokens)
        refused = Int(stats.refused)
        undone = Int(stats.undone)
    }
}
