package io.robolm.litert

import java.util.PriorityQueue

/**
 * The tokenizer of a `tokenizer.model`: byte pair encoding as sentencepiece does it, without normalisation.
 *
 * Text never becomes a control token, whatever it spells.
 *
 * @throws io.robolm.RoboException [content] is not such a file.
 */
class RoboTokenizer(content: ByteArray) {
    private val pieces = SentencePieceFile(content).pieces
    private val ids = HashMap<String, Int>()
    private val controls = HashMap<String, Int>()
    private val bytes = IntArray(256)

    /** Texts that are always tokens of their own, such as line ends; the longest first. */
    private val whole: List<String>

    /** Tokens there are. */
    val size: Int get() = pieces.size

    init {
        pieces.forEachIndexed { id, piece ->
            when (piece.type) {
                Piece.NORMAL, Piece.USER_DEFINED -> ids[piece.text] = id
                Piece.CONTROL, Piece.UNKNOWN -> controls[piece.text] = id
                Piece.BYTE -> bytes[piece.text.substring(3, 5).toInt(16)] = id // "<0x41>"
            }
        }
        whole = pieces.filter { it.type == Piece.USER_DEFINED }.map { it.text }.sortedByDescending { it.length }
    }

    /** The id of a control token such as `[USER]`; null where there is none. */
    fun control(text: String): Int? = controls[text]

    /** The bytes that a token stands for; empty for control tokens. */
    fun piece(token: Int): ByteArray {
        val piece = pieces[token]
        return when (piece.type) {
            Piece.NORMAL, Piece.USER_DEFINED -> piece.text.encodeToByteArray()
            Piece.BYTE -> byteArrayOf(piece.text.substring(3, 5).toInt(16).toByte())
            else -> ByteArray(0)
        }
    }

    /** Tokens of plain text. */
    fun encode(text: String): IntArray {
        val symbols = Symbols(text)
        symbols.merge()
        val found = ArrayList<Int>()
        symbols.forEach { part ->
            val id = ids[part]
            if (id != null) found += id else part.encodeToByteArray().forEach { found += bytes[it.toInt() and 0xff] }
        }
        return found.toIntArray()
    }

    /** A text cut into parts that are joined, the best pair first and of equal ones the leftmost. */
    private inner class Symbols(private val text: String) {
        private val starts: IntArray
        private val frozen: BooleanArray
        private val count: Int
        private val end: IntArray // 0: joined to the one before it
        private val previous: IntArray
        private val next: IntArray
        private val pairs = PriorityQueue<Pair>(16, compareByDescending<Pair> { it.score }.thenBy { it.left })

        init {
            val cut = ArrayList<Int>()
            val fixed = ArrayList<Boolean>()
            var at = 0
            while (at < text.length) {
                val own = whole.firstOrNull { text.startsWith(it, at) }
                cut += at
                fixed += own != null
                at += own?.length ?: Character.charCount(text.codePointAt(at))
            }
            count = cut.size
            starts = (cut + text.length).toIntArray()
            frozen = fixed.toBooleanArray()
            end = IntArray(count) { starts[it + 1] }
            previous = IntArray(count) { it - 1 }
            next = IntArray(count) { if (it + 1 < count) it + 1 else -1 }
        }

        fun merge() {
            for (left in 0 until count - 1) propose(left, left + 1)
            while (true) {
                val pair = pairs.poll() ?: return
                if (end[pair.left] == 0 || next[pair.left] != pair.right || end[pair.right] != pair.end) continue
                end[pair.left] = pair.end
                end[pair.right] = 0
                next[pair.left] = next[pair.right]
                if (next[pair.right] >= 0) previous[next[pair.right]] = pair.left
                if (previous[pair.left] >= 0) propose(previous[pair.left], pair.left)
                if (next[pair.left] >= 0) propose(pair.left, next[pair.left])
            }
        }

        fun forEach(take: (String) -> Unit) {
            var at = if (count > 0) 0 else -1
            while (at >= 0) {
                take(text.substring(starts[at], end[at]))
                at = next[at]
            }
        }

        private fun propose(left: Int, right: Int) {
            if (frozen[left] || frozen[right]) return
            val id = ids[text.substring(starts[left], end[right])] ?: return
            pairs += Pair(left, right, end[right], pieces[id].score)
        }
    }

    private class Pair(val left: Int, val right: Int, val end: Int, val score: Float)
}
