package io.robolm.host

import io.robolm.RoboAnswer
import io.robolm.RoboBoards
import io.robolm.RoboLanguages
import io.robolm.RoboModel
import io.robolm.RoboOptions
import io.robolm.RoboPart
import io.robolm.RoboRequest
import java.io.File
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking

fun Files.load(): RoboModel = runBlocking { RoboModel.load(model, data, RoboOptions(threads = 1)) }

private fun check(expected: Expected, found: RoboAnswer) {
    assertEquals(expected.code, found.code)
    assertEquals(expected.stopped, found.stopped.name)
    assertEquals(expected.tokens, found.stats.tokens)
}

fun answers(suite: Suite) {
    val all = suite.files.answers
    suite.test("every prompt gives the program that the Python runtime writes") {
        suite.files.load().use { model ->
            assertTrue(all.size >= 20)
            for (each in all) check(each, runBlocking { model.write(RoboRequest(each.prompt, each.language)) })
        }
    }
    suite.test("parts of a stream are lines, and joined they are the program") {
        suite.files.load().use { model ->
            val parts = runBlocking { model.generate(RoboRequest(all[0].prompt, all[0].language)).toList() }
            val last = assertIs<RoboPart.Finished>(parts.last())
            val texts = parts.dropLast(1).map { assertIs<RoboPart.Text>(it).text }
            assertTrue(texts.size > 1 && texts.all { it.endsWith("\n") }, texts.toString())
            assertEquals(all[0].code, texts.joinToString(""))
            assertEquals(all[0].code, last.answer.code)
            assertTrue(last.answer.stats.let { it.decodeRate > 0 && it.prefillRate > 0 && it.loadSeconds > 0 })
        }
    }
    suite.test("a stream can be collected again") {
        suite.files.load().use { model ->
            val stream = model.generate(RoboRequest(all[1].prompt, all[1].language))
            runBlocking { assertEquals(stream.toList().dropLast(1), stream.toList().dropLast(1)) }
        }
    }
    suite.test("unconstrained text comes in whole characters") {
        suite.files.load().use { model ->
            val made = StringBuilder()
            val request = RoboRequest("नमस्ते 😀 लिखो", constrained = false, maxTokens = 60)
            val answer = model.writeBlocking(request) { made.append(it) }
            assertTrue('\uFFFD' !in made)
            assertTrue(made.startsWith(answer.code) || answer.code.startsWith(made), "$made\n---\n${answer.code}")
        }
    }
    suite.test("two models in two threads write what one does") {
        val found = arrayOfNulls<List<RoboAnswer>>(2)
        List(2) { n ->
            thread {
                suite.files.load().use { model ->
                    found[n] = all.drop(n).take(4).map { model.writeBlocking(RoboRequest(it.prompt, it.language)) }
                }
            }
        }.forEach { it.join() }
        for (n in 0..1) all.drop(n).take(4).zip(found[n]!!).forEach { (expected, answer) -> check(expected, answer) }
    }
    suite.test("requests of one model wait for each other") {
        suite.files.load().use { model ->
            val few = all.take(4)
            val found = runBlocking { few.map { async { model.write(RoboRequest(it.prompt, it.language)) } }.awaitAll() }
            few.zip(found).forEach { (expected, answer) -> check(expected, answer) }
        }
    }
    suite.test("files whose names have emoji are found, and the model need not be mapped") {
        val folder = File(suite.files.folder, "modèle 🤖 मॉडल").apply { mkdirs() }
        val model = suite.files.model.copyTo(File(folder, "🤖.gguf"), overwrite = true)
        val data = suite.files.data.copyTo(File(folder, "⚙️.robo"), overwrite = true)
        RoboModel.open(model, data, RoboOptions(mapped = false)).use {
            check(all[0], it.writeBlocking(RoboRequest(all[0].prompt, all[0].language)))
        }
    }
    suite.test("every language of the list is one the model knows") {
        assertEquals(suite.files.rows("languages.tsv").map { it[0] }, RoboLanguages.all.map { it.code })
        assertEquals(suite.files.rows("boards.tsv").map { it[0] }, RoboBoards.all.map { it.name })
        suite.files.load().use { model ->
            for (each in RoboLanguages.all) model.writeBlocking(RoboRequest("LED 2", each.code, maxTokens = 1))
        }
    }
}
