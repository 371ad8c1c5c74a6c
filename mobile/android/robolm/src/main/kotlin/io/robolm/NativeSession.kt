package io.robolm

import java.io.File

/**
 * One handle of robo.h, which is freed exactly once and never while it is in use.
 *
 * Blocking, without coroutines. [close] does not wait: where a run is going on it is cancelled, and the handle
 * is freed by its thread.
 */
internal class NativeSession(model: File, data: File, options: RoboOptions) : AutoCloseable {
    /** One call of [run], to be cancelled by. */
    class Run {
        @Volatile
        var cancelled = false
    }

    private val lock = Any()
    private var handle = NativeLibrary.load(path(model), path(data), options.threads, options.context, options.mapped)
    private var running: Run? = null
    private var closed = false

    val isClosed: Boolean get() = synchronized(lock) { closed }

    /** Write a program; [onText] is called in this thread, and what it throws is thrown here. */
    fun run(run: Run, request: RoboRequest, onText: ((String) -> Unit)?): RoboAnswer = using(run) { handle ->
        val sink = NativeLibrary.Sink { bytes ->
            // robo_cancel stops what is running alone: it may have come before this run had begun
            if (run.cancelled) NativeLibrary.cancel(handle) else onText?.invoke(bytes.decodeToString())
        }
        val figures = DoubleArray(NativeLibrary.FIGURES)
        val code = NativeLibrary.generate(
            handle, utf8(request.prompt), request.system?.let(::utf8), request.language?.let(::utf8),
            request.hardware?.let(::utf8), request.maxTokens, request.temperature, request.topK, request.seed,
            request.constrained, sink, figures,
        )
        RoboAnswer(code.decodeToString(), RoboStop.entries[figures[0].toInt()], stats(figures))
    }

    /** Write for another board from now on. */
    fun useBoard(data: File) = using(Run()) { NativeLibrary.setGrammar(it, path(data)) }

    /** Add a LoRA adapter in place of the one before; null: none. */
    fun useAdapter(adapter: File?, scale: Float) =
        using(Run()) { NativeLibrary.setAdapter(it, adapter?.let(::path), scale) }

    /** Stop [run] if it is going on or has not begun; from any thread. */
    fun cancel(run: Run) {
        run.cancelled = true
        synchronized(lock) { if (running === run) NativeLibrary.cancel(handle) }
    }

    override fun close() {
        synchronized(lock) {
            if (closed) return
            closed = true
            val going = running
            if (going == null) free() else cancel(going)
        }
    }

    /** Do something with the handle while nothing else does. */
    private inline fun <T> using(run: Run, body: (Long) -> T): T {
        val held = synchronized(lock) {
            if (closed) throw RoboException(RoboCode.CLOSED, "this model was closed; load it again")
            if (running != null) {
                throw RoboException(RoboCode.BUSY, "this model is generating; wait for it, or cancel it")
            }
            running = run
            handle
        }
        try {
            return body(held)
        } finally {
            synchronized(lock) {
                running = null
                if (closed) free()
            }
        }
    }

    private fun free() {
        check(NativeLibrary.free(handle)) { "a handle that is in use is not freed" }
        handle = 0
    }

    private companion object {
        /** C's text ends at NUL, which prompts are cleaned of anyway. */
        fun utf8(text: String): ByteArray = text.replace("\u0000", "").encodeToByteArray()

        fun path(file: File): ByteArray {
            if ('\u0000' in file.path) throw RoboException(RoboCode.FILE, "a file's name has the character NUL")
            return file.path.encodeToByteArray()
        }

        fun stats(figures: DoubleArray): RoboStats = RoboStats(
            loadSeconds = figures[1],
            prefillSeconds = figures[2],
            firstTokenSeconds = figures[3],
            decodeSeconds = figures[4],
            sampleSeconds = figures[5],
            promptTokens = figures[6].toInt(),
            tokens = figures[7].toInt(),
            refused = figures[8].toInt(),
            undone = figures[9].toInt(),
        )
    }
}
