package io.robolm

import java.io.File
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/**
 * A model that writes MicroPython programs, offline.
 *
 * ```
 * val model = RoboModel.load(File(filesDir, "robo-nano-q4_0.gguf"), File(filesDir, "esp32.robo"))
 * model.generate(RoboRequest("Blink an LED on pin 2")).collect { part ->
 *     if (part is RoboPart.Text) append(part.text)
 * }
 * ```
 *
 * Safe to use from any thread. Requests of one model wait for each other; two models run side by side. A
 * coroutine that is cancelled stops the model within a token. [close] may be called at any time, returns at once
 * and frees the model's memory, when a request is going on as soon as that has stopped.
 */
class RoboModel private constructor(
    private val session: NativeSession,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    private val turn = Mutex()

    /** Whether [close] was called. */
    val isClosed: Boolean get() = session.isClosed

    /**
     * A program as it is written, then [RoboPart.Finished]. Each collection writes it anew.
     *
     * Fails with [RoboException]; ends with [RoboStop.CANCELLED] where the model was closed meanwhile.
     */
    fun generate(request: RoboRequest): Flow<RoboPart> = channelFlow {
        val answer = run(request) { text -> trySend(RoboPart.Text(text)) }
        send(RoboPart.Finished(answer))
    }.buffer(Channel.UNLIMITED) // a slow collector does not hold the model up

    /** The whole program; fails as [generate] does. */
    suspend fun write(request: RoboRequest): RoboAnswer = run(request, null)

    /** [write] for callers without coroutines, not on the main thread; [RoboCode.BUSY] where another is going on. */
    fun writeBlocking(request: RoboRequest, onText: ((String) -> Unit)? = null): RoboAnswer =
        session.run(NativeSession.Run(), request, onText)

    /** Write programs for another board or kit from now on: its file of `robo native-data`. On an error nothing changes. */
    suspend fun useBoard(data: File) = turn.withLock { withContext(dispatcher) { session.useBoard(data) } }

    /**
     * Add a LoRA adapter (a GGUF file of `robo-convert adapter`) in place of the one before; null: none. On an error
     * nothing changes.
     *
     * @param scale 1: as much of it as it was trained with.
     */
    suspend fun useAdapter(adapter: File?, scale: Float = 1f) =
        turn.withLock { withContext(dispatcher) { session.useAdapter(adapter, scale) } }

    override fun close() = session.close()

    private suspend fun run(request: RoboRequest, onText: ((String) -> Unit)?): RoboAnswer = turn.withLock {
        val run = NativeSession.Run()
        coroutineScope {
            val work = async(dispatcher) { session.run(run, request, onText) }
            try {
                work.await()
            } catch (e: CancellationException) {
                session.cancel(run) // the scope then waits for the thread, so that the next request finds it free
                throw e
            }
        }
    }

    companion object {
        /**
         * Load a model without blocking the caller's thread.
         *
         * @param model a GGUF file.
         * @param data the file of `robo native-data`: a board's grammar and names.
         * @param sha256 of [model], in hexadecimal; checked where it is given.
         * @param dispatcher where the model computes.
         * @throws RoboException a file is missing, damaged or another program's, or its sha256 another.
         */
        suspend fun load(
            model: File,
            data: File,
            options: RoboOptions = RoboOptions(),
            sha256: String? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.Default,
        ): RoboModel = withContext(dispatcher) { open(model, data, options, sha256, dispatcher) }

        /** [load] for callers without coroutines, not on the main thread. */
        fun open(
            model: File,
            data: File,
            options: RoboOptions = RoboOptions(),
            sha256: String? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.Default,
        ): RoboModel {
            if (sha256 != null) requireSha256(model, sha256)
            return RoboModel(NativeSession(model, data, options), dispatcher)
        }

        /** The native library's version. */
        val nativeVersion: String get() = NativeLibrary.version()
    }
}
