"""Numbers of a request that its program left out."""

from __future__ import annotations

import pytest
from robo_runtime.said import unused

HEAD = "from machine import Pin\nimport time\n\nled = Pin(5, Pin.OUT)\n"


@pytest.mark.parametrize(
    ("text", "code", "missing"),
    [
        ("led at 5: on 2 s, on 3 s", HEAD + "led.on()\ntime.sleep(2)\n", [3.0]),
        ("led at 5: on 2 s, on 3 s", HEAD + "led.on()\ntime.sleep(2)\nled.off()\ntime.sleep(3)\n", []),
        ("pins 5 and 18 blink, 250ms", HEAD + "time.sleep(0.25)\n", [18.0]),
        ("GPIO5 D18 io19", HEAD, [18.0, 19.0]),
        ("a DHT22 on an esp32 with an SSD1306, led 5", HEAD, []),
        ("led 5 blinks at 4 Hz", HEAD + "time.sleep(1 / 4 / 2)\n", []),
        ("led 5 at 40 %", HEAD + "led.duty_u16(40 * 65535 // 100)\n", []),
        ("led 5 for 2 minutes", HEAD + "time.sleep(120)\n", []),
        ("print 4 times 99 bottles, led 5", HEAD + 'for _ in range(4):\n    print("99 bottles")\n', []),
        ("once, 1 led on 5, 0 else", HEAD, []),
        ("light up led on pin 34", "# Sorry: pin 34 can only read.\n", []),
        ("led on 7", "led = Pin(", []),
        ("print five", HEAD, []),
        ("print 7", f"print({10**400})\n", [7.0]),
    ],
)
def test_a_number_that_is_said_is_looked_for(text: str, code: str, missing: list[float]) -> None:
    assert unused(text, code) == missing
