"""Several tries at one prompt: the first program with nothing wrong and no number of the prompt left out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator, Result
from robo_runtime.said import unused

MOST = 32
SECONDS = 5.0
"""Virtual time that each program is tried for."""
_TEMPERATURE = 0.8  # of the tries after the first where the caller asks for the best token always


def ask(
    generator: Generator,
    prompt: str,
    *,
    samples: int = 1,
    on_text: Callable[[str], None] | None = None,
    on_legal: Callable[[], None] | None = None,
    on_try: Callable[[int, Result, list[float]], None] | None = None,
    **options: Any,
) -> Result:
    """One program as it comes, or the best of several, which is known only at the end and so not streamed."""
    if samples == 1:
        return generator.generate(prompt, on_text=on_text, on_legal=on_legal, **options)
    return best_of(generator, prompt, samples, on_try=on_try, **options)


def best_of(
    generator: Generator,
    prompt: str,
    samples: int,
    *,
    temperature: float = 0.0,
    seed: int = 0,
    dry_run: float | None = None,
    cancel: threading.Event | None = None,
    on_try: Callable[[int, Result, list[float]], None] | None = None,
    **options: Any,
) -> Result:
    """Up to `samples` programs for a prompt; the first good one, or the one with the fewest problems.

    The first is the model's best guess, so a prompt that it masters costs one program; those after it are
    drawn at a temperature. The simulator is the judge, with a world in which nothing is pressed; of programs
    that it lets pass, the one is best that has most of the numbers that the prompt says.

    Args:
        temperature, seed, cancel, options: as for `Generator.generate`; the seed goes up with each try.
        dry_run: virtual seconds each program is tried for.
        on_try: called with the number of a try, its result, and the numbers that it leaves out.

    Raises:
        RoboError: `samples` is out of range; else as `Generator.generate`.
    """
    if not 1 <= samples <= MOST:
        raise RoboError(f"samples is {samples}; use 1 to {MOST}")
    best: Result | None = None
    said = " ".join([prompt, *_listed(options.get("hardware", ""))])
    least: tuple[bool, int, int] | None = None
    for number in range(1, samples + 1):
        result = generator.generate(
            prompt,
            temperature=temperature if number == 1 else temperature or _TEMPERATURE,
            seed=seed + number - 1,
            dry_run=dry_run or SECONDS,
            cancel=cancel,
            **options,
        )
        missing = unused(said, result.code)
        if on_try:
            on_try(number, result, missing)
        faults = not result.code, len(result.problems), len(missing)
        if least is None or faults < least:
            best, least = result, faults
        if not any(least) or result.stopped == "cancelled":
            break
    assert best is not None
    return best


def _listed(hardware: str | Sequence[str]) -> list[str]:
    return [hardware] if isinstance(hardware, str) else list(hardware)
