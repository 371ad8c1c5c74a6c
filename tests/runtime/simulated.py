"""Running a few lines of MicroPython in a test."""

from textwrap import dedent
from typing import Any

from robo_runtime.simulate import Trace, World, simulate

HEAD = "from machine import Pin, PWM, ADC, Timer, TouchPad\nimport time\n"


def run(code: str, until: float = 10.0, **world: Any) -> Trace:
    """The trace of a program that must not fail."""
    trace = simulate(HEAD + dedent(code), World.model_validate(world), until)
    assert trace.error is None, trace.error
    return trace


def error(code: str, until: float = 10.0, **world: Any) -> str:
    """The error of a program that must fail, without its line."""
    trace = simulate(HEAD + dedent(code), World.model_validate(world), until)
    assert trace.error is not None, "the program did not fail"
    return trace.error.split(": ", 1)[1] if trace.error.startswith("line") else trace.error


def points(trace: Trace, kind: str, key: Any = None, digits: int = 2) -> list[tuple[float, Any]]:
    """Times and values of one kind of events."""
    return [(round(e.t, digits), e.value) for e in trace.of(kind, key)]


def values(trace: Trace, kind: str, key: Any = None) -> list[Any]:
    """Values of one kind of events."""
    return [e.value for e in trace.of(kind, key)]
