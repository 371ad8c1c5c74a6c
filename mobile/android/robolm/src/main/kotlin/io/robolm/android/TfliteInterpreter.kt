package io.robolm.android

import io.robolm.litert.LitertInterpreter
import java.io.File
import java.nio.ByteBuffer
import org.tensorflow.lite.Interpreter

/**
 * LiteRT's interpreter on the processor. Needs `com.google.ai.edge.litert:litert` in the app, which this library
 * does not bring along.
 */
class TfliteInterpreter(model: File, threads: Int = 1) : LitertInterpreter {
    private val interpreter = Interpreter(model, Interpreter.Options().setNumThreads(threads))

    override fun inputs(signature: String): Map<String, IntArray>? {
        if (signature !in interpreter.signatureKeys) return null
        return interpreter.getSignatureInputs(signature)
            .associateWith { interpreter.getInputTensorFromSignature(it, signature).shape() }
    }

    override fun outputs(signature: String): Map<String, IntArray> = interpreter.getSignatureOutputs(signature)
        .associateWith { interpreter.getOutputTensorFromSignature(it, signature).shape() }

    override fun run(signature: String, inputs: Map<String, ByteBuffer>, outputs: Map<String, ByteBuffer>) =
        interpreter.runSignature(inputs, outputs, signature)

    override fun close() = interpreter.close()
}
