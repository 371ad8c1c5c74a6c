package io.robolm.litert

import io.robolm.RoboCode
import io.robolm.RoboException
import io.robolm.RoboRequest
import java.text.Normalizer

private val INVISIBLE = Regex("[\u0000-\u0008\u000b-\u001f\u007f\ufeff\u2028\u2029]")

/** The first and last characters that Python's `str.strip` takes away, which are not those of Kotlin's `trim`. */
private val SPACES = (listOf('\u0020', '\u0085', '\u00a0', '\u1680', '\u202f', '\u205f', '\u3000') +
    ('\u0009'..'\u000d') + ('\u001c'..'\u001f') + ('\u2000'..'\u200a') + listOf('\u2028', '\u2029')).toSet()

/** Text in the form the model was trained on: normal form C, LF line ends, no control characters. */
internal fun cleanText(text: String): String {
    val whole = text.encodeToByteArray().decodeToString() // lone surrogates become question marks
    val composed = Normalizer.normalize(whole.replace("\r\n", "\n").replace("\r", "\n"), Normalizer.Form.NFC)
    return INVISIBLE.replace(composed.replace('\u2581', '_'), "").trim { it in SPACES }
}

/**
 * A request as tokens, up to and including `[CODE]` (robo_runtime/prompt.py).
 *
 * @throws RoboException the prompt is empty, or the language unknown.
 */
internal fun promptTokens(request: RoboRequest, tokenizer: RoboTokenizer): IntArray {
    val tokens = ArrayList<Int>()
    fun control(text: String) {
        tokens += tokenizer.control(text)
            ?: throw RoboException(RoboCode.MODEL, "tokenizer.model has no control token $text")
    }
    fun section(name: String, text: String) {
        control("[$name]")
        tokens += tokenizer.encode(text).asList()
        control("[/$name]")
    }
    val prompt = cleanText(request.prompt)
    if (prompt.isEmpty()) {
        throw RoboException(RoboCode.ARGUMENT, "the prompt is empty; say what the program should do")
    }
    control("<bos>")
    cleanText(request.system.orEmpty()).let { if (it.isNotEmpty()) section("SYSTEM", it) }
    request.language?.let { code ->
        tokens += tokenizer.control("[LANG:$code]")
            ?: throw RoboException(RoboCode.ARGUMENT, "unknown language \"$code\"; see RoboLanguages")
    }
    cleanText(request.hardware.orEmpty()).let { if (it.isNotEmpty()) section("HARDWARE", it) }
    section("USER", prompt)
    control("[CODE]")
    return tokens.toIntArray()
}
