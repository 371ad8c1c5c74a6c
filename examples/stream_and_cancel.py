"""Show a program while it is written, and stop when it gets long.

`on_text` gets every piece as it comes; `on_legal` says that what came so far is a whole program, which stays.
"""

import sys
import threading

from robo_runtime import Generator, default_model

LINES = 6
cancel = threading.Event()  # an application sets it from its stop button, in any thread
lines = 0


def show(text: str) -> None:
    """Print a piece, count its lines."""
    global lines
    print(text, end="", flush=True)
    lines += text.count("\n")


def maybe_stop() -> None:
    """Enough of a program: ask the decoder to stop here."""
    if lines >= LINES:
        cancel.set()


with Generator(default_model()) as generator:
    prompt = "traffic light: red on pin 4, yellow on pin 5, green on pin 18"
    result = generator.generate(prompt, on_text=show, on_legal=maybe_stop, cancel=cancel)
print(f"\nstopped: {result.stopped}; kept {result.code.count(chr(10))} whole lines", file=sys.stderr)
