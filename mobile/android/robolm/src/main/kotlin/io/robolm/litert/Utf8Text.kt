package io.robolm.litert

import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.charset.CodingErrorAction

/** Text that comes as bytes, cut anywhere. */
internal class Utf8Text {
    private val whole = StringBuilder()
    private val decoder = Charsets.UTF_8.newDecoder()
        .onMalformedInput(CodingErrorAction.REPLACE).onUnmappableCharacter(CodingErrorAction.REPLACE)
    private var rest = ByteArray(0)

    /** All whole characters there were. */
    val text: String get() = whole.toString()

    /** The characters that are whole now. */
    fun add(bytes: ByteArray): String {
        val given = ByteBuffer.wrap(rest + bytes)
        val made = CharBuffer.allocate(given.remaining() + 1)
        decoder.decode(given, made, false)
        rest = ByteArray(given.remaining()).also(given::get)
        val fresh = made.flip().toString()
        whole.append(fresh)
        return fresh
    }
}
