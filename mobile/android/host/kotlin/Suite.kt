package io.robolm.host

import io.robolm.RoboCode
import io.robolm.RoboException
import java.io.File
import java.util.Base64
import kotlin.system.exitProcess
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith

/** Named tests, run one after another; tests/android reads what is printed. */
class Suite(val files: Files) {
    private var failed = 0

    fun test(name: String, body: () -> Unit) {
        try {
            body()
            println("passed\t$name")
        } catch (e: Throwable) {
            failed++
            println("failed\t$name\t${e.stackTraceToString().replace("\n", "\\n")}")
        }
    }

    fun end(): Nothing = exitProcess(if (failed > 0) 1 else 0)
}

/** An answer of the Python runtime. */
class Expected(val prompt: String, val language: String?, val code: String, val stopped: String, val tokens: Int)

/** What tests/android laid out. */
class Files(val folder: File) {
    val model = File(folder, "model.gguf")
    val data = File(folder, "esp32.robo")
    val tokenizer = File(folder, "tokenizer.model")
    val answers by lazy {
        rows("answers.tsv").map { Expected(text(it[0]), it[1].ifEmpty { null }, text(it[2]), it[3], it[4].toInt()) }
    }

    fun rows(name: String): List<List<String>> = File(folder, name).readLines().map { it.split('\t') }

    fun text(base64: String): String = Base64.getDecoder().decode(base64).decodeToString()
}

fun assertCode(code: RoboCode, body: () -> Unit): String {
    val e = assertFailsWith<RoboException> { body() }
    assertEquals(code, e.code, e.message)
    return e.message.orEmpty()
}

fun main(args: Array<String>) {
    val suite = Suite(Files(File(args[1])))
    when (args[0]) {
        "model" -> {
            answers(suite)
            cancelling(suite)
            mistakes(suite)
            lifecycle(suite)
        }
        "plain" -> {
            modelFiles(suite)
            tokenizer(suite)
            litert(suite)
        }
        "bridge" -> {
            val pipe = System.out
            System.setOut(System.err) // what is said goes there: the pipe is for tensors
            bridged(suite, pipe)
        }
    }
    suite.end()
}
