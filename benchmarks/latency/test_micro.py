"""Calls of microseconds to milliseconds that every program needs, for pytest-benchmark.

    .venv/bin/python -m pytest benchmarks/latency/test_micro.py

`./justw bench` runs them and takes their figures over.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.cache import configured_registry
from robo_runtime.check import check_program
from robo_runtime.generate import Generator
from robo_runtime.models import default_model
from robo_runtime.prompt import Part, render

pytest.importorskip(
    "pytest_benchmark", reason="pytest-benchmark is not installed; scripts/env.py test has it"
)

PROMPT = "Sweep a servo on pin 13 and beep when the button on pin 4 is pressed"
PROGRAM = """from machine import Pin, PWM
import time

servo = PWM(Pin(13), freq=50)
button = Pin(4, Pin.IN, Pin.PULL_UP)
buzzer = PWM(Pin(15), freq=1000, duty=0)

while True:
    for duty in range(40, 116, 5):
        servo.duty(duty)
        time.sleep_ms(20)
    if button.value() == 0:
        buzzer.duty(512)
        time.sleep(0.2)
        buzzer.duty(0)
"""


@cache
def generator() -> Generator:
    return Generator(Path(default_model()), threads=1)


@cache
def tokens() -> list[int]:
    return generator().engine.encode([Part(PROGRAM, False)])


def test_render(benchmark: Any) -> None:
    """A prompt in the model's format."""
    assert benchmark(render, PROMPT)


def test_tokenise(benchmark: Any) -> None:
    """A rendered prompt to ids."""
    parts = render(PROMPT)
    assert benchmark(generator().engine.encode, parts)


def test_automaton(benchmark: Any) -> None:
    """The grammar, with names and types, walks over a program of some hundred characters."""
    start, ids = generator().program_grammar("esp32"), tokens()

    def walk() -> None:
        grammar = start.fresh()
        for token in ids:
            assert grammar.allows(token)
            grammar.accept(token)

    walk()
    benchmark(walk)


def test_check(benchmark: Any) -> None:
    """Syntax, API, pins and ranges of that program."""
    assert benchmark(check_program, PROGRAM, configured_registry(), "esp32") == []
