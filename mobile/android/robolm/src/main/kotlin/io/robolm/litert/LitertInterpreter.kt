package io.robolm.litert

import java.nio.ByteBuffer

/** What [LitertEngine] needs of an interpreter of LiteRT; [TfliteInterpreter] is the real one. */
interface LitertInterpreter : AutoCloseable {
    /** Shapes of a signature's inputs by name; null where the file has no such signature. */
    fun inputs(signature: String): Map<String, IntArray>?

    /** Shapes of its outputs. */
    fun outputs(signature: String): Map<String, IntArray>

    /** Run a signature: values are read from and written to direct buffers in the device's byte order. */
    fun run(signature: String, inputs: Map<String, ByteBuffer>, outputs: Map<String, ByteBuffer>)
}
