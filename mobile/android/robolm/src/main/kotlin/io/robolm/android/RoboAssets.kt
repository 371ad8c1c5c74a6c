package io.robolm.android

import android.content.Context
import io.robolm.ModelFiles
import io.robolm.RoboModel
import io.robolm.RoboOptions
import java.io.File
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** A file in the app's assets and the sha256 of its content. */
data class RoboAsset(val name: String, val sha256: String)

/**
 * Load a model that the app ships in its assets: it is unpacked once, beside the app's files but outside backups,
 * and older versions of it are removed.
 *
 * @throws io.robolm.RoboException as [RoboModel.load].
 */
suspend fun RoboModel.Companion.fromAssets(
    context: Context,
    model: RoboAsset,
    data: RoboAsset,
    options: RoboOptions = RoboOptions(),
): RoboModel = withContext(Dispatchers.IO) {
    val files = ModelFiles(File(context.noBackupFilesDir, "robolm"))
    val unpacked = listOf(model, data).map { files.unpacked(it.name, it.sha256) { context.assets.open(it.name) } }
    files.keepOnly(listOf(model.sha256, data.sha256))
    load(unpacked[0], unpacked[1], options)
}
