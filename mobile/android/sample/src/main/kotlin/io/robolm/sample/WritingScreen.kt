package io.robolm.sample

import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.selection.SelectionContainer
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.DropdownMenu
import androidx.compose.material3.DropdownMenuItem
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.unit.dp
import io.robolm.RoboLanguages

/** A prompt and its language above, the program as it is written, what it took below. */
@Composable
fun WritingScreen(state: Writing, write: (String, String?) -> Unit, stop: () -> Unit) {
    var prompt by rememberSaveable { mutableStateOf("Blink an LED on pin 2 every 500 ms") }
    var language by rememberSaveable { mutableStateOf<String?>(null) }
    Column(
        Modifier.fillMaxSize().safeDrawingPadding().padding(12.dp),
        verticalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        OutlinedTextField(
            prompt, { prompt = it }, Modifier.fillMaxWidth(), label = { Text(stringResource(R.string.prompt)) },
            maxLines = 4,
        )
        Row(Modifier.fillMaxWidth(), Arrangement.SpaceBetween, Alignment.CenterVertically) {
            LanguagePicker(language) { language = it }
            Button({ if (state.busy) stop() else write(prompt, language) }, enabled = state.ready) {
                Text(stringResource(if (state.busy) R.string.stop else R.string.write))
            }
        }
        SelectionContainer(Modifier.weight(1f).fillMaxWidth()) {
            Text(
                state.code,
                Modifier.verticalScroll(rememberScrollState()).horizontalScroll(rememberScrollState()),
                fontFamily = FontFamily.Monospace,
            )
        }
        state.problem?.let { Text(it, color = MaterialTheme.colorScheme.error) }
        LatencyPanel(state)
    }
}

@Composable
private fun LanguagePicker(code: String?, pick: (String?) -> Unit) {
    var open by remember { mutableStateOf(false) }
    val any = stringResource(R.string.any_language)
    Box {
        TextButton({ open = true }) { Text(code?.let(RoboLanguages::of)?.native ?: any) }
        DropdownMenu(open, { open = false }) {
            DropdownMenuItem({ Text(any) }, { pick(null); open = false })
            for (each in RoboLanguages.all) {
                DropdownMenuItem({ Text(each.native) }, { pick(each.code); open = false })
            }
        }
    }
}

@Composable
private fun LatencyPanel(state: Writing) {
    val stats = state.stats
    if (stats == null) {
        Text(stringResource(if (state.ready) R.string.ready else R.string.loading))
        return
    }
    Column(verticalArrangement = Arrangement.spacedBy(2.dp)) {
        Figure(stringResource(R.string.latency_load), milliseconds(stats.loadSeconds))
        Figure(stringResource(R.string.latency_prefill, stats.promptTokens), rate(stats.prefillSeconds, stats.prefillRate))
        Figure(stringResource(R.string.latency_first), milliseconds(stats.firstTokenSeconds))
        Figure(stringResource(R.string.latency_decode, stats.tokens), rate(stats.decodeSeconds, stats.decodeRate))
    }
}

@Composable
private fun Figure(name: String, value: String) = Row(Modifier.fillMaxWidth(), Arrangement.SpaceBetween) {
    Text(name, style = MaterialTheme.typography.bodySmall)
    Text(value, style = MaterialTheme.typography.bodySmall, fontFamily = FontFamily.Monospace)
}

@Composable
private fun milliseconds(seconds: Double) = stringResource(R.string.milliseconds, seconds * 1e3)

@Composable
private fun rate(seconds: Double, perSecond: Double) = stringResource(R.string.per_second, seconds * 1e3, perSecond)
