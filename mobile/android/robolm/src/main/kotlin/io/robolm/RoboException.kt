package io.robolm

/** Why something failed; `value` is the code of robo.h, and 100 or more where Kotlin noticed. */
enum class RoboCode(val value: Int) {
    ARGUMENT(1),
    ABI(2),
    FILE(3),
    MODEL(4),
    DATA(5),
    TOO_LONG(6),
    GRAMMAR(7),
    ENGINE(8),
    MEMORY(9),
    BUSY(10),
    INTERNAL(11),
    ADAPTER(12),

    /** The model was closed. */
    CLOSED(100),

    /** A file's sha256 is not the one that was expected. */
    CHECKSUM(101),

    /** The native library could not be loaded: it is not in the app, or made for another processor. */
    LIBRARY(102);

    internal companion object {
        fun of(value: Int): RoboCode = entries.firstOrNull { it.value == value } ?: INTERNAL
    }
}

/** A failure with its [code]; the message says what was expected and what to do. */
class RoboException(val code: RoboCode, message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** For JNI, whose own strings cannot hold every character: [message] is UTF-8. */
    constructor(code: Int, message: ByteArray) : this(RoboCode.of(code), message.decodeToString())
}
