package io.robolm.litert

import io.robolm.RoboCode
import io.robolm.RoboException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * A file of `robo-convert litert` with one running text (robo_runtime/engine/litert.py).
 *
 * Its `decode` gives the scores after one token, its `prefill` only reads tokens, many at a time. Both read the
 * rows of earlier tokens from caches of a fixed length, into which the new rows are written here. Rows behind the
 * running text's end are not read, so that forgetting tokens is to move its end.
 *
 * @throws RoboException the file's signatures are not those of a model of ours.
 */
class LitertEngine(private val interpreter: LitertInterpreter) : AutoCloseable {
    private val decode = Signature(DECODE)
    private val prefill = Signature(PREFILL)
    private val logits = decode.outputs.getValue(LOGITS).asFloatBuffer()
    private val scores: FloatArray

    /** Tokens of the running text. */
    var length = 0
        private set

    /** Tokens that it may have. */
    val context: Int = decode.caches.values.first()[2]

    /** Tokens there are. */
    val vocabulary: Int = decode.shapes.getValue(LOGITS).last()

    init {
        if (decode.caches.keys != prefill.caches.keys || decode.caches.any { (k, v) -> !v.contentEquals(prefill.caches[k]) }) {
            throw foreign()
        }
        scores = FloatArray(vocabulary)
        prefill.inputs.putAll(decode.inputs.filterKeys { it in decode.caches }) // one cache for both
    }

    /** Go on with [tokens]; the scores are then those after the last one. */
    fun feed(tokens: IntArray) {
        if (tokens.isEmpty()) return
        if (length + tokens.size > context) {
            throw RoboException(RoboCode.TOO_LONG, "${tokens.size} tokens do not fit: the context is $context, $length are used")
        }
        var at = 0
        while (tokens.size - at > FEW) {
            val n = minOf(tokens.size - at - 1, prefill.length)
            step(prefill, tokens, at, n)
            at += n
        }
        while (at < tokens.size) step(decode, tokens, at++, 1)
        logits.rewind()
        logits.get(scores)
    }

    /** The score of every token as the next one; overwritten by the next [feed]. */
    fun scores(): FloatArray = scores

    /** Forget all but the first [length] tokens. The scores are then those of what was forgotten: feed a token. */
    fun rewindTo(length: Int) {
        require(length in 0..this.length) { "the running text has ${this.length} tokens, not $length" }
        this.length = length
    }

    override fun close() = interpreter.close()

    private fun step(signature: Signature, tokens: IntArray, from: Int, n: Int) {
        val ids = signature.inputs.getValue(TOKENS).asIntBuffer()
        for (i in 0 until signature.length) ids.put(i, if (i < n) tokens[from + i] else 0)
        signature.inputs.getValue(POSITION).asIntBuffer().put(0, length)
        signature.outputs.values.forEach { it.rewind() }
        signature.inputs.values.forEach { it.rewind() }
        interpreter.run(signature.name, signature.inputs, signature.outputs)
        for ((name, shape) in signature.caches) {
            keep(signature.outputs.getValue("new_$name"), decode.inputs.getValue(name), shape, signature.length, n)
        }
        length += n
    }

    /** Copy the first [n] of [rows] rows of each head to where the running text ends. */
    private fun keep(from: ByteBuffer, to: ByteBuffer, shape: IntArray, rows: Int, n: Int) {
        val (_, heads, positions, size) = shape
        for (head in 0 until heads) {
            val source = from.duplicate()
            source.limit(head * rows * size * Float.SIZE_BYTES + n * size * Float.SIZE_BYTES)
            source.position(head * rows * size * Float.SIZE_BYTES)
            val target = to.duplicate()
            target.position((head * positions + length) * size * Float.SIZE_BYTES)
            target.put(source)
        }
    }

    /** The tensors of a signature, with a buffer for each. */
    private inner class Signature(val name: String) {
        private val given = interpreter.inputs(name) ?: throw foreign()
        val shapes: Map<String, IntArray> = interpreter.outputs(name)
        val caches: Map<String, IntArray> = given.filterKeys { it != TOKENS && it != POSITION }
        val length: Int
        val inputs: MutableMap<String, ByteBuffer>
        val outputs: Map<String, ByteBuffer>

        init {
            val layers = caches.size / 2
            val named = (0 until layers).flatMap { listOf("keys_$it", "values_$it") }
            val made = named.map { "new_$it" } + if (name == DECODE) listOf(LOGITS) else emptyList()
            if (layers == 0 || given.keys != named.toSet() + TOKENS + POSITION || shapes.keys != made.toSet() ||
                caches.values.any { it.size != 4 }
            ) {
                throw foreign()
            }
            length = given.getValue(TOKENS).last()
            inputs = given.filterKeys { name == DECODE || it !in caches }.mapValuesTo(HashMap()) { (_, s) -> buffer(s) }
            outputs = shapes.mapValues { (_, s) -> buffer(s) }
        }

        private fun buffer(shape: IntArray): ByteBuffer =
            ByteBuffer.allocateDirect(shape.fold(Float.SIZE_BYTES, Int::times)).order(ByteOrder.nativeOrder())
    }

    companion object {
        const val DECODE = "decode"
        const val PREFILL = "prefill"

        /** So many tokens are as quickly decoded one by one as read in a batch, which has a fixed length. */
        private const val FEW = 12
        private const val TOKENS = "tokens"
        private const val POSITION = "position"
        private const val LOGITS = "logits"

        private fun foreign() = RoboException(
            RoboCode.MODEL,
            "the file's inputs and outputs are not those of a RoboLM model; make one with: robo-convert litert CHECKPOINT",
        )
    }
}
