/// A model that reads tokens at positions and remembers them: what a Core ML package of robo-convert is.
public protocol TokenSteps: AnyObject {
    /// Tokens that `prefill` takes at a time.
    var chunk: Int { get }
    /// Tokens of prompt and program together.
    var context: Int { get }
    /// Forget all tokens.
    func restart() throws
    /// Read `chunk` tokens, the first at `position`; the scores of every token as the next behind the one at `row`.
    func prefill(_ tokens: [Int32], at position: Int, row: Int) throws -> [Float]
    /// Read one token; the scores behind it.
    func decode(_ token: Int32, at position: Int) throws -> [Float]
}

/// The text that a model has read, token by token.
struct RunningText {
    let steps: any TokenSteps
    private(set) var length = 0

    init(_ steps: any TokenSteps) throws {
        self.steps = steps
        try steps.restart()
    }

    var room: Int { steps.context - length }

    /// Read tokens, most of them in chunks; the scores behind the last. There must be room, and one token at least.
    ///
    /// The last chunk is filled up: what that writes is not seen before it is written anew. Where a whole chunk would
    /// reach over the end of the context, tokens are read one by one.
    mutating func feed(_ tokens: [Int32]) throws -> [Float] {
        var scores: [Float] = []
        var rest = tokens[...]
        while !rest.isEmpty {
            if rest.count > 1, length + steps.chunk <= steps.context {
                let part = rest.prefix(steps.chunk)
                let padded = Array(part) + [Int32](repeating: 0, count: steps.chunk - part.count)
                scores = try steps.prefill(padded, at: length, row: part.count - 1)
                length += part.count
                rest = rest.dropFirst(part.count)
            } else {
                scores = try steps.decode(rest.removeFirst(), at: length)
                length += 1
            }
        }
        return scores
    }
}
