import Observation
import RoboLM

/// What the app shows: a prompt, the program as it is written, and what that took.
@available(iOS 17, macOS 14, *)
@MainActor @Observable
public final class Composer {
    public enum State: Equatable, Sendable {
        case loading
        case ready
        case writing
        /// Nothing can be written; why.
        case failed(String)
    }

    public var prompt = "Blink an LED on pin 2"
    public var language: SpokenLanguage?
    public private(set) var state = State.loading
    public private(set) var code = ""
    public private(set) var program: RoboProgram?
    /// Why the last request was not answered.
    public private(set) var problem: String?

    private var model: RoboModel?
    private var task: Task<Void, Never>?

    public init() {}

    /// Load the model; once.
    public func load(model: RoboSource, data: RoboSource, sha256: String? = nil) async {
        do {
            self.model = try await RoboModel.load(model: model, data: data, sha256: sha256)
            state = .ready
        } catch {
            fail(error)
        }
    }

    /// Say why there is nothing to load.
    public func fail(_ error: any Error) { state = .failed("\(error)") }

    /// Write a program for the prompt; what was being written is dropped.
    public func start() {
        guard let model else { return }
        task?.cancel()
        let request = RoboRequest(prompt, language: language?.code)
        (code, program, problem, state) = ("", nil, nil, .writing)
        task = Task { await follow(model.events(request)) }
    }

    /// Stop; what was written so far stays.
    public func stop() {
        task?.cancel()
        task = nil
        if state == .writing { state = .ready }
    }

    /// Wait until nothing is being written.
    public func finished() async { await task?.value }

    private func follow(_ events: AsyncThrowingStream<RoboModel.Event, any Error>) async {
        do {
            for try await event in events where !Task.isCancelled {
                switch event {
                case .text(let line): code += line
                case .finished(let program): (code, self.program) = (program.code, program)
                }
            }
        } catch {
            if !Task.isCancelled { problem = "\(error)" }
        }
        if !Task.isCancelled { state = .ready }
    }
}
