package io.robolm.host

import io.robolm.RoboModel
import io.robolm.RoboRequest
import java.io.File
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

private const val WARM = 8
private const val ROUNDS = 20
private const val ROOM_KB = 12_000

fun lifecycle(suite: Suite) {
    suite.test("loading, writing, failing and closing over and over takes no more memory") {
        val request = RoboRequest("LED 2", maxTokens = 24)
        fun round() {
            suite.files.load().use { model ->
                model.writeBlocking(request) {}
                assertFailsWith<IllegalStateException> { model.writeBlocking(request) { error("stop") } }
            }
            assertFailsWith<Exception> { RoboModel.open(File(suite.files.folder, "cut.gguf"), suite.files.data) }
        }
        repeat(WARM) { round() }
        val before = resident()
        repeat(ROUNDS) { round() }
        val grown = resident() - before
        assertTrue(grown < ROOM_KB, "$grown kB more after $ROUNDS rounds; a model takes more than half of that")
    }
}

/** Memory of this process in kB. */
private fun resident(): Int {
    System.gc()
    val line = File("/proc/self/status").readLines().first { it.startsWith("RssAnon") }
    return line.filter(Char::isDigit).toInt()
}
