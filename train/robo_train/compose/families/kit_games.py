"""Robokit tasks of their own: following a line, counting presses, throwing dice."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import Call, announce
from robo_train.compose.families.kit_sensors import Reading
from robo_train.compose.numbers import Quantity, Text
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS
from robo_train.compose.spec import Body, Node, Rule


class FollowLine(Rule):
    """Drive along a black line: turn to the side on which it is seen, else go straight on."""

    kind: Literal["kit_line"] = "kit_line"
    rule: ClassVar[str] = "kit_follow_line"
    polled: ClassVar[bool] = False
    speed: Quantity | None = None
    turning: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        return {n: q for n, q in (("speed", self.speed), ("turning", self.turning)) if q}

    def _calls(self) -> list[tuple[str, Call]]:
        turn = self.turning or self.speed
        return [
            (side, Call(kind=f"kit_{way}", values=(("speed", q),) if q else ()))
            for side, way, q in (
                ("left", "left", turn),
                ("right", "right", turn),
                ("", "forward", self.speed),
            )
        ]

    def code(self, c: Code) -> None:
        c.from_("robokit", "sensor")
        with c.block("while True:"):
            for word, (side, call) in zip(("if", "elif", "else"), self._calls(), strict=True):
                with c.block(f'{word} sensor.line("{side}"):' if side else "else:"):
                    call.code(c)
            c.pause_ms(POLL_MS)

    _STEPS: ClassVar = ((0.0, ""), (1.0, "left"), (1.8, ""), (2.6, "right"), (3.4, ""), (4.2, "left"))

    def script(self) -> tuple[dict[str, Any], float]:
        sides = ("left", "right", "center")
        return {
            "sensors": {
                f"sensor.line:{s}": [(t, int(on == s or (s == "center" and not on))) for t, on in self._STEPS]
                for s in sides
            }
        }, 5.0

    def poll(self, x: Expect) -> None:
        for t, on in self._STEPS:
            x.t = t
            dict(self._calls())[on].expect(x)


class Live(Rule):
    """An output that follows a reading all the time."""

    kind: Literal["kit_live"] = "kit_live"
    rule: ClassVar[str] = "kit_live"
    polled: ClassVar[bool] = False
    body: SerializeAsAny[Body]

    def parts(self) -> dict[str, Node]:
        return {"act": self.body}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            self.body.code(c)
            c.pause_ms(POLL_MS)

    _SEEN: ClassVar = ((0.0, 0.5), (1.0, 1.0), (2.0, 0.8), (3.0, 0.6))

    def script(self) -> tuple[dict[str, Any], float]:
        reading: Reading = self.body.reading  # type: ignore[attr-defined]
        usual = reading.getter.usual
        return reading.script([(t, type(usual)(usual * share)) for t, share in self._SEEN]), 4.0

    def poll(self, x: Expect) -> None:
        for t, _ in self._SEEN:
            x.t = t
            self.body.expect(x)


class CountPresses(Rule):
    """A variable that counts presses of a button, shown each time."""

    kind: Literal["kit_count_presses"] = "kit_count_presses"
    rule: ClassVar[str] = "kit_count_presses"
    polled: ClassVar[bool] = False
    button: str
    sink: Literal["print", "say", "number"]

    def slots(self) -> dict[str, Spoken | str]:
        return {"name": Text(text=self.button)}

    def flags(self) -> set[str]:
        return {f"to_{self.sink}"}

    def code(self, c: Code) -> None:
        c.from_("robokit", "button")
        c.line("count = 0")
        c.line("")
        with c.block("while True:"):
            with c.block(f'if button.was_pressed(name="{self.button}"):'):
                c.line("count += 1")
                if self.sink == "print":
                    c.line("print(count)")
                elif self.sink == "say":
                    c.from_("robokit", "say")
                    c.line('say(f"{count}")')
                else:
                    c.from_("robokit", "display")
                    c.line("display.number(count)")
            c.pause_ms(POLL_MS)

    _TIMES: ClassVar = (0.8, 1.5, 2.4, 3.1)

    def script(self) -> tuple[dict[str, Any], float]:
        series = [(0.0, 0)]
        for t in self._TIMES:
            series += [(t, 1), (round(t + 0.2, 2), 0)]
        return {"buttons": {self.button: series}}, 4.0

    def poll(self, x: Expect) -> None:
        for n, t in enumerate(self._TIMES, 1):
            x.t = t
            if self.sink == "print":
                x.print(str(n))
            elif self.sink == "say":
                announce(x, "say", {"text": str(n)})
            else:
                announce(x, "display.number", {"value": n})


class Dice(Rule):
    """A random number, once at the start or at each press of a button."""

    kind: Literal["kit_dice"] = "kit_dice"
    polled: ClassVar[bool] = False
    sink: Literal["print", "say", "number"]
    low: Quantity
    high: Quantity
    button: str = ""

    @property
    def rule(self) -> str:
        return "kit_dice_press" if self.button else "kit_dice"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"low": self.low, "high": self.high}
        return said | ({"name": Text(text=self.button)} if self.button else {})

    def flags(self) -> set[str]:
        return {f"to_{self.sink}"}

    def code(self, c: Code) -> None:
        c.from_("robokit", "random_number")
        value = f"random_number({self.low.value}, {self.high.value})"
        thing = {"print": "", "say": "say", "number": "display"}[self.sink]
        if thing:
            c.from_("robokit", thing)
        out = {
            "print": f"print({value})",
            "say": f'say(f"{{{value}}}")',
            "number": f"display.number({value})",
        }
        if not self.button:
            c.line(out[self.sink])
            return
        c.from_("robokit", "button")
        with c.block("while True:"):
            with c.block(f'if button.was_pressed(name="{self.button}"):'):
                c.line(out[self.sink])
            c.pause_ms(POLL_MS)

    def script(self) -> tuple[dict[str, Any], float]:
        if not self.button:
            return {}, 1.0
        series = [(0.0, 0)]
        for i in range(6):
            series += [(0.8 + i, 1), (1.0 + i, 0)]
        return {"buttons": {self.button: series}}, 7.0

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def checks(self, until: float) -> list[dict[str, Any]]:
        low, high = int(self.low.value), int(self.high.value)
        n = 6 if self.button else 1
        found: list[dict[str, Any]] = [
            {
                "op": "event",
                "name": "random_number",
                "args": {"low": low, "high": high},
                "min": 1,
                "to": until,
            }
        ]
        if self.sink == "number":
            return [*found, {"op": "event", "name": "display.number", "min": (n + 1) // 2, "to": until}]
        middle = {
            "op": "print",
            "number": (low + high) / 2,
            "number_tol": (high - low) / 2,
            "eq": n,
            "to": until,
        }
        return [*found, middle]
