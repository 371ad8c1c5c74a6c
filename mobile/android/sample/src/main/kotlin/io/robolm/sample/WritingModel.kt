package io.robolm.sample

import android.app.Application
import androidx.lifecycle.AndroidViewModel
import androidx.lifecycle.viewModelScope
import io.robolm.RoboException
import io.robolm.RoboModel
import io.robolm.RoboPart
import io.robolm.RoboRequest
import io.robolm.RoboStats
import io.robolm.android.RoboAsset
import io.robolm.android.fromAssets
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** What the screen shows. */
data class Writing(
    val ready: Boolean = false,
    val busy: Boolean = false,
    val code: String = "",
    val stats: RoboStats? = null,
    val problem: String? = null,
)

/** Holds the model as long as the screen is there, across rotations. */
class WritingModel(app: Application) : AndroidViewModel(app) {
    private val shown = MutableStateFlow(Writing())
    private var model: RoboModel? = null
    private var job: Job? = null

    val state: StateFlow<Writing> = shown

    init {
        viewModelScope.launch {
            told {
                val assets = app.assets.open("robolm.txt").bufferedReader().useLines { lines ->
                    lines.map { it.split(' ') }.map { (name, sha256) -> RoboAsset(name, sha256) }.toList()
                }
                val loaded = RoboModel.fromAssets(app, assets[0], assets[1])
                model = loaded
                addCloseable(loaded) // at once closed where this is gone already
                shown.update { it.copy(ready = true) }
            }
        }
    }

    /** Write a program; what is being written is stopped first. */
    fun write(prompt: String, language: String?) {
        val loaded = model ?: return
        job?.cancel()
        job = viewModelScope.launch {
            shown.update { it.copy(busy = true, code = "", stats = null, problem = null) }
            told {
                loaded.generate(RoboRequest(prompt, language)).collect { part ->
                    shown.update {
                        when (part) {
                            is RoboPart.Text -> it.copy(code = it.code + part.text)
                            is RoboPart.Finished -> it.copy(code = part.answer.code, stats = part.answer.stats)
                        }
                    }
                }
            }
            shown.update { it.copy(busy = false) }
        }
    }

    /** Stop what is being written. */
    fun stop() {
        job?.cancel()
        shown.update { it.copy(busy = false) }
    }

    private suspend fun told(work: suspend () -> Unit) {
        try {
            work()
        } catch (e: CancellationException) {
            throw e
        } catch (e: RoboException) {
            shown.update { it.copy(problem = e.message) }
        } catch (e: java.io.IOException) {
            shown.update { it.copy(problem = e.message) }
        }
    }
}
