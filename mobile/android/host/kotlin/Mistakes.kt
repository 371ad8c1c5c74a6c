package io.robolm.host

import io.robolm.RoboCode
import io.robolm.RoboModel
import io.robolm.RoboOptions
import io.robolm.RoboRequest
import java.io.File
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlinx.coroutines.runBlocking

private val BLINK = RoboRequest("Blink an LED on pin 2")

fun mistakes(suite: Suite) {
    val files = suite.files
    fun damaged(name: String, from: File, change: (ByteArray) -> ByteArray) =
        File(files.folder, name).apply { writeBytes(change(from.readBytes())) }

    suite.test("a missing file is named") {
        val missing = File(files.folder, "कहाँ 😀.gguf")
        assertContains(assertCode(RoboCode.FILE) { RoboModel.open(missing, files.data) }, missing.name)
        assertContains(assertCode(RoboCode.FILE) { RoboModel.open(files.model, missing) }, missing.name)
        assertCode(RoboCode.FILE) { RoboModel.open(missing, files.data, sha256 = "0".repeat(64)) }
        assertCode(RoboCode.FILE) { RoboModel.open(File("a\u0000b"), files.data) }
    }
    suite.test("a damaged model is refused") {
        for (kept in intArrayOf(0, 3, 1000, 1_000_000)) {
            val cut = damaged("cut.gguf", files.model) { it.copyOf(kept) }
            assertCode(RoboCode.MODEL) { RoboModel.open(cut, files.data) }
        }
        val other = damaged("other.gguf", files.model) { it.apply { this[0] = 'X'.code.toByte() } }
        assertCode(RoboCode.MODEL) { RoboModel.open(other, files.data) }
    }
    suite.test("a damaged grammar is refused") {
        val flipped = damaged("flipped.robo", files.data) { it.apply { this[size / 2] = (this[size / 2] + 1).toByte() } }
        assertCode(RoboCode.DATA) { RoboModel.open(files.model, flipped) }
        assertCode(RoboCode.DATA) { RoboModel.open(files.model, damaged("cut.robo", files.data) { it.copyOf(100) }) }
        assertCode(RoboCode.DATA) { RoboModel.open(files.model, files.model) }
    }
    suite.test("another model than the one expected is refused") {
        val message = assertCode(RoboCode.CHECKSUM) { RoboModel.open(files.model, files.data, sha256 = "0".repeat(64)) }
        assertContains(message, "model.gguf")
        val right = files.rows("sha256.tsv")[0][0]
        runBlocking { RoboModel.load(files.model, files.data, sha256 = right.uppercase()) }.close()
    }
    suite.test("options out of range are refused") {
        assertCode(RoboCode.ARGUMENT) { RoboModel.open(files.model, files.data, RoboOptions(threads = -1)) }
    }
    suite.test("requests that cannot be answered say why, and the next one can") {
        files.load().use { model ->
            fun fails(code: RoboCode, request: RoboRequest) = assertCode(code) { runBlocking { model.write(request) } }
            fails(RoboCode.ARGUMENT, BLINK.copy(prompt = " \n"))
            assertContains(fails(RoboCode.ARGUMENT, BLINK.copy(language = "tlh")), "tlh")
            fails(RoboCode.ARGUMENT, BLINK.copy(language = "😀"))
            fails(RoboCode.ARGUMENT, BLINK.copy(maxTokens = -1))
            fails(RoboCode.ARGUMENT, BLINK.copy(temperature = Float.NaN))
            fails(RoboCode.TOO_LONG, BLINK.copy(prompt = "blink the LED and ".repeat(2000)))
            val plain = model.writeBlocking(BLINK).code
            assertEquals(plain, model.writeBlocking(BLINK.copy(prompt = "Blink an\u0000 LED on\u0000 pin 2")).code)
        }
    }
    suite.test("a model goes on for another board, and as before where that fails") {
        val other = File(files.folder, "esp32c3.robo")
        files.load().use { model ->
            val before = model.writeBlocking(BLINK).code
            assertCode(RoboCode.FILE) { runBlocking { model.useBoard(File("nowhere.robo")) } }
            assertCode(RoboCode.DATA) { runBlocking { model.useBoard(files.model) } }
            assertEquals(before, model.writeBlocking(BLINK).code)
            runBlocking { model.useBoard(other) }
            val asked = BLINK.copy(prompt = "Turn on the LED on pin 25")
            RoboModel.open(files.model, other).use { assertEquals(it.writeBlocking(asked).code, model.writeBlocking(asked).code) }
        }
    }
    suite.test("files that are no adapters are refused, and no adapter is fine") {
        files.load().use { model ->
            assertCode(RoboCode.ADAPTER) { runBlocking { model.useAdapter(files.model) } }
            assertCode(RoboCode.FILE) { runBlocking { model.useAdapter(File("nowhere.gguf")) } }
            runBlocking { model.useAdapter(null) }
            assertEquals(files.answers[0].code, model.writeBlocking(RoboRequest(files.answers[0].prompt, files.answers[0].language)).code)
        }
    }
    suite.test("use after close is an error, and closing twice is none") {
        val model = files.load()
        model.close()
        model.close()
        assertCode(RoboCode.CLOSED) { runBlocking { model.write(BLINK) } }
        assertCode(RoboCode.CLOSED) { model.writeBlocking(BLINK) }
    }
}
