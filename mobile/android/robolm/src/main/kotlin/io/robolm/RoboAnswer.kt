package io.robolm

/** Why a program ended where it ends; the order is that of `robo_stop` in robo.h. */
enum class RoboStop {
    /** The model ended it. */
    END,

    /** The budget of tokens was nearly spent, at the end of a statement. */
    SOFT,

    /** The budget was spent; the program is cut back to its last whole statement. */
    HARD,
    CANCELLED,

    /** No token could go on; the program is cut back. */
    DEAD_END,
}

/**
 * What a request took.
 *
 * @property firstTokenSeconds from the request to the first token.
 * @property decodeSeconds from there to the end; [sampleSeconds] of them went into choosing tokens.
 * @property refused tokens that the grammar did not let pass.
 * @property undone tokens that were taken back.
 */
data class RoboStats(
    val loadSeconds: Double,
    val prefillSeconds: Double,
    val firstTokenSeconds: Double,
    val decodeSeconds: Double,
    val sampleSeconds: Double,
    val promptTokens: Int,
    val tokens: Int,
    val refused: Int,
    val undone: Int,
) {
    /** Tokens of the prompt read each second; 0 where there was nothing to read. */
    val prefillRate: Double get() = rate(promptTokens, prefillSeconds)

    /** Tokens written each second; 0 where nothing was. */
    val decodeRate: Double get() = rate(tokens, decodeSeconds)

    private fun rate(tokens: Int, seconds: Double) = if (seconds > 0) tokens / seconds else 0.0
}

/** A finished program. */
data class RoboAnswer(val code: String, val stopped: RoboStop, val stats: RoboStats)

/** What [RoboModel.generate] emits: text as it is written, then the whole. */
sealed interface RoboPart {
    /** Whole characters; whole lines where the request is constrained. */
    data class Text(val text: String) : RoboPart

    /** The last part. */
    data class Finished(val answer: RoboAnswer) : RoboPart
}
