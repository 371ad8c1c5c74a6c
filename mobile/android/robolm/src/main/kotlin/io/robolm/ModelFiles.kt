package io.robolm

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.security.MessageDigest

private const val CHUNK = 1 shl 16

/**
 * Files that an app ships, unpacked where they can be mapped: one copy of each content, written whole or not at all.
 *
 * @property folder on Android `noBackupFilesDir`, so that models stay out of backups.
 */
class ModelFiles(private val folder: File) {
    /**
     * The file called [name] with the content of [open], which is read only when it is not there yet.
     *
     * @param sha256 of the content, in hexadecimal; also tells one version of a file from the next.
     * @throws RoboException the content is another, or there is no room.
     */
    fun unpacked(name: String, sha256: String, open: () -> InputStream): File {
        val expected = sha256.lowercase()
        val file = File(File(folder, expected), name)
        if (file.isFile) return file
        file.parentFile?.mkdirs()
        val temporary = File.createTempFile(name, ".part", file.parentFile ?: folder)
        try {
            val found = temporary.outputStream().use { out -> open().use { digest(it, out::write) } }
            requireSame(name, expected, found)
            if (!temporary.renameTo(file)) throw IOException("$file cannot be written")
        } catch (e: IOException) {
            throw RoboException(RoboCode.FILE, "$name cannot be unpacked into $folder: ${e.message}", e)
        } finally {
            temporary.delete()
        }
        return file
    }

    /** Forget versions whose sha256 is not among [kept]; not while a model of theirs is open. */
    fun keepOnly(kept: Collection<String>) {
        val names = kept.map { it.lowercase() }.toSet()
        folder.listFiles { each -> each.isDirectory && SHA256.matches(each.name) && each.name !in names }
            ?.forEach { it.deleteRecursively() }
    }

    private companion object {
        val SHA256 = Regex("[0-9a-f]{64}")
    }
}

/** @throws RoboException [file] is missing, or has another sha256. */
internal fun requireSha256(file: File, sha256: String) {
    val found = try {
        file.inputStream().use { digest(it) { _, _, _ -> } }
    } catch (e: IOException) {
        throw RoboException(RoboCode.FILE, "$file cannot be read: ${e.message}", e)
    }
    requireSame(file.path, sha256.lowercase(), found)
}

private fun requireSame(name: String, expected: String, found: String) {
    if (expected != found) {
        throw RoboException(
            RoboCode.CHECKSUM, "$name has the sha256 $found, expected $expected: it is damaged or another version",
        )
    }
}

private fun digest(from: InputStream, also: (ByteArray, Int, Int) -> Unit): String {
    val sum = MessageDigest.getInstance("SHA-256")
    val chunk = ByteArray(CHUNK)
    while (true) {
        val n = from.read(chunk)
        if (n < 0) break
        sum.update(chunk, 0, n)
        also(chunk, 0, n)
    }
    return sum.digest().joinToString("") { "%02x".format(it) }
}
