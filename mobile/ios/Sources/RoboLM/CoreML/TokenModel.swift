import Dispatch
import Foundation

/// A model that is run token by token by something else than the native core: on Apple systems a Core ML package.
///
///     let model = try await TokenModel.coreML(package: package, tokenizer: tokenizer)
///     var request: RoboRequest = "Blink an LED on pin 2"
///     request.constrained = false
///     for try await text in model.generate(request) { print(text, terminator: "") }
///
/// The grammar is the native core's: without one given here, requests must say that they do without
/// (`RoboRequest.constrained`). `RoboModel` is the safe choice; this one is for trying Apple's other processors.
public final class TokenModel: Runner, @unchecked Sendable {
    private let writer: TokenWriter  // used on the queue alone
    private let grammar: (() -> any TokenGrammar)?
    private let queue: DispatchQueue

    /// - Parameters:
    ///   - steps: the model; used from one thread at a time, and by nothing else.
    ///   - loadSeconds: what loading it took, for the statistics.
    ///   - grammar: a grammar at the start of a program, for each request; nil: there is none.
    public init(
        tokenizer: Tokenizer, steps: sending any TokenSteps, loadSeconds: Double = 0,
        grammar: (@Sendable () -> any TokenGrammar)? = nil
    ) {
        writer = TokenWriter(tokenizer: tokenizer, steps: steps, load: loadSeconds)
        self.grammar = grammar
        queue = DispatchQueue(label: "io.robolm.steps", qos: .userInitiated)
    }

    /// The program as it is written; see `RoboModel.generate`.
    public func generate(_ request: RoboRequest) -> AsyncThrowingStream<String, any Error> {
        stream(request, text: { $0 }, finished: { _ in nil })
    }

    /// The same with the program and its figures as the last event.
    public func events(_ request: RoboRequest) -> AsyncThrowingStream<RoboEvent, any Error> {
        stream(request, text: RoboEvent.text, finished: RoboEvent.finished)
    }

    /// The whole program. Throws `CancellationError` when the task is cancelled.
    public func write(_ request: RoboRequest) async throws -> RoboProgram {
        let runner: any Runner = self
        return try await runner.write(request)
    }

    func start(_ run: Run, done: @escaping @Sendable (Result<RoboProgram, any Error>) -> Void) {
        queue.async {
            guard !run.isCancelled else { return done(.failure(CancellationError())) }
            done(
                Result {
                    try self.writer.write(
                        run.request, grammar: run.request.constrained ? self.grammar?() : nil,
                        isCancelled: { run.isCancelled }, onText: run.onText)
                })
        }
    }

    func cancel(_ run: Run) { run.cancel() }
}
