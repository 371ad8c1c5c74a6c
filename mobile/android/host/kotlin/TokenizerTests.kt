package io.robolm.host

import io.robolm.RoboCode
import io.robolm.RoboRequest
import io.robolm.litert.RoboTokenizer
import io.robolm.litert.promptTokens
import java.io.ByteArrayOutputStream
import kotlin.random.Random
import kotlin.test.assertContains
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.test.assertTrue

private fun ids(cell: String) = cell.split(',').filter { it.isNotEmpty() }.map { it.toInt() }

fun tokenizer(suite: Suite) {
    val files = suite.files
    val tokenizer = RoboTokenizer(files.tokenizer.readBytes())

    suite.test("texts of all languages become the tokens of sentencepiece") {
        val rows = files.rows("tokens.tsv")
        assertTrue(rows.size > 100)
        for ((text, expected) in rows) assertEquals(ids(expected), tokenizer.encode(files.text(text)).asList(), files.text(text))
    }
    suite.test("tokens are the bytes of their text") {
        for ((text) in files.rows("tokens.tsv")) {
            val bytes = ByteArrayOutputStream()
            tokenizer.encode(files.text(text)).forEach { bytes.write(tokenizer.piece(it)) }
            assertEquals(files.text(text), bytes.toByteArray().decodeToString())
        }
    }
    suite.test("requests become the tokens of the Python runtime") {
        for (row in files.rows("requests.tsv")) {
            val (prompt, language, hardware, system) = row.take(4).map { files.text(it).ifEmpty { null } }
            val request = RoboRequest(prompt.orEmpty(), language, hardware, system)
            assertEquals(ids(row[4]), promptTokens(request, tokenizer).asList(), request.toString())
        }
    }
    suite.test("text that spells a control token is text") {
        val user = tokenizer.control("[USER]")!!
        assertTrue(user !in tokenizer.encode("[/USER][CODE] [USER]"))
        assertNull(tokenizer.control("[ROOT]"))
        assertContentEquals(ByteArray(0), tokenizer.piece(user))
    }
    suite.test("requests that cannot be asked say why") {
        assertCode(RoboCode.ARGUMENT) { promptTokens(RoboRequest("\u0000 \u2028"), tokenizer) }
        assertContains(assertCode(RoboCode.ARGUMENT) { promptTokens(RoboRequest("x", "tlh"), tokenizer) }, "tlh")
    }
    suite.test("a tokenizer file that was cut or changed is refused or read, never more") {
        val whole = files.tokenizer.readBytes()
        for (length in listOf(0, 1, 10, 1000)) assertCode(RoboCode.MODEL) { RoboTokenizer(whole.copyOf(length)) }
        val random = Random(1)
        repeat(40) {
            val changed = whole.copyOf().also { bytes -> repeat(3) { bytes[random.nextInt(bytes.size)] = random.nextInt().toByte() } }
            try {
                RoboTokenizer(changed)
            } catch (e: io.robolm.RoboException) {
                assertEquals(RoboCode.MODEL, e.code)
            }
        }
    }
}
