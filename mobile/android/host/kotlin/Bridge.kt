package io.robolm.host

import io.robolm.RoboPart
import io.robolm.RoboRequest
import io.robolm.litert.LitertEngine
import io.robolm.litert.LitertInterpreter
import io.robolm.litert.LitertModel
import io.robolm.litert.RoboTokenizer
import java.io.DataInputStream
import java.io.OutputStream
import java.nio.ByteBuffer
import kotlin.test.assertEquals
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking

/** LiteRT's interpreter in the process at the other end of two pipes, where Python runs it. */
class BridgedInterpreter(files: Files, private val to: OutputStream, private val from: DataInputStream) : LitertInterpreter {
    private val shapes = files.rows("signatures.tsv").groupBy({ it[0] to it[1] }) { row ->
        row[2] to row[3].split(',').map { it.toInt() }.toIntArray()
    }

    override fun inputs(signature: String): Map<String, IntArray>? = shapes[signature to "input"]?.toMap()

    override fun outputs(signature: String): Map<String, IntArray> = shapes.getValue(signature to "output").toMap()

    override fun run(signature: String, inputs: Map<String, ByteBuffer>, outputs: Map<String, ByteBuffer>) {
        to.write("$signature\n".encodeToByteArray())
        for (name in inputs.keys.sorted()) {
            val buffer = inputs.getValue(name).duplicate().apply { rewind() }
            to.write(ByteArray(buffer.remaining()).also(buffer::get))
        }
        to.flush()
        for (name in outputs.keys.sorted()) {
            val buffer = outputs.getValue(name).duplicate().apply { rewind() }
            buffer.put(ByteArray(buffer.remaining()).also(from::readFully))
        }
    }

    override fun close() = to.close()
}

/** Programs of the real interpreter are those that the Python runtime's own engine writes with it. */
fun bridged(suite: Suite, to: OutputStream) {
    suite.test("LiteRT's own interpreter, driven from Kotlin, writes what it writes when Python drives it") {
        val interpreter = BridgedInterpreter(suite.files, to, DataInputStream(System.`in`.buffered(1 shl 20)))
        val tokenizer = RoboTokenizer(suite.files.tokenizer.readBytes())
        LitertModel(LitertEngine(interpreter), tokenizer).use { model ->
            for ((prompt, language, code) in suite.files.rows("litert.tsv")) {
                val request = RoboRequest(
                    suite.files.text(prompt), language.ifEmpty { null }, constrained = false, maxTokens = 40,
                )
                val answer = (runBlocking { model.generate(request).toList() }.last() as RoboPart.Finished).answer
                assertEquals(suite.files.text(code), answer.code)
            }
        }
    }
}
