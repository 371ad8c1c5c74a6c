import CRobo
import Dispatch
import Foundation

/// The core's handle. All calls of one handle follow one another on its queue; only `robo_cancel` comes from elsewhere.
final class Core: Runner, @unchecked Sendable {
    private let handle: OpaquePointer
    private let queue: DispatchQueue
    private let lock = NSLock()
    private var running: Run?  // guarded by `lock`

    /// Load on the calling thread.
    init(model: RoboSource, data: RoboSource, options: RoboModel.Options) throws {
        var loaded: OpaquePointer?
        try model.withC { path, content in
            try data.withC { dataPath, dataContent in
                var given = robo_options()
                given.struct_size = UInt32(MemoryLayout<robo_options>.size)
                given.threads = Int32(clamping: options.threads)
                given.context = Int32(clamping: options.context)
                given.mapped = options.mapped && path != nil ? 1 : 0
                given.model = path
                (given.model_bytes, given.model_size) = (content.baseAddress, content.count)
                given.data = dataPath
                (given.data_bytes, given.data_size) = (dataContent.baseAddress, dataContent.count)
                try RoboError.check { robo_load(&given, &loaded, &$0) }
            }
        }
        guard let loaded else { throw RoboError(.internal, "the core gave no handle") }
        handle = loaded
        queue = DispatchQueue(label: "io.robolm.model", qos: .userInitiated)
    }

    /// Every run holds its core, so nothing is generating here.
    deinit { robo_free(handle) }

    /// Do something with the handle when what was asked before is done.
    func perform<Result: Sendable>(_ work: @escaping @Sendable (OpaquePointer) throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try work(self.handle) }) }
        }
    }

    /// Generate when what was asked before is done. `done` is called once, on the queue, as `run.onText` is.
    func start(_ run: Run, done: @escaping @Sendable (Result<RoboProgram, any Error>) -> Void) {
        queue.async {
            guard self.begin(run) else { return done(.failure(CancellationError())) }
            let result = Result { try self.generate(run) }
            self.lock.withLock { self.running = nil }
            done(result)
        }
    }

    /// Stop a run, or keep it from beginning. From any thread.
    func cancel(_ run: Run) {
        lock.withLock {
            run.cancel()
            if running === run { robo_cancel(handle) }
        }
    }

    private func begin(_ run: Run) -> Bool {
        lock.withLock {
            if !run.isCancelled { running = run }
            return !run.isCancelled
        }
    }

    /// `robo_generate` forgets what was cancelled before it began: between `begin` and there, a call can be lost.
    private func cancelAgain(_ run: Run) -> Bool {
        lock.withLock {
            if run.isCancelled { robo_cancel(handle) }
            return run.isCancelled
        }
    }

    private func generate(_ run: Run) throws -> RoboProgram {
        let context = Callback(core: self, run: run)
        var answer = robo_answer()
        answer.struct_size = UInt32(MemoryLayout<robo_answer>.size)
        defer { robo_answer_free(&answer) }
        try withExtendedLifetime(context) {
            try run.request.withC { request in
                request.user = Unmanaged.passUnretained(context).toOpaque()
                request.on_text = { text, length, user in
                    guard let text, let user else { return }
                    Unmanaged<Callback>.fromOpaque(user).takeUnretainedValue().received(text, length)
                }
                try RoboError.check { robo_generate(handle, &request, &answer, &$0) }
            }
        }
        return RoboProgram(answer)
    }

    /// What the core's callback needs.
    private final class Callback {
        let core: Core
        let run: Run

        init(core: Core, run: Run) {
            self.core = core
            self.run = run
        }

        func received(_ text: UnsafePointer<CChar>, _ length: Int) {
            if core.cancelAgain(run) { return }
            run.onText(String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self))
        }
    }
}
