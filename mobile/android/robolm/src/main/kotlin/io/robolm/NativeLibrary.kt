package io.robolm

/** robo.h through JNI (`cpp/robo_jni.cpp`). All text is UTF-8: JNI's own strings cannot hold every character. */
internal object NativeLibrary {
    /** Told of text as it is written, in the generating thread. What it throws ends the generation. */
    fun interface Sink {
        fun text(bytes: ByteArray)
    }

    /** How many [generate] fills in: why it stopped, then the members of `robo_stats` in their order. */
    const val FIGURES = 10

    init {
        try {
            System.loadLibrary("robo_jni")
        } catch (e: UnsatisfiedLinkError) {
            throw RoboException(RoboCode.LIBRARY, "librobo_jni.so cannot be loaded: ${e.message}", e)
        }
    }

    /** A handle; throws [RoboException], as [generate] does. */
    @JvmStatic
    external fun load(model: ByteArray, data: ByteArray, threads: Int, context: Int, mapped: Boolean): Long

    @JvmStatic
    external fun generate(
        handle: Long,
        prompt: ByteArray,
        system: ByteArray?,
        language: ByteArray?,
        hardware: ByteArray?,
        maxTokens: Int,
        temperature: Float,
        topK: Int,
        seed: Int,
        constrained: Boolean,
        sink: Sink?,
        figures: DoubleArray,
    ): ByteArray

    @JvmStatic
    external fun setGrammar(handle: Long, data: ByteArray)

    /** Null: none. */
    @JvmStatic
    external fun setAdapter(handle: Long, adapter: ByteArray?, scale: Float)

    /** From any thread; [handle] must not be freed meanwhile. */
    @JvmStatic
    external fun cancel(handle: Long)

    /** False, and nothing is freed, while it is generating. */
    @JvmStatic
    external fun free(handle: Long): Boolean

    @JvmStatic
    external fun version(): String
}
