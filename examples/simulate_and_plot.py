"""Run a program on the simulated board, read its trace, draw it into a file: [OUT.html]."""

import sys
from pathlib import Path

from robo_runtime import World, simulate_program, write_plot

PROGRAM = """
from machine import Pin
import time

led, button = Pin(2, Pin.OUT), Pin(14, Pin.IN, Pin.PULL_UP)
while True:
    led.value(not button.value())
    time.sleep_ms(20)
"""

world = World(buttons={14: [(0, 1), (1, 0), (2.5, 1)]})  # pressed to ground from 1 s to 2.5 s
trace = simulate_program(PROGRAM, world, until=4)

for event in trace.of("pin", 2):
    print(f"{event.t:5.2f} s  LED {'on' if event.value else 'off'}")
print(trace.error or "still running after 4 s")

out = Path(sys.argv[1] if len(sys.argv) > 1 else "button.html")
write_plot(trace, out, "button.py")
print(f"drawn: {out}")
