package io.robolm.host

import io.robolm.RoboCode
import io.robolm.RoboModel
import io.robolm.RoboPart
import io.robolm.RoboRequest
import io.robolm.RoboStop
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertSame
import kotlin.test.assertTrue
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull

fun cancelling(suite: Suite) {
    val first = suite.files.answers[0]
    val request = RoboRequest(first.prompt, first.language)

    /** As good as new: what was cancelled leaves nothing behind. */
    fun RoboModel.stillWrites() = assertEquals(first.code, runBlocking { write(request) }.code)

    suite.test("a cancelled coroutine stops the model") {
        suite.files.load().use { model ->
            runBlocking {
                val begun = CompletableDeferred<Unit>()
                var finished = false
                val job = launch(Dispatchers.Default) {
                    model.generate(request).collect {
                        begun.complete(Unit)
                        if (it is RoboPart.Finished) finished = true
                    }
                }
                begun.await()
                job.cancelAndJoin()
                assertFalse(finished)
            }
            model.stillWrites()
        }
    }
    suite.test("a collector that has enough stops the model") {
        suite.files.load().use { model ->
            val line = runBlocking { model.generate(request).first() } as RoboPart.Text
            assertTrue(first.code.startsWith(line.text))
            model.stillWrites()
        }
    }
    suite.test("a request that is cancelled while it waits for its turn never begins") {
        suite.files.load().use { model ->
            runBlocking {
                val going = launch(Dispatchers.Default) { model.write(request) }
                val waiting = launch(Dispatchers.Default) { model.write(request) }
                waiting.cancelAndJoin()
                going.join()
            }
            model.stillWrites()
        }
    }
    suite.test("a time limit is a cancellation, at whatever moment it comes") {
        suite.files.load().use { model ->
            for (limit in longArrayOf(0, 1, 3, 10, 30)) {
                runBlocking { withTimeoutOrNull(limit) { model.write(request) } }
            }
            model.stillWrites()
        }
    }
    suite.test("an exception of a callback is what the caller gets") {
        suite.files.load().use { model ->
            val thrown = IllegalStateException("😀 of the callback")
            assertSame(thrown, assertFailsWith<IllegalStateException> { model.writeBlocking(request) { throw thrown } })
            model.stillWrites()
        }
    }
    suite.test("an exception of a collector is what the caller gets") {
        suite.files.load().use { model ->
            val thrown = IllegalStateException("of the collector")
            val caught = assertFailsWith<IllegalStateException> {
                runBlocking { model.generate(request).collect { throw thrown } }
            }
            assertEquals(thrown.message, caught.message)
            model.stillWrites()
        }
    }
    suite.test("a model that is closed while it writes hands over what there is, and is freed") {
        val model = suite.files.load()
        val parts = runBlocking {
            val begun = CompletableDeferred<Unit>()
            launch(Dispatchers.Default) {
                begun.await()
                model.close()
                model.close()
            }
            val parts = ArrayList<RoboPart>()
            model.generate(request).collect {
                parts += it
                if (begun.complete(Unit)) while (!model.isClosed) Thread.onSpinWait()
            }
            parts
        }
        val stopped = (parts.last() as RoboPart.Finished).answer.stopped
        assertTrue(stopped == RoboStop.CANCELLED || stopped == RoboStop.END, stopped.name)
        assertCode(RoboCode.CLOSED) { model.writeBlocking(request) }
    }
    suite.test("closed from its own callback, it ends cancelled") {
        val model = suite.files.load()
        assertEquals(RoboStop.CANCELLED, model.writeBlocking(request) { model.close() }.stopped)
        assertCode(RoboCode.CLOSED) { runBlocking { model.generate(request).toList() } }
    }
    suite.test("a second request in the same moment is refused where it cannot wait") {
        suite.files.load().use { model ->
            val begun = CountDownLatch(1)
            val refused = CountDownLatch(1)
            val answer = AtomicReference<String>()
            val other = thread {
                answer.set(model.writeBlocking(request) {
                    begun.countDown()
                    refused.await(60, TimeUnit.SECONDS)
                }.code)
            }
            begun.await(60, TimeUnit.SECONDS)
            assertCode(RoboCode.BUSY) { model.writeBlocking(request) }
            refused.countDown()
            other.join()
            assertEquals(first.code, answer.get())
        }
    }
}
