package io.robolm.litert

import io.robolm.RoboAnswer
import io.robolm.RoboCode
import io.robolm.RoboException
import io.robolm.RoboPart
import io.robolm.RoboRequest
import io.robolm.RoboStats
import io.robolm.RoboStop
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** What may be written, token by token; made anew for each program. */
interface TokenGuide {
    /** Whether [token] may come next. */
    fun allows(token: Int): Boolean

    /** [token] came. */
    fun accept(token: Int)

    /** Whether the program may end here. */
    fun mayEnd(): Boolean
}

/**
 * [io.robolm.RoboModel] for LiteRT: the same prompts, the best token each time.
 *
 * The kit's grammar is part of the native core and steers that alone. Here a program is as legal as [guide] makes
 * it, and a request that asks for the grammar (`constrained`, the default) fails where there is none: check what
 * an unconstrained request gives before it runs on a robot.
 *
 * @param loadSeconds what [RoboStats] tells.
 * @throws RoboException tokenizer and model do not belong together.
 */
class LitertModel(
    private val engine: LitertEngine,
    private val tokenizer: RoboTokenizer,
    private val loadSeconds: Double = 0.0,
    private val dispatcher: CoroutineDispatcher = Dispatchers.Default,
    private val guide: (() -> TokenGuide)? = null,
) : AutoCloseable {
    private val turn = Mutex()
    private val ends: Set<Int>

    init {
        if (tokenizer.size != engine.vocabulary) {
            throw RoboException(
                RoboCode.MODEL, "tokenizer.model has ${tokenizer.size} tokens, the model beside it ${engine.vocabulary}",
            )
        }
        ends = listOf("[/CODE]", "<eos>").mapNotNull(tokenizer::control).toSet()
        if (ends.size != 2) throw RoboException(RoboCode.MODEL, "tokenizer.model has no [/CODE] or <eos>")
    }

    /** As [io.robolm.RoboModel.generate]; text comes by whole characters. A cancelled coroutine stops within a token. */
    fun generate(request: RoboRequest): Flow<RoboPart> = flow {
        turn.withLock { write(request) { emit(RoboPart.Text(it)) }.let { emit(RoboPart.Finished(it)) } }
    }.flowOn(dispatcher)

    /** Not while a request is going on. */
    override fun close() = engine.close()

    private suspend fun write(request: RoboRequest, onText: suspend (String) -> Unit): RoboAnswer {
        val steered = if (request.constrained) guide?.invoke() ?: throw noGrammar() else null
        if (request.temperature != 0f) {
            throw RoboException(RoboCode.ARGUMENT, "temperature is ${request.temperature}; with LiteRT it must be 0")
        }
        val prompt = promptTokens(request, tokenizer)
        val room = engine.context - prompt.size
        if (room < LEAST_ROOM) {
            throw RoboException(
                RoboCode.TOO_LONG, "the prompt has ${prompt.size} tokens, the context ${engine.context}; shorten the prompt",
            )
        }
        val budget = if (request.maxTokens > 0) minOf(request.maxTokens, room) else room
        val clock = Clock()
        engine.rewindTo(0)
        engine.feed(prompt)
        val prefill = clock.seconds()
        val code = Utf8Text()
        var tokens = 0
        var refused = 0
        var stopped = RoboStop.HARD
        while (tokens < budget) {
            currentCoroutineContext().ensureActive()
            val picked = best(engine.scores(), steered) { refused++ }
            if (picked < 0) stopped = RoboStop.DEAD_END
            if (picked in ends) stopped = RoboStop.END
            if (picked < 0 || picked in ends) break
            steered?.accept(picked)
            code.add(tokenizer.piece(picked)).let { if (it.isNotEmpty()) onText(it) }
            tokens++
            if (tokens < budget) engine.feed(intArrayOf(picked))
        }
        val all = clock.seconds()
        val stats = RoboStats(loadSeconds, prefill, prefill, all - prefill, 0.0, prompt.size, tokens, refused, 0)
        return RoboAnswer(code.text, stopped, stats)
    }

    /** The best token that may come; the vocabulary is gone through again only when the guide refuses one. */
    private inline fun best(scores: FloatArray, guide: TokenGuide?, refuse: () -> Unit): Int {
        while (true) {
            var best = -1
            for (token in scores.indices) if (best < 0 || scores[token] > scores[best]) best = token
            if (scores[best] == Float.NEGATIVE_INFINITY) return -1
            val fine = if (best in ends) guide?.mayEnd() ?: true else guide?.allows(best) ?: true
            if (fine) return best
            refuse()
            scores[best] = Float.NEGATIVE_INFINITY
        }
    }

    private class Clock {
        private val begun = System.nanoTime()
        fun seconds() = (System.nanoTime() - begun) / 1e9
    }

    private companion object {
        /** Tokens that a program needs at the very least. */
        const val LEAST_ROOM = 32

        fun noGrammar() = RoboException(
            RoboCode.GRAMMAR, "there is no grammar for LiteRT models: use RoboModel, or ask with constrained = false",
        )
    }
}
