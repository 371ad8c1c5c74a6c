"""Printed numbers: counting, tables, sums, chance, the time that has passed, a text several times."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.text import _TEXTS
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Mode
from robo_train.compose.words import Words

OPERATORS = {"plus": "+", "minus": "-", "times": "*"}


class Count(Action):
    """Numbers from one to another, one line each, perhaps in steps and with a pause."""

    kind: Literal["print_up", "print_down", "print_steps"]
    start: Quantity
    end: Quantity
    step: Quantity | None = None
    time: Time | None = None

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"from": self.start, "to": self.end}
        if self.step:
            said["step"] = self.step
        return {**said, "time": self.time} if self.time else said

    def code(self, c: Code) -> None:
        a, b = self.start.value, self.end.value
        span = f"{a}, {b} + 1" if int(a) < int(b) else f"{a}, {b} - 1, -1"
        with c.block(f"for i in range({span}{f', {self.step.value}' if self.step else ''}):"):
            c.line("print(i)")
            if self.time:
                c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        a, b = int(self.start.value), int(self.end.value)
        step = int(self.step.value) if self.step else 1
        for i in range(a, b + 1, step) if a < b else range(a, b - 1, -1):
            x.print(str(i))
            if self.time:
                x.wait(self.time.seconds)


class Table(Action):
    """The times table of a number: the products alone, or whole lines like an example."""

    kind: Literal["table", "table_long"]
    number: Quantity
    end: Quantity

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"number": self.number, "to": self.end}
        if self.kind == "table_long":
            said["example"] = Text(text=f"1 x {self.number.value} = {self.number.value}")
        return said

    def code(self, c: Code) -> None:
        n = self.number.value
        with c.block(f"for i in range(1, {self.end.value} + 1):"):
            c.line(f"print(i * {n})" if self.kind == "table" else f'print(f"{{i}} x {n} = {{i * {n}}}")')

    def expect(self, x: Expect) -> None:
        n = int(self.number.value)
        for i in range(1, int(self.end.value) + 1):
            x.print(str(i * n) if self.kind == "table" else f"{i} x {n} = {i * n}")


class Sum(Action):
    """A calculation whose result is printed."""

    kind: Literal["print_sum", "print_calc"]
    a: Quantity
    b: Quantity
    operator: Literal["plus", "minus", "times"] = "plus"

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        if self.kind == "print_sum":
            return {"from": self.a, "to": self.b}
        return {"a1": self.a, "a2": self.b, "op": Words(rule=f"w_{self.operator}")}

    def code(self, c: Code) -> None:
        a, b = self.a.value, self.b.value
        if self.kind == "print_sum":
            c.line(f"print(sum(range({a}, {b} + 1)))")
        else:
            c.line(f"print({a} {OPERATORS[self.operator]} {b})")

    def expect(self, x: Expect) -> None:
        a, b = int(self.a.value), int(self.b.value)
        if self.kind == "print_sum":
            x.print(str(sum(range(a, b + 1))))
        else:
            x.print(str({"plus": a + b, "minus": a - b, "times": a * b}[self.operator]))


class Chance(Action):
    """A random number, or the roll of a die."""

    kind: Literal["print_random", "print_dice"]
    low: Quantity | None = None
    high: Quantity | None = None
    times: Quantity | None = None

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {}
        if self.low and self.high:
            said = {"from": self.low, "to": self.high}
        return {**said, "count": self.times} if self.times else said

    def code(self, c: Code) -> None:
        c.import_("random")
        low, high = (self.low.value, self.high.value) if self.low and self.high else ("1", "6")
        line = f"print(random.randint({low}, {high}))"
        with c.repeated(self.times):
            c.line(line)

    def expect(self, x: Expect) -> None:
        low, high = (int(self.low.value), int(self.high.value)) if self.low and self.high else (1, 6)
        number = "|".join(map(str, range(low, high + 1)))
        for _ in range(int(self.times.value) if self.times else 1):
            x.see(op="print", regex=f"^({number})$")


class Elapsed(Action):
    """Seconds (or milliseconds) since the start, again and again."""

    kind: Literal["print_seconds"] = "print_seconds"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "print_seconds"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        c.import_("time")
        c.setup("start", "start = time.ticks_ms()")
        c.line("print(time.ticks_diff(time.ticks_ms(), start) // 1000)")
        c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        x.print(str(int(x.t + 1e-9)))
        x.wait(self.time.seconds)


class Lines(Action):
    """A text a number of times, perhaps with a pause."""

    kind: Literal["print_times"] = "print_times"
    rule: ClassVar[str] = "print_times"
    text: str
    times: Quantity
    time: Time | None = None

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"text": Text(text=self.text), "count": self.times}
        return {**said, "time": self.time} if self.time else said

    def flags(self) -> set[str]:
        return {"word"} if self.text.isalpha() else set()

    def code(self, c: Code) -> None:
        with c.repeated(self.times):
            c.line(f'print("{self.text}")')
            if self.time:
                c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value)):
            x.print(self.text)
            if self.time:
                x.wait(self.time.seconds)


def _int(n: int) -> Quantity:
    return Quantity(kind="int", value=str(n))


@action("print_up", weight=1.4)
@action("print_down", weight=1.2)
@action("print_steps", weight=0.7)
def _count(d: Draw, kind: str) -> Body:
    low = d.rng.choice((0, 1, 1, d.rng.randint(2, 50)))
    step = d.rng.choice((2, 3, 5, 10, d.rng.randint(2, 20))) if kind == "print_steps" else 0
    high = low + (step * d.rng.randint(3, 12) if step else d.rng.randint(2, 20))
    ends = [_int(high), _int(low)] if kind == "print_down" else [_int(low), _int(high)]
    time = d.time(0.1, 2) if d.chance(0.5) else None
    return Count(kind=kind, start=ends[0], end=ends[1], step=_int(step) if step else None, time=time)  # type: ignore[arg-type]


@action("table", weight=0.7, only=("start", "seq", "press", "release", "after"))
@action("table_long", weight=0.5, only=("start", "seq", "press", "release", "after"))
def _table(d: Draw, kind: str) -> Body:
    return Table(kind=kind, number=_int(d.rng.randint(2, 25)), end=_int(d.rng.choice((10, 10, 12, 15, 20))))  # type: ignore[arg-type]


@action("print_sum", weight=0.4, only=("start", "seq", "press", "after"))
@action("print_calc", weight=0.9, only=("start", "seq", "press", "after"))
def _sum(d: Draw, kind: str) -> Body:
    if kind == "print_sum":
        return Sum(
            kind="print_sum", a=_int(1), b=_int(d.rng.choice((10, 50, 100, 1000, d.rng.randint(5, 500))))
        )
    operator = d.rng.choice(tuple(OPERATORS))
    a, b = d.rng.randint(2, 999), d.rng.randint(2, 99)
    return Sum(kind="print_calc", a=_int(a), b=_int(b), operator=operator)  # type: ignore[arg-type]


@action("print_random", weight=1.1, only=("press", "release", "every", "start"))
@action("print_dice", weight=0.8, only=("press", "release", "every", "start"))
def _chance(d: Draw, kind: str) -> Body:
    times = d.count(4, 12) if d.chance(0.35) else None
    if kind == "print_dice":
        return Chance(kind="print_dice", times=times)
    low = d.rng.choice((0, 1, 1, d.rng.randint(2, 50)))
    high = low + d.rng.choice((1, 5, 9, 19, 99, d.rng.randint(2, 80)))
    return Chance(kind="print_random", low=_int(low), high=_int(high), times=times)


@action("print_seconds", weight=0.7, only=("start",))
def _seconds(d: Draw, kind: str) -> Body:
    time = Time(value="1", assumed=True) if d.chance(0.4) else Time(value=str(d.rng.randint(1, 10)))
    return Elapsed(time=time)


@action("print_times", weight=1.2)
def _times(d: Draw, kind: str) -> Body:
    time = d.time(0.1, 3) if d.chance(0.6) else None
    return Lines(text=d.rng.choice(_TEXTS), times=d.count(2, 20), time=time)
