package io.robolm

/**
 * What to write a program for.
 *
 * @property prompt what the program should do, in any language.
 * @property language one of [RoboLanguages], or null where it is not known: the model then finds out itself.
 * @property hardware parts at hand, e.g. "LED on pin 4, servo on pin 13".
 * @property system instructions of the app; its state in the model is kept from one request to the next.
 * @property maxTokens at most so many tokens; 0: what the context leaves.
 * @property temperature 0: always the best token; more: the more varied.
 * @property topK when sampling, among so many best tokens; 0: all.
 * @property constrained follow the grammar. Without it a program may name what the kit does not have.
 */
data class RoboRequest(
    val prompt: String,
    val language: String? = null,
    val hardware: String? = null,
    val system: String? = null,
    val maxTokens: Int = 0,
    val temperature: Float = 0f,
    val topK: Int = 0,
    val seed: Int = 0,
    val constrained: Boolean = true,
)

/**
 * How a model is held.
 *
 * @property threads a model this small gains little from more; they wait for each other by spinning.
 * @property context tokens of prompt and program; 0: the model's limit.
 * @property mapped map the model's file, which must not change while it is open, in place of reading it.
 */
data class RoboOptions(val threads: Int = 1, val context: Int = 0, val mapped: Boolean = true)
