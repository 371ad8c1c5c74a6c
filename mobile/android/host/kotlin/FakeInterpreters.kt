package io.robolm.host

import io.robolm.litert.LitertInterpreter
import java.nio.ByteBuffer
import kotlin.test.assertEquals
import kotlin.test.assertTrue

const val VOCABULARY = 97
const val POSITIONS = 150
private const val LAYERS = 2
private const val HEADS = 2
private const val SIZE = 3
private const val BATCH = 16

/** The token that stands-in models write after [text]. */
fun next(text: List<Int>): Int = text.foldIndexed(1) { i, sum, token -> (sum + (i + 1) * (token + 1)) % 9973 } % VOCABULARY

/** Stands in for a model: each row of its caches is the token it belongs to, so that what is read can be checked. */
open class Remembering(
    private val vocabulary: Int = VOCABULARY,
    private val positions: Int = POSITIONS,
    private val lacks: String = "",
) : LitertInterpreter {
    val calls = ArrayList<String>()
    private val caches = (0 until LAYERS).flatMap { listOf("keys_$it", "values_$it") }

    override fun inputs(signature: String): Map<String, IntArray>? {
        if (signature == lacks) return null
        val cache = intArrayOf(1, HEADS, positions, SIZE)
        val all = caches.associateWith { cache } + mapOf("tokens" to intArrayOf(1, rows(signature)), "position" to intArrayOf(1))
        return all - lacks
    }

    override fun outputs(signature: String): Map<String, IntArray> {
        val new = caches.associate { "new_$it" to intArrayOf(1, HEADS, rows(signature), SIZE) }
        return (if (signature == "decode") new + ("logits" to intArrayOf(1, 1, vocabulary)) else new) - lacks
    }

    override fun run(signature: String, inputs: Map<String, ByteBuffer>, outputs: Map<String, ByteBuffer>) {
        calls += signature
        val position = inputs.getValue("position").asIntBuffer()[0]
        val tokens = inputs.getValue("tokens").asIntBuffer().let { ids -> List(rows(signature)) { ids[it] } }
        val earlier = List(position) { inputs.getValue("keys_0").asFloatBuffer()[it * SIZE].toInt() }
        for (name in caches) {
            assertTrue(inputs.getValue(name).isDirect && inputs.getValue(name).position() == 0)
            val held = inputs.getValue(name).asFloatBuffer()
            for (head in 0 until HEADS) for (row in 0 until position) for (i in 0 until SIZE) {
                assertEquals(value(name, head, i, earlier[row]), held[(head * positions + row) * SIZE + i])
            }
            val new = outputs.getValue("new_$name").asFloatBuffer()
            for (head in 0 until HEADS) for (row in tokens.indices) for (i in 0 until SIZE) {
                new.put((head * tokens.size + row) * SIZE + i, value(name, head, i, tokens[row]))
            }
        }
        if (signature == "decode") {
            val scores = outputs.getValue("logits").asFloatBuffer()
            val best = follow(earlier + tokens)
            for (token in 0 until vocabulary) scores.put(token, if (token == best) 9f else -token.toFloat())
        }
    }

    protected open fun follow(text: List<Int>): Int = next(text)

    override fun close() = Unit

    private fun rows(signature: String) = if (signature == "decode") 1 else BATCH

    private fun value(name: String, head: Int, i: Int, token: Int): Float =
        if (name == "keys_0" && head == 0 && i == 0) token.toFloat() else token * 8f + caches.indexOf(name) + head * 0.25f + i
}

/** Stands in for a model that writes [script] after the token [begin]. */
class Scripted(vocabulary: Int, private val begin: Int, private val script: List<Int>) : Remembering(vocabulary) {
    override fun follow(text: List<Int>): Int {
        val written = if (begin in text) text.size - 1 - text.lastIndexOf(begin) else 0
        return script[minOf(written, script.size - 1)]
    }
}
