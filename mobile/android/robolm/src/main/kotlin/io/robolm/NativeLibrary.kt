package io.robolm

import java.io.File
import java.io.IOException

/** robo.h through JNI (`cpp/robo_jni.cpp`). All text is UTF-8: JNI's own strings cannot hold every character. */
internal object NativeLibrary {
    /** Told of text as it is written, in the generating thread. What it throws ends the generation. */
    fun interface Sink {
        fun text(bytes: ByteArray)
    }

    /** How many [generate] fills in: why it stopped, then the members of `robo_stats` in their order. */
    const val FIGURES = 10

    init {
        loadFirst(libraries(features(cpuinfo())))
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

    /** Libraries that a processor with these features can run, the fastest first (`cpp/CMakeLists.txt`). */
    fun libraries(features: Set<String>): List<String> = buildList {
        if ("asimddp" in features && "i8mm" in features) add("robo_jni_i8mm")
        if ("asimddp" in features) add("robo_jni_dotprod")
        add("robo_jni")
    }

    /** Features that all cores have, as an ARM kernel lists them: a thread may be moved to any of them. */
    fun features(cpuinfo: String): Set<String> = cpuinfo.lines().filter { it.startsWith("Features") }
        .map { it.substringAfter(':').trim().split(' ').toSet() }
        .reduceOrNull { all, core -> all intersect core }.orEmpty()

    private fun cpuinfo(): String = try {
        File("/proc/cpuinfo").readText()
    } catch (e: IOException) {
        ""
    }

    /** An app may have left out those for newer processors. */
    private fun loadFirst(names: List<String>) {
        for (name in names) {
            try {
                return System.loadLibrary(name)
            } catch (e: UnsatisfiedLinkError) {
                if (name != names.last()) continue
                throw RoboException(RoboCode.LIBRARY, "lib$name.so cannot be loaded: ${e.message}", e)
            }
        }
    }
}
