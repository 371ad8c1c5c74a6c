// Written by mobile/android/generate.py; change configs/ and run it again.
package io.robolm

/**
 * A board that programs are written for.
 *
 * @property name of its data file: `esp32` is `esp32.robo`.
 * @property led the pin of its own LED; null where there is none.
 * @property pins those that programs may use.
 */
data class RoboBoard(val name: String, val title: String, val led: Int?, val pins: List<Int>)

/** Boards, and parts of the kit to name in [RoboRequest.hardware]. */
object RoboBoards {
    val all: List<RoboBoard> = listOf(
        RoboBoard("esp32", "ESP32 DevKit", 2, listOf(0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33, 34, 35, 36, 37, 38, 39)),
        RoboBoard("esp32c3", "ESP32-C3 DevKitM-1", null, listOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 19, 20, 21)),
        RoboBoard("esp32s3", "ESP32-S3 DevKitC-1", null, listOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48)),
    )

    val parts: List<String> = listOf(
        "28BYJ-48",
        "BMP280",
        "DC motor",
        "DC motor x2",
        "DHT11/DHT22",
        "DS18B20",
        "HC-SR04",
        "IR line sensor x3",
        "IR obstacle sensor",
        "IR receiver",
        "LDR",
        "LED",
        "LED x4",
        "MPU6050",
        "MQ-2",
        "NeoPixel strip",
        "OLED 128x64",
        "PIR HC-SR501",
        "QMC5883L",
        "TCS34725",
        "ULN2003",
        "battery divider",
        "buzzer",
        "continuous servo",
        "encoder motor x2",
        "gripper servo",
        "joystick",
        "microphone",
        "motor driver",
        "potentiometer",
        "push button",
        "rain sensor",
        "relay",
        "servo",
        "soil sensor",
        "touch pad",
    )
}
