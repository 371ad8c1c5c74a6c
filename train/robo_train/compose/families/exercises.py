"""Exercises of a first course: FizzBuzz, stars, conversion tables, questions, numbers in a file."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, Unfit, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.led import _Led
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body
from robo_train.compose.words import Words

_GREETINGS = ("Hello", "Hi", "Welcome", "Good morning", "Hey", "Bye", "Nice to meet you", "Hola", "Hallo")
_QUESTIONS = ("What is your name?", "Who are you?", "Your name?", "Name?", "What do they call you?")
_CALC = {"plus": "+", "minus": "-", "times": "*"}
_FILES = ("number.txt", "blinks.txt", "n.txt", "times.txt", "value.txt", "data.txt", "setup.txt")
_NAME, _TYPED = "Mia", ("17", "5")


class FizzBuzz(Action):
    """The counting game: Fizz for multiples of three, Buzz for those of five."""

    kind: Literal["fizzbuzz"] = "fizzbuzz"
    rule: ClassVar[str] = "fizzbuzz"
    end: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"to": self.end}

    def code(self, c: Code) -> None:
        with c.block(f"for i in range(1, {self.end.value} + 1):"):
            for test, word in (("if i % 15", "FizzBuzz"), ("elif i % 3", "Fizz"), ("elif i % 5", "Buzz")):
                with c.block(f"{test} == 0:"):
                    c.line(f'print("{word}")')
            with c.block("else:"):
                c.line("print(i)")

    def expect(self, x: Expect) -> None:
        for i in range(1, int(self.end.value) + 1):
            x.print(("Fizz" * (i % 3 == 0) + "Buzz" * (i % 5 == 0)) or str(i))


class Stars(Action):
    """A triangle of characters that grows or shrinks, or a rectangle."""

    kind: Literal["stars_up", "stars_down", "stars_box"]
    sign: str
    lines: Quantity
    width: Quantity | None = None

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"text": Text(text=self.sign), "lines": self.lines}
        return {**said, "width": self.width} if self.width else said

    def code(self, c: Code) -> None:
        n = self.lines.value
        if self.width:
            with c.block(f"for _ in range({n}):"):
                c.line(f'print("{self.sign}" * {self.width.value})')
            return
        with c.block(f"for i in range({f'1, {n} + 1' if self.kind == 'stars_up' else f'{n}, 0, -1'}):"):
            c.line(f'print("{self.sign}" * i)')

    def expect(self, x: Expect) -> None:
        n = int(self.lines.value)
        widths = {"stars_up": range(1, n + 1), "stars_down": range(n, 0, -1)}.get(self.kind)
        for i in widths or [int(self.width.value) if self.width else 0] * n:
            x.print(self.sign * i)


class Degrees(Action):
    """A table of Celsius and Fahrenheit."""

    kind: Literal["degrees_table"] = "degrees_table"
    rule: ClassVar[str] = "degrees_table"
    start: Quantity
    end: Quantity
    step: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.start, "to": self.end, "step": self.step}

    def code(self, c: Code) -> None:
        with c.block(f"for celsius in range({self.start.value}, {self.end.value} + 1, {self.step.value}):"):
            c.line("print(celsius, celsius * 9 / 5 + 32)")

    def expect(self, x: Expect) -> None:
        for celsius in range(int(self.start.value), int(self.end.value) + 1, int(self.step.value)):
            x.print(f"{celsius} {celsius * 9 / 5 + 32}")


class Greet(Action):
    """Ask for a name and greet."""

    kind: Literal["greet"] = "greet"
    rule: ClassVar[str] = "greet"
    greeting: str
    question: str

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"text": Text(text=self.greeting)}
        return {**said, "question": Text(text=self.question)} if self.question else said

    def needs(self) -> dict[str, Any]:
        return {"answers": [_NAME]}

    def code(self, c: Code) -> None:
        c.line(f'name = input("{self.question or _QUESTIONS[0]} ")')
        c.line(f'print("{self.greeting}", name)')

    def expect(self, x: Expect) -> None:
        x.see(op="print", regex=f"(^|[?:!.>] *){self.greeting} {_NAME}$")
        if self.question:
            x.see(op="print", contains=self.question)


class AskTwo(Action):
    """Two typed numbers and two results of them."""

    kind: Literal["ask_two"] = "ask_two"
    rule: ClassVar[str] = "ask_two"
    operators: tuple[str, str]

    def slots(self) -> dict[str, Spoken | str]:
        return {f"op{i}": Words(rule=f"aw_{operator}") for i, operator in enumerate(self.operators, 1)}

    def needs(self) -> dict[str, Any]:
        return {"answers": list(_TYPED)}

    def code(self, c: Code) -> None:
        c.line("a = int(input())")
        c.line("b = int(input())")
        for operator in self.operators:
            c.line(f"print(a {_CALC[operator]} b)")

    def expect(self, x: Expect) -> None:
        a, b = map(int, _TYPED)
        results = {"plus": a + b, "minus": a - b, "times": a * b}
        for operator in self.operators:
            x.see(op="print", regex=f"(?<!\\d){results[operator]}$")


class ReadBlink(_Led):
    """Blink as often as somebody types, or as a file says."""

    kind: Literal["ask_blink", "file_blink"]
    file: str = ""
    time: Time

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {} if self.time.assumed else {"time": self.time}
        return {**said, "file": Text(text=self.file)} if self.file else said

    def open_timing(self) -> bool:
        return self.time.assumed

    def needs(self) -> dict[str, Any]:
        return {"files": {self.file: "4"}} if self.file else {"answers": ["4"]}

    def code(self, c: Code) -> None:
        c.led(self.device)
        if self.file:
            c.line(f'file = open("{self.file}")')
            c.line("count = int(file.read())")
            c.line("file.close()")
        else:
            c.line('count = int(input("How many? "))')
        with c.block("for _ in range(count):"):
            for on in (True, False):
                self.switch(c, on)
                c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for _ in range(4):
            for on in (True, False):
                self.shine(x, on)
                x.wait(self.time.seconds)


def _int(n: int) -> Quantity:
    return Quantity(kind="int", value=str(n))


_ONCE = ("start", "after")


@action("fizzbuzz", weight=0.4, only=("start", "press", "after"))
def _fizzbuzz(d: Draw, kind: str) -> Body:
    return FizzBuzz(end=_int(d.rng.choice((15, 15, 20, 30, 50, 100, d.rng.randint(15, 100)))))


@action("stars_up", weight=0.4, only=("start", "press", "after"))
@action("stars_down", weight=0.2, only=("start", "press", "after"))
@action("stars_box", weight=0.3, only=("start", "press", "after"))
def _stars(d: Draw, kind: str) -> Body:
    sign, lines = d.rng.choice(("*", "*", "*", "#", "o", "x", "+")), d.rng.randint(3, 12)
    width = _int(d.rng.randint(3, 20)) if kind == "stars_box" else None
    if width and width.value == str(lines):
        raise Unfit
    return Stars(kind=kind, sign=sign, lines=_int(lines), width=width)  # type: ignore[arg-type]


@action("degrees_table", weight=0.4, only=("start", "press", "after"))
def _degrees(d: Draw, kind: str) -> Body:
    start, step = d.rng.choice((0, 0, 0, 10, 20, -20)), d.rng.choice((5, 10, 10, 20))
    return Degrees(start=_int(start), end=_int(start + step * d.rng.randint(3, 10)), step=_int(step))


@action("greet", weight=0.7, only=_ONCE)
def _greet(d: Draw, kind: str) -> Body:
    question = "" if d.chance(0.6) else d.rng.choice(_QUESTIONS)
    return Greet(greeting=d.rng.choice(_GREETINGS), question=question)


@action("ask_two", weight=0.5, only=_ONCE)
def _ask_two(d: Draw, kind: str) -> Body:
    first, second = d.rng.sample(tuple(_CALC), 2)
    return AskTwo(operators=(first, second))


@action("ask_blink", weight=0.6, only=("start",))
@action("file_blink", weight=0.4, only=("start",))
def _read_blink(d: Draw, kind: str) -> Body:
    time = Time(value="0.5", assumed=True) if d.chance(0.4) else d.time(0.1, 2)
    file = d.rng.choice(_FILES) if kind == "file_blink" else ""
    return ReadBlink(kind=kind, device=d.led(), time=time, file=file)  # type: ignore[arg-type]
