"""Quantities: their value, how MicroPython spells them, and how people say them.

The model copies numbers and never computes: the unit that is spoken decides the code that is written
("0.5 s" is `sleep(0.5)`, "500 ms" is `sleep_ms(500)`, "2 Hz" is `sleep(1 / 2 / 2)`, "90 bpm" is
`sleep(60 / 90 / 2)`).
"""

from __future__ import annotations

import re
from random import Random
from typing import Literal

from robo_runtime.files import Strict
from robo_runtime.languages import language

from robo_train.compose.phrases import Grammar, Voice

OPEN, CLOSE = "\x01", "\x02"
"""Around text that noise must not touch: numbers, and what a program prints."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def words(n: int) -> str:
    """English number words of 0..9999 ("twenty five", "one hundred and five")."""
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{_ONES[n // 100]} hundred" + (f" and {words(n % 100)}" if n % 100 else "")
    return f"{words(n // 1000)} thousand" + (f" {words(n % 1000)}" if n % 1000 else "")


class _Digits:
    """The bare number inside a quantity's rule."""

    def __init__(self, value: str) -> None:
        self.value = value

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        text = self.value
        if form == "word" and text.isdecimal():
            text = grammar.words.get(int(text), text) if grammar.lang != "en" else words(int(text))
        elif form == "native":
            text = text.translate(language(grammar.lang).native_digits)
        elif form == "ord" and text.isdecimal():
            n = int(text)
            text += "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
        elif form == "short" and text.startswith("0."):
            text = text[1:]
        elif form == "comma":
            text = text.replace(".", ",")
        return f"{OPEN}{text}{CLOSE}"


_CORRECTABLE = frozenset({"pin", "count", "time", "percent", "angle", "freq"})


def _other(value: str, rng: Random) -> str:
    """A different number of the same size."""
    n = float(value)
    while (other := str(rng.randint(1, max(9, int(n * 2))))) == value:
        pass
    return other


class Quantity(Strict):
    """A number with its meaning; `value` is spelt as the program spells it.

    Said by the rules `q_<kind>[_<unit>][_<form>]` (slot n; flags one, fraction, small), or, when it
    exists, now and then by `q_..=<value>` ("half a second").
    """

    kind: str
    value: str
    unit: str = ""

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        """See the class."""
        if (
            voice.slip
            and voice.rng.random() < 0.5
            and self.kind in _CORRECTABLE
            and form not in ("every", "ord")
        ):
            voice.slip = False
            wrong = self.model_copy(update={"value": _other(self.value, voice.rng)})
            said = {"wrong": wrong.spoken(grammar, form, voice), "right": self.spoken(grammar, form, voice)}
            return grammar.say("correction", said, voice)
        rule = "_".join(filter(None, ("q", self.kind, self.unit, form)))
        special = f"{rule}={self.value}"
        if special in grammar.rules and voice.rng.random() < 0.4:
            return grammar.say(special, {}, voice)
        flags = ["one"] if self.value == "1" else []
        if "." in self.value:
            flags.append("fraction")
        elif len(self.value) <= 2 or self.value.endswith("00"):
            flags.append("small")
        if self.value.isdecimal() and int(self.value) in grammar.words:
            flags.append("word")
        return grammar.say(rule, {"n": _Digits(self.value)}, voice, flags)

    @property
    def number(self) -> float:
        """The value to calculate with."""
        return float(self.value)


class Text(Strict):
    """Text that must reach the program unchanged, such as what it prints.

    `{slot:word}` says it by the language's own word, `word=<text>`, as for the colour "red"; `{slot:words}`
    says each of "red, green and blue" so, joined by the rule `list_words`.
    """

    text: str

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        """See the class."""
        if form == "word":
            return grammar.word(self.text, voice)
        if form == "words" and "list_words" in grammar.rules:
            joint = grammar.say("list_words", {}, voice) or ", "  # a comma at an end is trimmed
            return joint.join(grammar.word(w, voice) for w in re.split(", | and ", self.text))
        return f"{OPEN}{self.text}{CLOSE}"


class Time(Quantity):
    """A duration, or a rate of on-off cycles: hz a second, bpm a minute, or the length of a whole cycle."""

    kind: str = "time"
    unit: Literal["s", "ms", "min", "hz", "bpm", "period", "period_ms"] = "s"
    assumed: bool = False

    @property
    def slot(self) -> str:
        """What it is to a phrase: a `time`, or a `rate` of whole on-off cycles."""
        return "rate" if self.unit in ("hz", "bpm", "period", "period_ms") else "time"

    @property
    def seconds(self) -> float:
        """Length of one pause: half a cycle for a rate."""
        n = float(self.value)
        return {
            "s": n,
            "ms": n / 1000,
            "min": n * 60,
            "hz": 0.5 / n,
            "bpm": 30 / n,
            "period": n / 2,
            "period_ms": n / 2000,
        }[self.unit]

    def sleep(self) -> str:
        """The statement that waits this long."""
        return {
            "s": f"time.sleep({self.value})",
            "ms": f"time.sleep_ms({self.value})",
            "min": f"time.sleep({self.value} * 60)",
            "hz": f"time.sleep(1 / {self.value} / 2)",
            "bpm": f"time.sleep(60 / {self.value} / 2)",
            "period": f"time.sleep({self.value} / 2)",
            "period_ms": f"time.sleep_ms({self.value} // 2)",
        }[self.unit]

    def milliseconds(self) -> str:
        """A duration (no rate) as the program computes it in milliseconds."""
        return {"ms": self.value, "s": f"{self.value} * 1000", "min": f"{self.value} * 60 * 1000"}[self.unit]


