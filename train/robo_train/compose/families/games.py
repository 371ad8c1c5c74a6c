"""Games and locks: who is first, a secret sequence of presses, the nth press only, an answer by chance."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, action, rule
from robo_train.compose.expect import Expect, merge
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.led import Switch
from robo_train.compose.numbers import CLOSE, OPEN, Quantity, Text
from robo_train.compose.phrases import Grammar, Spoken, Voice
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.spec import Action, Body, Device, Rule

_ANSWERS = (
    ("yes", "no"), ("yes", "no", "later"), ("heads", "tails"), ("rock", "paper", "scissors"),
    ("left", "right"),
    ("red", "green", "blue"), ("win", "lose"), ("true", "false"), ("go", "stop", "wait"),
    ("cat", "dog", "mouse"),
    ("pizza", "pasta", "soup"), ("hello", "hi", "hey"), ("black", "white"), ("up", "down", "left"),
)  # fmt: skip


class Letters(Text):
    """Letters to press one after the other, said in one or apart."""

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        apart = voice.rng.choice((" ", " ", " ", "", "", ", ", "-"))
        return f"{OPEN}{apart.join(self.text)}{CLOSE}"


class Quiz(Rule):
    """Two buttons, each with a light: the first pressed wins, the other one does nothing any more."""

    kind: Literal["quiz"] = "quiz"
    rule: ClassVar[str] = "quiz"
    polled: ClassVar[bool] = False
    device: Device
    led: Device
    other: Device
    other_led: Device
    named: ClassVar[dict[str, str]] = {"led": "led", "other": "other", "other_led": "other_led"}

    def code(self, c: Code) -> None:
        sides = ((self.device, self.led), (self.other, self.other_led))
        names = [(c.button(b), c.led(x)) for b, x in sides]
        c.setup("won", "won = False")
        with c.block("while not won:"):
            for i, (button, led) in enumerate(names):
                with c.block(f"{'elif' if i else 'if'} {button}.value() == 0:"):
                    c.line(f"{led}.on()")
                    c.line("won = True")
            c.pause_ms(POLL_MS)

    def poll(self, x: Expect) -> None:
        x.light(self.led, 0)
        x.light(self.other_led, 0)
        while True:
            for button, led in ((self.device, self.led), (self.other, self.other_led)):
                if x.read(("button", button.pin)) == 1:
                    x.light(led, 100)
                    x.wait(10_000.0)
            x.wait(POLL_MS / 1000)

    def script(self) -> tuple[dict[str, Any], float]:
        """The second is faster where its pin is greater, so that either branch is seen over many tasks."""
        sides = (self.device, self.other)
        first, then = sides if self.device.pin > self.other.pin else sides[::-1]
        world = presses(first, [(0.9, 1.2), (2.6, 2.8)])
        merge(world, presses(then, [(1.6, 1.9)]))
        return world, 3.4


class Lock(Rule):
    """Two buttons, A and B, and a secret word of both: when the last presses spell it, something happens."""

    kind: Literal["lock"] = "lock"
    rule: ClassVar[str] = "lock"
    device: Device
    other: Device
    secret: str
    body: SerializeAsAny[Body]
    named: ClassVar[dict[str, str]] = {"other": "other"}
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"secret": Letters(text=self.secret)}

    def code(self, c: Code) -> None:
        c.setup("keys", 'keys = ""')
        for button, letter in ((self.device, "A"), (self.other, "B")):
            pressed = f"{c.button(button)}.value() == 0"
            with c.block(f"if {pressed}:"):
                c.line(f'keys += "{letter}"')
                with c.block(f"while {pressed}:"):
                    c.pause_ms(POLL_MS)
        with c.block(f'if keys.endswith("{self.secret}"):'):
            self.body.code(c)
            c.line('keys = ""')

    def poll(self, x: Expect) -> None:
        for button, letter in ((self.device, "A"), (self.other, "B")):
            if x.read(("button", button.pin)) == 1:
                x.memory["keys"] = x.memory.get("keys", "") + letter
                while x.read(("button", button.pin)) == 1:
                    x.wait(POLL_MS / 1000)
        if x.memory.get("keys", "").endswith(self.secret):
            self.body.expect(x)
            x.memory["keys"] = ""

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        """The secret with its last letter wrong, then right."""
        wrong = self.secret[:-1] + ("A" if self.secret[-1] == "B" else "B")
        spans: dict[str, list[tuple[float, float]]] = {"A": [], "B": []}
        t = start
        for letter in wrong + self.secret:
            spans[letter].append((round(t, 3), round(t + 0.2, 3)))
            t += 0.5
        world = presses(self.device, spans["A"])
        merge(world, presses(self.other, spans["B"]))
        return world, t + lasts(self.body) + 0.7


class NthOnce(Rule):
    """At the nth press, and only then."""

    kind: Literal["nth_once"] = "nth_once"
    rule: ClassVar[str] = "nth_once"
    device: Device
    nth: Quantity
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"nth": self.nth}

    def code(self, c: Code) -> None:
        pressed = f"{c.button(self.device)}.value() == 0"
        c.setup("count", "count = 0")
        with c.block(f"if {pressed}:"):
            c.line("count += 1")
            with c.block(f"if count == {self.nth.value}:"):
                self.body.code(c)
            with c.block(f"while {pressed}:"):
                c.pause_ms(POLL_MS)

    def poll(self, x: Expect) -> None:
        down = ("button", self.device.pin)
        if x.read(down) != 1:
            return
        x.memory["count"] = x.memory.get("count", 0) + 1
        if x.memory["count"] == int(self.nth.value):
            self.body.expect(x)
        while x.read(down) == 1:
            x.wait(POLL_MS / 1000)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        t, spans, n = start, [], int(self.nth.value)
        for i in range(1, 2 * n + 1):
            spans.append((round(t, 3), round(t + 0.2, 3)))
            t += 0.5 + (lasts(self.body) if i == n else 0)
        return presses(self.device, spans), t + 0.3


class Choice(Action):
    """One of some words, by chance."""

    kind: Literal["print_choice"] = "print_choice"
    rule: ClassVar[str] = "print_choice"
    words: tuple[str, ...]

    def slots(self) -> dict[str, Spoken | str]:
        return {f"w{i}": Text(text=w) for i, w in enumerate(self.words, 1)}

    def code(self, c: Code) -> None:
        c.import_("random")
        words = ", ".join(f'"{w}"' for w in self.words)
        c.line(f"print(random.choice(({words})))")

    def expect(self, x: Expect) -> None:
        x.see(op="print", regex=f"^({'|'.join(self.words)})$")


def _two_buttons(d: Draw) -> tuple[Device, Device]:
    d.reuse = 0.0
    d.assume = 0.0
    return d.device("button", INPUTS), d.device("button", INPUTS)


@rule("quiz", weight=0.8)
def _quiz(d: Draw, kind: str) -> Rule:
    a, b = _two_buttons(d)
    return Quiz(device=a, other=b, led=d.led(), other_led=d.led())


@rule("lock", weight=0.8)
def _lock(d: Draw, kind: str) -> Rule:
    a, b = _two_buttons(d)
    secret = "".join(d.rng.choice("AB") for _ in range(d.rng.choice((3, 4, 4, 4, 5))))
    if len(set(secret)) == 1:
        raise Unfit
    body = d.action("press", ("steady", "timed"), ("on", "out_on", "out_for", "angle", "on_for", "print"))
    return Lock(device=a, other=b, secret=secret, body=body)


@rule("nth_once", weight=0.8)
def _nth_once(d: Draw, kind: str) -> Rule:
    button = d.device("button", INPUTS)
    d.reuse = 0.0
    body = Switch(kind="on", device=d.led()) if d.chance(0.4) else d.action("press", ("steady", "timed"))
    if body.kind in ("toggle", "out_toggle", "off", "out_off"):
        raise Unfit
    return NthOnce(device=button, nth=Quantity(kind="nth", value=str(d.rng.randint(2, 10))), body=body)


@action("print_choice", weight=0.8, only=("press", "release", "every", "start"))
def _choice(d: Draw, kind: str) -> Body:
    return Choice(words=d.rng.choice(_ANSWERS))
