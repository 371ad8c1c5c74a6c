// Parsed and formatted on Linux, never compiled: that takes an Apple system.
#if canImport(CoreML)
    import CoreML
    import Foundation

    /// A package of `robo-convert coreml`: two functions over one copy of the weights, on one state.
    ///
    /// `decode` takes `tokens` (1, 1), `prefill` (1, chunk), both int32, with `position` (1,) of the first, and give
    /// `logits` (1, T, vocabulary) in float16. The state holds keys and values (docs/exports.md).
    @available(iOS 18, macOS 15, *)
    final class CoreMLSteps: TokenSteps {
        let chunk: Int
        let context: Int
        private let decodeFunction: MLModel
        private let prefillFunction: MLModel
        private var state: MLState

        /// - Parameters:
        ///   - compiled: a `.mlmodelc`: what Xcode makes of a package in the app, or `MLModel.compileModel(at:)`.
        init(compiled: URL, units: MLComputeUnits) throws {
            decodeFunction = try Self.function("decode", of: compiled, units)
            prefillFunction = try Self.function("prefill", of: compiled, units)
            let about = decodeFunction.modelDescription.metadata[.creatorDefinedKey] as? [String: String]
            guard let chunk = about?["robo.chunk"].flatMap(Int.init),
                let context = about?["robo.context"].flatMap(Int.init),
                chunk > 0, context > chunk
            else {
                throw RoboError(
                    .model,
                    "\(compiled.path): not a package of robo-convert coreml, which notes chunk and context")
            }
            (self.chunk, self.context) = (chunk, context)
            state = decodeFunction.makeState()
        }

        func restart() { state = decodeFunction.makeState() }

        func prefill(_ tokens: [Int32], at position: Int, row: Int) throws -> [Float] {
            try run(prefillFunction, tokens, position, row)
        }

        func decode(_ token: Int32, at position: Int) throws -> [Float] {
            try run(decodeFunction, [token], position, 0)
        }

        private static func function(_ name: String, of compiled: URL, _ units: MLComputeUnits) throws
            -> MLModel
        {
            let configuration = MLModelConfiguration()
            configuration.computeUnits = units
            configuration.functionName = name
            do {
                return try MLModel(contentsOf: compiled, configuration: configuration)
            } catch {
                throw RoboError(.model, "\(compiled.path): \(name): \(error.localizedDescription)")
            }
        }

        private func run(_ model: MLModel, _ tokens: [Int32], _ position: Int, _ row: Int) throws -> [Float] {
            do {
                let inputs = try MLDictionaryFeatureProvider(dictionary: [
                    "tokens": MLFeatureValue(multiArray: Self.array(tokens, shape: [1, NSNumber(value: tokens.count)])),
                    "position": MLFeatureValue(multiArray: Self.array([Int32(position)], shape: [1])),
                ])
                let outputs = try model.prediction(from: inputs, using: state)
                guard let logits = outputs.featureValue(for: "logits")?.multiArrayValue else {
                    throw RoboError(
                        .model, "the package gives no logits: write it anew with robo-convert coreml")
                }
                return try Self.scores(logits, row: row)
            } catch let error as RoboError {
                throw error
            } catch {
                throw RoboError(.engine, "Core ML: \(error.localizedDescription)")
            }
        }

        private static func array(_ values: [Int32], shape: [NSNumber]) throws -> MLMultiArray {
            let array = try MLMultiArray(shape: shape, dataType: .int32)
            for (i, value) in values.enumerated() { array[i] = NSNumber(value: value) }
            return array
        }

        /// One row of (1, T, vocabulary) in float16; rows may lie further apart than they are long.
        private static func scores(_ logits: MLMultiArray, row: Int) throws -> [Float] {
            guard logits.dataType == .float16, logits.shape.count == 3, row < logits.shape[1].intValue else {
                throw RoboError(
                    .model, "logits are not (1, T, vocabulary) in float16: write the package anew")
            }
            let start = row * logits.strides[1].intValue
            let step = logits.strides[2].intValue
            let count = logits.shape[2].intValue
            return logits.withUnsafeBytes { bytes in
                (0..<count).map {
                    float(half: bytes.load(fromByteOffset: 2 * (start + $0 * step), as: UInt16.self))
                }
            }
        }
    }

    @available(iOS 18, macOS 15, *)
    extension TokenModel {
        /// Load a package and its tokenizer, away from the calling thread.
        ///
        /// - Parameters:
        ///   - package: a `.mlmodelc`, which Xcode makes of a package in the app, or a `.mlpackage`, which is compiled.
        ///   - tokenizer: the `tokenizer.model` beside the package.
        /// - Throws: `RoboError`, which names the file and what is wrong with it.
        public static func coreML(
            package: URL, tokenizer: URL, units: MLComputeUnits = .all,
            grammar: (@Sendable () -> any TokenGrammar)? = nil
        ) async throws -> TokenModel {
            let begun = Moment()
            let compiled: URL
            do {
                compiled =
                    package.pathExtension == "mlpackage"
                    ? try await MLModel.compileModel(at: package) : package
            } catch {
                throw RoboError(.model, "\(package.path): \(error.localizedDescription)")
            }
            return try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global(qos: .userInitiated).async {
                    continuation.resume(
                        with: Result {
                            let pieces = try Tokenizer(contentsOf: tokenizer)
                            let steps = try CoreMLSteps(compiled: compiled, units: units)
                            return TokenModel(
                                tokenizer: pieces, steps: steps, loadSeconds: begun.seconds, grammar: grammar)
                        })
                }
            }
        }
    }
#endif