def count(n: int) -> Quantity:
    """A number of times."""
    return Quantity(kind="count", value=str(n))


def percent(n: int) -> Quantity:
    """A share in percent."""
    return Quantity(kind="percent", value=str(n))


DUTY_TOP = {"u8": 255, "u10": 1023, "u16": 65535}
"""Full brightness on the scales that people know from Arduino, `duty` and `duty_u16`."""


def draw_duty(rng: Random) -> Quantity:
    """A brightness on one of the scales; the size of the number tells which one, where it is not said."""
    unit = rng.choices(("u8", "u10", "u16"), (5, 4, 2))[0]
    if rng.random() < 0.5:
        step = {"u8": 25, "u10": 100, "u16": 5000}[unit]
        n = step * rng.randint(3 if unit == "u10" else 1, 10 if unit == "u8" else 9)
    elif rng.random() < 0.4:
        n = (DUTY_TOP[unit] + 1) * rng.choice((1, 2, 3)) // 4
    else:
        n = rng.randint(*{"u8": (5, 250), "u10": (256, 1000), "u16": (1100, 65000)}[unit])
    return Quantity(kind="duty", unit=unit, value=str(n))


def angle(n: int) -> Quantity:
    """An angle in degrees."""
    return Quantity(kind="angle", value=str(n))


def freq(n: int) -> Quantity:
    """A frequency in hertz."""
    return Quantity(kind="freq", value=str(n))


_ROUND_MS = (
    50,
    100,
    150,
    200,
    250,
    300,
    400,
    500,
    600,
    700,
    750,
    800,
    900,
    1000,
    1200,
    1500,
    2000,
    2500,
    3000,
)
_ROUND_S = (
    "0.1",
    "0.2",
    "0.25",
    "0.3",
    "0.4",
    "0.5",
    "0.6",
    "0.7",
    "0.75",
    "0.8",
    "1",
    "1.5",
    "2",
    "2.5",
    "3",
)


_ROUND_BPM = (20, 30, 40, 45, 60, 72, 75, 80, 90, 100, 120, 140, 150, 180, 200, 240, 300)


def draw_rate(rng: Random, low: float, high: float, period: bool = True) -> Time:
    """A rate with pauses of `low` to `high` seconds: mostly in Hz; `period` allows the length of a cycle."""
    kind = rng.random() * (1 if period else 0.8)
    if kind < 0.6:
        top = int(min(20, 0.5 / low))
        return Time(
            unit="hz", value=str(rng.choice([2, 3, 4, 5, 10]) if rng.random() < 0.4 else rng.randint(1, top))
        )
    while True:
        if kind < 0.8:
            value = rng.choice(_ROUND_BPM) if rng.random() < 0.6 else rng.randint(6, 400)
            t = Time(unit="bpm", value=str(value))
        elif kind < 0.92:
            whole = str(rng.randint(1, 10))
            t = Time(unit="period", value=rng.choice(_ROUND_S) if rng.random() < 0.5 else whole)
        else:
            t = Time(unit="period_ms", value=str(rng.choice(_ROUND_MS)))
        if low <= t.seconds <= high:
            return t


def draw_time(rng: Random, low: float = 0.05, high: float = 10.0, hz: bool = False) -> Time:
    """A duration between `low` and `high` seconds: half round values, half any; `hz` allows rates."""
    if hz and rng.random() < 0.3:
        return draw_rate(rng, low, high)
    while True:
        kind = rng.random()
        if kind < 0.45:
            v = (
                rng.choice(_ROUND_MS)
                if rng.random() < 0.6
                else rng.choice((5, 10, 10, 25, 1)) * rng.randint(1, 300)
            )
            t = Time(unit="ms", value=str(v))
        elif kind < 0.75:
            t = Time(unit="s", value=rng.choice(_ROUND_S))
        elif kind < 0.97:
            whole = rng.randint(1, 60)
            t = Time(unit="s", value=f"{whole}.{rng.randint(1, 9)}" if rng.random() < 0.2 else str(whole))
        else:
            t = Time(unit="min", value=str(rng.randint(1, 10)))
        if low <= t.seconds <= high:
            return t
