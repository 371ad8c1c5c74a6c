import Foundation

/// One request on its way.
final class Run: @unchecked Sendable {
    let request: RoboRequest
    let onText: @Sendable (String) -> Void
    private let lock = NSLock()
    private var cancelled = false

    init(_ request: RoboRequest, onText: @escaping @Sendable (String) -> Void = { _ in }) {
        self.request = request
        self.onText = onText
    }

    var isCancelled: Bool { lock.withLock { cancelled } }

    func cancel() { lock.withLock { cancelled = true } }
}

/// What answers requests one after another, on a queue of its own.
protocol Runner: AnyObject, Sendable {
    /// Answer when what was asked before is done. `done` is called once, on the queue, as `run.onText` is.
    func start(_ run: Run, done: @escaping @Sendable (Result<RoboProgram, any Error>) -> Void)
    /// Stop a run, or keep it from beginning. From any thread.
    func cancel(_ run: Run)
}

extension Runner {
    /// The whole program. Throws `CancellationError` when the task is cancelled.
    func write(_ request: RoboRequest) async throws -> RoboProgram {
        let run = Run(request)
        let program = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                start(run) { continuation.resume(with: $0) }
            }
        } onCancel: {
            cancel(run)
        }
        guard program.stopped != .cancelled else { throw CancellationError() }
        return program
    }

    /// The program as it is written. When nobody reads the stream any more, the run is cancelled.
    func stream<Element: Sendable>(
        _ request: RoboRequest,
        text: @escaping @Sendable (String) -> Element,
        finished: @escaping @Sendable (RoboProgram) -> Element?
    ) -> AsyncThrowingStream<Element, any Error> {
        AsyncThrowingStream { continuation in
            let run = Run(request) { continuation.yield(text($0)) }
            continuation.onTermination = { reason in
                if case .cancelled = reason { self.cancel(run) }
            }
            start(run) { result in
                switch result {
                case .success(let program):
                    if let last = finished(program) { continuation.yield(last) }
                    continuation.finish()
                case .failure(let error):
                    continuation.finish(throwing: error)
                }
            }
        }
    }
}
