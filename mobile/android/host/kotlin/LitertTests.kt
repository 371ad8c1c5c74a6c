package io.robolm.host

import io.robolm.RoboCode
import io.robolm.RoboPart
import io.robolm.RoboRequest
import io.robolm.RoboStop
import io.robolm.litert.LitertEngine
import io.robolm.litert.LitertModel
import io.robolm.litert.RoboTokenizer
import io.robolm.litert.TokenGuide
import kotlin.random.Random
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking

private fun LitertEngine.best() = scores().let { s -> s.indices.maxBy { s[it] } }

fun litert(suite: Suite) {
    engine(suite)
    model(suite)
}

private fun engine(suite: Suite) {
    val random = Random(7)
    fun tokens(n: Int) = IntArray(n) { random.nextInt(VOCABULARY) }

    suite.test("tokens fed in any portions give the scores of their whole text") {
        for (portions in listOf(listOf(1, 1, 1), listOf(5, 12), listOf(13, 2), listOf(40, 1, 20), listOf(POSITIONS))) {
            LitertEngine(Remembering()).use { engine ->
                val text = ArrayList<Int>()
                for (n in portions) {
                    val fresh = tokens(n)
                    text += fresh.asList()
                    engine.feed(fresh)
                    assertEquals(next(text), engine.best(), "after $portions")
                }
                assertEquals(text.size, engine.length)
            }
        }
    }
    suite.test("long texts are read by prefill, few tokens one by one") {
        val interpreter = Remembering()
        LitertEngine(interpreter).use { it.feed(tokens(40)) }
        assertEquals(listOf("prefill", "prefill") + List(8) { "decode" }, interpreter.calls)
    }
    suite.test("what was taken back is forgotten") {
        LitertEngine(Remembering()).use { engine ->
            val text = tokens(30)
            engine.feed(text)
            engine.rewindTo(11)
            val fresh = tokens(20)
            engine.feed(fresh)
            assertEquals(next(text.take(11) + fresh.asList()), engine.best())
            engine.rewindTo(0)
            engine.feed(intArrayOf(3))
            assertEquals(next(listOf(3)), engine.best())
        }
    }
    suite.test("a text that does not fit is refused before anything is read") {
        LitertEngine(Remembering()).use { engine ->
            engine.feed(tokens(10))
            assertCode(RoboCode.TOO_LONG) { engine.feed(tokens(POSITIONS - 9)) }
            assertEquals(10, engine.length)
        }
    }
    suite.test("files with other signatures are refused") {
        fun refused(interpreter: Remembering) = assertCode(RoboCode.MODEL) { LitertEngine(interpreter) }
        refused(Remembering(lacks = "prefill"))
        refused(Remembering(lacks = "position"))
        refused(Remembering(lacks = "values_1"))
        refused(Remembering(lacks = "logits"))
    }
}

private fun model(suite: Suite) {
    val tokenizer = RoboTokenizer(suite.files.tokenizer.readBytes())
    val begin = tokenizer.control("[CODE]")!!
    val end = tokenizer.control("[/CODE]")!!
    val program = "from robokit import led\n\nled.on(2)  # चालू 😀\n"
    val request = RoboRequest("turn the LED on", "en", constrained = false)

    suite.test("a program is written in whole characters until the model ends it") {
        val engine = LitertEngine(Scripted(tokenizer.size, begin, tokenizer.encode(program).asList() + end))
        LitertModel(engine, tokenizer).use { model ->
            repeat(2) {
                val parts = runBlocking { model.generate(request).toList() }
                val answer = (parts.last() as RoboPart.Finished).answer
                assertEquals(program, answer.code)
                assertEquals(RoboStop.END, answer.stopped)
                assertEquals(tokenizer.encode(program).size, answer.stats.tokens)
                val texts = parts.dropLast(1).map { (it as RoboPart.Text).text }
                assertEquals(program, texts.joinToString(""))
                assertTrue(texts.none { '\uFFFD' in it })
            }
        }
    }
    suite.test("the budget ends a program, and so does a collector") {
        val engine = LitertEngine(Scripted(tokenizer.size, begin, tokenizer.encode(program).asList() + end))
        LitertModel(engine, tokenizer).use { model ->
            val answer = runBlocking { model.generate(request.copy(maxTokens = 3)).toList() }.last() as RoboPart.Finished
            assertEquals(RoboStop.HARD to 3, answer.answer.stopped to answer.answer.stats.tokens)
            assertTrue(program.startsWith((runBlocking { model.generate(request).first() } as RoboPart.Text).text))
        }
    }
    suite.test("a guide refuses tokens, and the next best one is taken") {
        val script = tokenizer.encode(program).asList() + end
        val engine = LitertEngine(Scripted(tokenizer.size, begin, script))
        val accepted = ArrayList<Int>()
        val guide = object : TokenGuide {
            override fun allows(token: Int) = token != script[0]
            override fun accept(token: Int) {
                accepted += token
            }
            override fun mayEnd() = accepted.size > 2
        }
        LitertModel(engine, tokenizer, guide = { guide }).use { model ->
            val asked = request.copy(constrained = true, maxTokens = 3)
            val answer = (runBlocking { model.generate(asked).toList() }.last() as RoboPart.Finished).answer
            assertTrue(script[0] !in accepted && accepted.size == 3)
            assertTrue(answer.stats.refused >= 1)
        }
    }
    suite.test("without a grammar there is no answer to a request that asks for it") {
        val engine = LitertEngine(Scripted(tokenizer.size, begin, listOf(end)))
        LitertModel(engine, tokenizer).use { model ->
            fun fails(code: RoboCode, asked: RoboRequest) = assertCode(code) { runBlocking { model.generate(asked).toList() } }
            fails(RoboCode.GRAMMAR, request.copy(constrained = true))
            fails(RoboCode.ARGUMENT, request.copy(temperature = 1f))
            fails(RoboCode.TOO_LONG, request.copy(prompt = "blink ".repeat(POSITIONS)))
        }
        assertCode(RoboCode.MODEL) { LitertModel(LitertEngine(Remembering()), tokenizer) }
    }
}
