// What RoboLM uses of Core ML, as Apple documents it (developer.apple.com/documentation/coreml): test_on_linux.py
// compiles this to check the types of Sources/RoboLM/CoreML where there is no Core ML. Nothing here does anything.
import Foundation

open class MLModel: NSObject {
    public init(contentsOf url: URL, configuration: MLModelConfiguration) throws {}
    open var modelDescription: MLModelDescription { MLModelDescription() }
    public func makeState() -> MLState { MLState() }
    public func prediction(from input: any MLFeatureProvider, using state: MLState) throws
        -> any MLFeatureProvider
    { input }
    open class func compileModel(at modelURL: URL) async throws -> URL { modelURL }
}
open class MLModelConfiguration: NSObject {
    open var functionName: String?
    open var computeUnits: MLComputeUnits = .all
}
public enum MLComputeUnits: Int, Sendable { case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine }
public struct MLModelMetadataKey: Hashable, Sendable {
    public static let creatorDefinedKey = MLModelMetadataKey()
}
open class MLModelDescription: NSObject { open var metadata: [MLModelMetadataKey: Any] { [:] } }
public final class MLState: NSObject {}
public protocol MLFeatureProvider {
    var featureNames: Set<String> { get }
    func featureValue(for: String) -> MLFeatureValue?
}
open class MLFeatureValue: NSObject {
    public init(multiArray: MLMultiArray) {}
    open var multiArrayValue: MLMultiArray? { nil }
}
open class MLDictionaryFeatureProvider: NSObject, MLFeatureProvider {
    public init(dictionary: [String: Any]) throws {}
    public var featureNames: Set<String> { [] }
    public func featureValue(for: String) -> MLFeatureValue? { nil }
}
public enum MLMultiArrayDataType: Int, Sendable { case double, float32, float16, int32 }
open class MLMultiArray: NSObject {
    public init(shape: [NSNumber], dataType: MLMultiArrayDataType) throws {}
    open var dataType: MLMultiArrayDataType { .int32 }
    open var shape: [NSNumber] { [] }
    open var strides: [NSNumber] { [] }
    open subscript(i: Int) -> NSNumber {
        get { 0 }
        set {}
    }
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
