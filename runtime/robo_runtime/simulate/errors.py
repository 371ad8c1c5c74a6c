"""How a failure of a simulated program is told."""

from __future__ import annotations

import traceback

from robo_runtime.simulate.names import OWN, PROGRAM
from robo_runtime.simulate.printing import error_text


def describe(error: BaseException) -> str:
    """ "line 3: ValueError: invalid pin", with the line of the program at which it happened."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno or 1}: SyntaxError: {error.msg}"
    kind, text = type(error).__name__, error_text(error).replace(OWN, "")
    if isinstance(error, RecursionError):
        kind, text = "RuntimeError", "maximum recursion depth exceeded"
    elif isinstance(error, OSError):
        kind = "OSError"  # CPython has subclasses by number, MicroPython has not
    line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == PROGRAM:
            line = number
    where = f"line {line}: " if line else ""
    return f"{where}{kind}: {text}" if text else f"{where}{kind}"
