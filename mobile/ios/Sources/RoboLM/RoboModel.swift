import CRobo
import Dispatch

/// A model that writes MicroPython programs, on the device alone.
///
///     let model = try await RoboModel.load(
///         model: .resource("robo-nano-q4_0.gguf"), data: .resource("esp32.robo"))
///     for try await line in model.generate("Blink an LED on pin 2") { print(line, terminator: "") }
///
/// It may be used from any thread. Requests of one model are answered one after another; two models work at the
/// same time. The memory is given back when the model and the streams it made are gone.
public final class RoboModel: Sendable {
    public struct Options: Sendable, Equatable {
        /// Threads that compute; 0: one, which is best for small models.
        public var threads = 0
        /// Tokens of prompt and program together; 0: the model's limit.
        public var context = 0
        /// Map a model file in place of reading it: its pages then count as the file's, not as the app's.
        public var mapped = true

        public init() {}
    }

    public typealias Event = RoboEvent

    private let core: Core

    private init(core: Core) { self.core = core }

    /// Load a model and the data file of its board, away from the calling thread.
    ///
    /// - Parameters:
    ///   - sha256: what the model must have, in hexadecimal digits; nil: not looked at.
    /// - Throws: `RoboError`, which names the file and what is wrong with it.
    public static func load(
        model: RoboSource, data: RoboSource, sha256: String? = nil, options: Options = Options()
    ) async throws -> RoboModel {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(
                    with: Result {
                        if let sha256 { try model.verify(sha256: sha256) }
                        return RoboModel(core: try Core(model: model, data: data, options: options))
                    })
            }
        }
    }

    /// The program as it is written, in whole lines (without a grammar: in whole characters).
    ///
    /// Leaving the loop, dropping the stream or cancelling the task that reads it stops the model. Where the program
    /// is cut back at the end (`RoboProgram.Stop`), the stream has brought more than the program: see `events`.
    public func generate(_ request: RoboRequest) -> AsyncThrowingStream<String, any Error> {
        core.stream(request, text: { $0 }, finished: { _ in nil })
    }

    /// The same with the program and its figures as the last event.
    public func events(_ request: RoboRequest) -> AsyncThrowingStream<Event, any Error> {
        core.stream(request, text: Event.text, finished: Event.finished)
    }

    /// The whole program. Throws `CancellationError` when the task is cancelled.
    public func write(_ request: RoboRequest) async throws -> RoboProgram {
        try await core.write(request)
    }

    /// Write programs for another board or kit from now on. On an error, the one before stays.
    public func setGrammar(_ data: RoboSource) async throws {
        try await core.perform { handle in
            try data.withC { path, content in
                try RoboError.check {
                    robo_set_grammar(handle, path, content.baseAddress, content.count, &$0)
                }
            }
        }
    }

    /// Add a LoRA adapter in place of the one before; nil: none. On an error, the one before stays.
    ///
    /// - Parameters:
    ///   - scale: how much of it; 1: as much as it was trained with.
    public func setAdapter(_ adapter: RoboSource?, scale: Float = 1) async throws {
        try await core.perform { handle in
            guard let adapter else {
                return try RoboError.check { robo_set_adapter(handle, nil, nil, 0, scale, &$0) }
            }
            try adapter.withC { path, content in
                try RoboError.check {
                    robo_set_adapter(handle, path, content.baseAddress, content.count, scale, &$0)
                }
            }
        }
    }

    /// The core's version.
    public static var version: String { String(cString: robo_version()) }
}
