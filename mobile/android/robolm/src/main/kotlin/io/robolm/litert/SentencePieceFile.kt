package io.robolm.litert

import io.robolm.RoboCode
import io.robolm.RoboException
import java.nio.ByteBuffer
import java.nio.ByteOrder

/** A piece of a vocabulary: its text, its rank among merges and its type as sentencepiece_model.proto numbers it. */
internal class Piece(val text: String, val score: Float, val type: Int) {
    companion object {
        const val NORMAL = 1
        const val UNKNOWN = 2
        const val CONTROL = 3
        const val USER_DEFINED = 4
        const val BYTE = 6
    }
}

/** The part of a `tokenizer.model` (a ModelProto of sentencepiece_model.proto) that models of ours use. */
internal class SentencePieceFile(content: ByteArray) {
    val pieces: List<Piece>

    init {
        val read = ArrayList<Piece>()
        var kind = UNIGRAM
        var dummyPrefix = true
        var escapes = true
        try {
            Fields(ByteBuffer.wrap(content)).forEach { field, value ->
                when (field) {
                    1 -> read += piece(value as ByteBuffer)
                    2 -> Fields(value as ByteBuffer).forEach { f, v -> if (f == 3) kind = (v as Long).toInt() }
                    3 -> Fields(value as ByteBuffer).forEach { f, v ->
                        if (f == 3) dummyPrefix = v as Long != 0L
                        if (f == 5) escapes = v as Long != 0L
                    }
                }
            }
        } catch (e: RuntimeException) { // bytes that are no such file lead anywhere
            throw foreign("it is no SentencePiece model (${e.message})", e)
        }
        if (read.isEmpty()) throw foreign("it has no pieces")
        if (kind != BPE || dummyPrefix || escapes) {
            throw foreign("it is no byte pair encoding with real spaces and no dummy prefix")
        }
        pieces = read
    }

    private fun piece(message: ByteBuffer): Piece {
        var text = ""
        var score = 0f
        var type = Piece.NORMAL
        Fields(message).forEach { field, value ->
            when (field) {
                1 -> text = (value as ByteBuffer).let { b -> ByteArray(b.remaining()).also(b::get) }.decodeToString()
                2 -> score = Float.fromBits(value as Int)
                3 -> type = (value as Long).toInt()
            }
        }
        return Piece(text, score, type)
    }

    private fun foreign(why: String, cause: Throwable? = null) = RoboException(
        RoboCode.MODEL, "tokenizer.model is not that of a RoboLM model: $why; copy the export folder as a whole", cause,
    )

    private companion object {
        const val UNIGRAM = 1
        const val BPE = 2
    }
}

/** The fields of a protobuf message: numbers as Long, 32 bits as Int, the rest as bytes. */
private class Fields(message: ByteBuffer) {
    private val bytes = message.slice().order(ByteOrder.LITTLE_ENDIAN)

    fun forEach(take: (field: Int, value: Any) -> Unit) {
        while (bytes.hasRemaining()) {
            val key = number().toInt()
            take(key ushr 3, value(key and 7))
        }
    }

    private fun value(wire: Int): Any = when (wire) {
        0 -> number()
        1 -> bytes.long
        2 -> {
            val length = number().toInt()
            require(length in 0..bytes.remaining()) { "a field is longer than its message" }
            val part = bytes.slice()
            part.limit(length)
            bytes.position(bytes.position() + length)
            part
        }
        5 -> bytes.int
        else -> throw IllegalArgumentException("wire type $wire")
    }

    private fun number(): Long {
        var value = 0L
        for (shift in 0 until 64 step 7) {
            val byte = bytes.get().toLong()
            value = value or (byte and 0x7f shl shift)
            if (byte >= 0) return value
        }
        throw IllegalArgumentException("a number has more than 64 bits")
    }
}
