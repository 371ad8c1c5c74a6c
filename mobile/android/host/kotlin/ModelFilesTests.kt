package io.robolm.host

import io.robolm.ModelFiles
import io.robolm.NativeLibrary
import io.robolm.RoboCode
import java.io.File
import java.io.IOException
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

fun modelFiles(suite: Suite) {
    val folder = File(suite.files.folder, "unpacked")
    val (sha256, content) = suite.files.rows("sha256.tsv").last().let { it[0] to suite.files.text(it[1]).encodeToByteArray() }
    val files = ModelFiles(folder)

    suite.test("an asset is unpacked once") {
        folder.deleteRecursively()
        var opened = 0
        val found = List(2) { files.unpacked("a.gguf", sha256.uppercase()) { opened++; content.inputStream() } }
        assertContentEquals(content, found[0].readBytes())
        assertEquals(found[0], found[1])
        assertEquals(1, opened)
    }
    suite.test("an asset with another content, or that cannot be read, leaves nothing behind") {
        folder.deleteRecursively()
        assertCode(RoboCode.CHECKSUM) { files.unpacked("a.gguf", sha256) { (content + 1).inputStream() } }
        assertCode(RoboCode.FILE) { files.unpacked("a.gguf", sha256) { throw IOException("no space") } }
        assertFalse(folder.walk().any { it.isFile })
    }
    suite.test("versions that are no longer shipped are removed, and nothing else") {
        folder.deleteRecursively()
        val kept = files.unpacked("a.gguf", sha256) { content.inputStream() }
        val old = File(folder, "0".repeat(64)).apply { mkdirs() }
        val foreign = File(folder, "notes").apply { mkdirs() }
        files.keepOnly(listOf(sha256))
        assertTrue(kept.isFile && foreign.isDirectory)
        assertFalse(old.exists())
    }
    suite.test("the native library is the fastest that every core can run") {
        val old = "Features\t: fp asimd crc32\n"
        val newer = "Features\t: fp asimd asimddp\n"
        val newest = "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm bf16\n"
        fun libraries(cpuinfo: String) = NativeLibrary.run { libraries(features(cpuinfo)) }
        assertEquals(listOf("robo_jni"), libraries(old))
        assertEquals(listOf("robo_jni"), libraries(newest + old))
        assertEquals(listOf("robo_jni_dotprod", "robo_jni"), libraries(newest + newer))
        assertEquals(listOf("robo_jni_i8mm", "robo_jni_dotprod", "robo_jni"), libraries(newest))
        assertEquals(listOf("robo_jni"), libraries("flags\t: sse4_2\n"))
    }
}
