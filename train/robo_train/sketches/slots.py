"""What a sketch leaves open: pins, times, numbers, choices; how each is drawn, said and computed with."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from random import Random
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from robo_runtime.files import Strict

from robo_train.compose import numbers
from robo_train.compose.draw import ADC_PINS, OUTPUTS
from robo_train.compose.numbers import CLOSE, OPEN, Quantity, Text
from robo_train.compose.phrases import Grammar, Spoken, Voice

PinRole = Literal["output", "input", "adc", "touch"]
_TOUCH = (4, 12, 13, 14, 15, 27, 32, 33)
_AWKWARD = frozenset({0, 1, 2, 3, 12, 15})
"""Pins with a second duty at boot or on the USB plug: legal, rarely wired."""
_PINS: dict[PinRole, tuple[int, ...]] = {
    "output": OUTPUTS, "input": OUTPUTS, "adc": tuple(p for p in ADC_PINS if p > 4), "touch": _TOUCH,
}  # fmt: skip
_ROUND = 0.5
"""Share of wide ranges that give a round number, as people mostly do."""
_KINDS = ("count", "number", "percent", "angle", "freq", "celsius", "cm")
Span = Annotated[list[float], Field(min_length=2, max_length=3)]


class Said:
    """A value that `{x:n}` says as a bare number, and any other form as its kind is said."""

    def __init__(self, quantity: Quantity) -> None:
        self.quantity = quantity

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        """See the class."""
        if form == "n":
            return f"{OPEN}{self.quantity.value}{CLOSE}"
        return self.quantity.spoken(grammar, form, voice)


class Seconds(dict[str, Any]):
    """A time in arithmetic: `x.s`, `x.ms`."""


class Value:
    """A drawn slot.

    Attributes:
        code: as the program spells it.
        said: what a prompt says.
        number: what arithmetic takes it for.
        forms: what `${x.form}` writes in a program.
    """

    def __init__(self, code: str, said: Spoken, number: Any, forms: dict[str, str] | None = None) -> None:
        self.code, self.said, self.number, self.forms = code, said, number, forms or {}


class Slot(Strict):
    """One of the kinds; exactly one key of `pin`, `time`, `choice`, `text` or a kind of number is given."""

    pin: PinRole | None = None
    time: Span | None = None
    """From and to, in seconds."""
    units: list[Literal["s", "ms", "min"]] = Field(default=["s", "ms", "min"], min_length=1)
    count: Span | None = None
    number: Span | None = None
    percent: Span | None = None
    angle: Span | None = None
    freq: Span | None = None
    celsius: Span | None = None
    cm: Span | None = None
    decimals: int = Field(default=0, ge=0, le=3)
    choice: list[str | int | float] | dict[str, str | int | float] | None = None
    text: list[str] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Slot:
        kinds = [k for k in ("pin", "time", "choice", "text", *_KINDS) if getattr(self, k) is not None]
        if len(kinds) != 1:
            raise ValueError(f"give one of pin, time, choice, text, {', '.join(_KINDS)}")
        span = getattr(self, kinds[0])
        if kinds[0] in ("time", *_KINDS) and not (span[0] < span[1] and (len(span) < 3 or span[2] > 0)):
            raise ValueError(f"{kinds[0]}: from must be below to, and the step above 0")
        if self.time and not any(_reaches(unit, *self.time[:2]) for unit in self.units):
            raise ValueError(
                f"time: no {' or '.join(self.units)} between {self.time[0]} s and {self.time[1]} s"
            )
        if kinds[0] in ("choice", "text") and len(span) < 2:
            raise ValueError(f"{kinds[0]}: at least two to choose from")
        return self

    def draw(self, rng: Random, taken: Iterable[int] = ()) -> Value:
        """A value; of a pin, one that is not `taken`."""
        if self.pin:
            return self._pin(rng, frozenset(taken))
        if self.time:
            return self._time(rng)
        if self.choice is not None:
            pairs = self.choice if isinstance(self.choice, dict) else {str(c): c for c in self.choice}
            said, code = rng.choice(list(pairs.items()))
            return Value(str(code), Text(text=said), literal(str(code)))
        if self.text:
            text = rng.choice(self.text)
            return Value(text, Text(text=text), text)
        kind = next(k for k in _KINDS if getattr(self, k) is not None)
        value = _drawn(getattr(self, kind), self.decimals, rng)
        said_as = Quantity(kind="int" if kind == "number" else kind, value=value)
        return Value(value, Said(said_as), literal(value))

    def _pin(self, rng: Random, taken: frozenset[int]) -> Value:
        assert self.pin
        free = [p for p in _PINS[self.pin] if p not in taken]
        usual = [p for p in free if p not in _AWKWARD]
        number = rng.choice(usual if usual and rng.random() > 0.08 else free)
        return Value(str(number), Said(Quantity(kind="pin", value=str(number))), number)

    def _time(self, rng: Random) -> Value:
        assert self.time
        low, high = self.time[:2]
        t = numbers.draw_time(rng, low, high)
        while t.unit not in self.units:
            t = numbers.draw_time(rng, low, high)
        number: Any = Seconds(s=t.seconds, ms=round(t.seconds * 1000, 6))
        if self.units == ["s"]:
            number = _InSeconds(t.seconds)
        return Value(t.value, Said(t), number, {"sleep": t.sleep(), "ms": t.milliseconds()})


def _reaches(unit: str, low: float, high: float) -> bool:
    """Whether times between these, in seconds, are drawn in a unit (`numbers.draw_time`)."""
    if unit == "min":
        return any(low <= 60 * n <= high for n in range(1, 11))
    least, most = {"ms": (0.001, 3.0), "s": (0.1, 60.9)}[unit]
    return least <= high and low <= most


class _InSeconds(float):
    """A time that is always in seconds: a number, and `x.s` of it the same."""

    @property
    def s(self) -> float:
        return float(self)

    @property
    def ms(self) -> float:
        return round(float(self) * 1000, 6)


def literal(code: str) -> Any:
    """The number or tuple that a program's text stands for; the text itself if it is neither."""
    try:
        return ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return code


def _drawn(span: list[float], decimals: int, rng: Random) -> str:
    """A number of a range, on its step if it has one; half of wide ranges give a round one."""
    low, high = span[:2]
    step = span[2] if len(span) > 2 else 10.0**-decimals
    steps = int((high - low) / step + 1e-9)
    n = rng.randint(0, steps)
    value = low + n * step
    if len(span) < 3 and not decimals and steps >= 40 and rng.random() < _ROUND:
        coarse = 50 if steps >= 500 else 10 if steps >= 100 else 5
        value = min(high, max(low, round(value / coarse) * coarse))
    digits = max(decimals, 0 if float(step).is_integer() and float(low).is_integer() else 3)
    return str(round(value)) if not digits else _short(f"{value:.{digits}f}", decimals)


def _short(text: str, decimals: int) -> str:
    """Without zeros at its end that no decimals ask for."""
    if decimals:
        return text
    return text.rstrip("0").rstrip(".")
