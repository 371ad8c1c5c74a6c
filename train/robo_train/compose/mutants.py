"""Wrong programs made from a right one: a changed number, pin or comparison, a swapped or dropped line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

_FIXED = frozenset("65535 100 180 500000 2000000 32768 101 1 0 60".split())
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_STRING = re.compile(r'"([^"]*)"')
_COLOURS = (
    {"red": "blue", "happy": "sad", "A": "B", "B": "A"}
    | dict.fromkeys(
        ("green", "blue", "yellow", "cyan", "magenta", "orange", "purple", "pink", "white"), "red"
    )
    | dict.fromkeys(("sad", "birthday", "alarm"), "happy")
)
_READING = re.compile(r"\b[a-z]+\.[a-z_]+\([^()]*\)")
_POLL = "time.sleep_ms(10)"
_SMOOTH = re.compile(r"\.fill\(|pixels\[|\bangle\b|\.duty_ns\(")
_PAUSE = re.compile(r"(?:time\.sleep(?:_ms)?|wait(?:_ms)?)\(")
_OPPOSITE = (
    (".on(", ".off("),
    (".off(", ".on("),
    ("all_on", "all_off"),
    ("all_off", "all_on"),
    (".open", ".close"),
    (".close", ".open"),
    ("left", "right"),
    ("right", "left"),
    ("forward", "backward"),
    ("backward", "forward"),
    (".stop()", ".brake()"),
    (".release(", ".read("),
    (".siren(", ".beep("),
    (".beep(", ".siren("),
    (".toggle(", ".on("),
    (".rainbow(", ".clear("),
    (".invert(", ".clear("),
    (".reset_encoders(", ".distance_travelled("),
    ("timer.reset(", "timer.seconds("),
    ("(message)", '("?")'),
    ("if message:", "if not message:"),
    (".clear()", ".count()"),
    ("(0, 0, 0)", "(9, 99, 9)"),
    (" < ", " > "),
    (" > ", " < "),
    ("== 0", "== 1"),
    ("== 1", "== 0"),
    (" <= ", " > "),
    (" >= ", " < "),
    (" and ", " or "),
    (" or ", " and "),
    ("IRQ_FALLING", "IRQ_RISING"),
    ("IRQ_RISING", "IRQ_FALLING"),
    ("Timer.PERIODIC", "Timer.ONE_SHOT"),
    ("Timer.ONE_SHOT", "Timer.PERIODIC"),
    ("= min(", "= max("),
    ("= max(", "= min("),
)


def mutants(code: str, rng: Random, open_timing: bool = False, poll_ms: int = 10) -> Iterator[str]:
    """Mutants of `code` in random order, each once, none equal to it.

    Args:
        open_timing: the prompt says no times, so another pause is no mistake.
        poll_ms: the pause between two looks at the inputs, which no prompt says either.
    """
    lines = code.split("\n")
    start = next(
        (i for i, line in enumerate(lines) if line and not line.startswith(("#", "from", "import"))), 0
    )
    changes = [
        *_texts(lines, start),
        *_numbers(lines, start, rng),
        *_opposites(lines, start),
        *_readings(lines, start),
        *_drops(lines, start),
        *_swaps(lines, start),
    ]
    rng.shuffle(changes)
    seen = {code}
    polls = {_POLL, f"time.sleep_ms({poll_ms})", f"wait_ms({poll_ms})"}
    for changed in changes:
        touched = [a.strip() for a, b in zip(lines, changed, strict=True) if a != b]
        if any(line in polls or (open_timing and _PAUSE.match(line)) for line in touched):
            continue
        text = "\n".join(changed)
        if text not in seen:
            seen.add(text)
            yield text


def _numbers(lines: list[str], start: int, rng: Random) -> Iterator[list[str]]:
    for i in range(start, len(lines)):
        if lines[i].strip() == _POLL:
            continue
        if "random." in lines[i]:
            continue  # what is left to chance is judged by kind only
        for m in _NUMBER.finditer(lines[i]):
            if m[0] in _FIXED and not lines[i].startswith("    ") and " = " in lines[i]:
                continue
            if m[0] in _FIXED and "duty" in lines[i]:
                continue
            if ".fill(" in lines[i] and m[0] == "0" and lines[i].strip().endswith(".fill(0)"):
                continue  # a display's background, which a trace of its texts does not show
            if "duty_u16=0)" in lines[i] and lines[i][: m.start()].endswith("freq="):
                continue  # silent and dark whatever the frequency; set again before it sounds
            yield [
                *lines[:i],
                lines[i][: m.start()]
                + _other(m[0], rng, bool(_SMOOTH.search(lines[i])))
                + lines[i][m.end() :],
                *lines[i + 1 :],
            ]


def _other(number: str, rng: Random, smooth: bool) -> str:
    """A number well away from `number` that could stand in the same place.

    Args:
        smooth: it is a colour or an angle, where near values look alike and are let pass.
    """
    if "." in number:
        return str(round(float(number) * 2 + 0.3, 3))
    n = int(number)
    if smooth and n < 256:
        return str(n + 60 if n < 120 else n - 60)
    return str(n * 2 + 3 if n < 12 or n > 40 else n - rng.randint(5, 8))


def _texts(lines: list[str], start: int) -> Iterator[list[str]]:
    for i in range(start, len(lines)):
        for m in _STRING.finditer(lines[i]):
            other = _COLOURS.get(m[1], f"not {m[1]}")
            yield [*lines[:i], f'{lines[i][: m.start()]}"{other}"{lines[i][m.end() :]}', *lines[i + 1 :]]


def _opposites(lines: list[str], start: int) -> Iterator[list[str]]:
    for i in range(start, len(lines)):
        for old, new in _OPPOSITE:
            if old in lines[i]:
                yield [*lines[:i], lines[i].replace(old, new, 1), *lines[i + 1 :]]


def _readings(lines: list[str], start: int) -> Iterator[list[str]]:
    """What a call answers is taken for a constant."""
    for i in range(start, len(lines)):
        if "random." in lines[i]:
            continue
        for m in _READING.finditer(lines[i]):
            if m.start() > _indent(lines[i]):
                for other in ("0", "(7)"):
                    yield [*lines[:i], lines[i][: m.start()] + other + lines[i][m.end() :], *lines[i + 1 :]]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _drops(lines: list[str], start: int) -> Iterator[list[str]]:
    for i in range(start, len(lines)):
        line = lines[i]
        if line.strip() not in ("", _POLL) and not line.rstrip().endswith(":") and " = " not in line:
            yield [*lines[:i], " " * _indent(line) + "pass", *lines[i + 1 :]]


def _swaps(lines: list[str], start: int) -> Iterator[list[str]]:
    for i in range(start, len(lines) - 1):
        a, b = lines[i], lines[i + 1]
        last = i + 2 == len(lines) or _indent(lines[i + 2]) < _indent(b)
        if last and _indent(b) and _PAUSE.match(b.strip()):
            continue  # a loop that pauses first does the same a little later
        plain = a.strip() and b.strip() and not a.endswith(":") and not b.endswith(":") and " = " not in a + b
        if plain and _indent(a) == _indent(b) and a != b:
            yield [*lines[:i], b, a, *lines[i + 2 :]]
