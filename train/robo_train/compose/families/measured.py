"""Time that is measured: how long a button is held, a stopwatch, presses in a time, a reaction."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.events import Lasts
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.spec import Device, Rule

_ELAPSED = "time.ticks_diff(time.ticks_ms(), start)"
_TOL_S = 0.05


class Measure(Rule):
    """What all measurements share: a button, and checks of their own."""

    device: Device

    def pressed(self, c: Code) -> str:
        return f"{c.button(self.device)}.value() == 0"

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")


class HeldFor(Measure):
    """Print how long a button was held, or (`stopwatch`) how long it was from one press to the next."""

    kind: Literal["held_for", "stopwatch"]
    unit: Literal["s", "ms"]

    @property
    def rule(self) -> str:
        return self.kind

    def flags(self) -> set[str]:
        return {"millis"} if self.unit == "ms" else set()

    def code(self, c: Code) -> None:
        c.import_("time")
        pressed = self.pressed(c)
        result = f"print({_ELAPSED}{' / 1000' if self.unit == 's' else ''})"
        if self.kind == "held_for":
            with c.block(f"if {pressed}:"):
                c.line("start = time.ticks_ms()")
                with c.block(f"while {pressed}:"):
                    c.pause_ms(POLL_MS)
                c.line(result)
            return
        c.setup("running", "running = False", "start = 0")
        with c.block(f"if {pressed}:"):
            with c.block("if running:"):
                c.line(result)
            with c.block("else:"):
                c.line("start = time.ticks_ms()")
            c.line("running = not running")
            with c.block(f"while {pressed}:"):
                c.pause_ms(POLL_MS)

    def _spans(self) -> list[tuple[float, float]]:
        if self.kind == "held_for":
            return [(0.6, 1.1), (2.0, 3.7)]
        return [(0.6, 0.8), (2.1, 2.4), (3.4, 3.6), (6.0, 6.2)]

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        spans = self._spans()
        return presses(self.device, spans), spans[-1][1] + 0.8

    def checks(self, until: float) -> list[dict[str, Any]]:
        """Each result soon after its end, and no line more."""
        spans = self._spans()
        if self.kind == "held_for":
            results = [(end, end - start) for start, end in spans]
        else:
            results = [(b, b - a) for (a, _), (b, _) in zip(spans[::2], spans[1::2], strict=True)]
        scale = 1000 if self.unit == "ms" else 1
        found: list[dict[str, Any]] = [
            {"op": "print", "number": round(length * scale, 2), "number_tol": _TOL_S * scale, "eq": 1,
             "from": round(t, 3), "to": round(t + 0.4, 3)}
            for t, length in results
        ]  # fmt: skip
        return [*found, {"op": "print", "eq": len(results), "to": round(until, 3)}]


class PressesIn(Measure):
    """From the first press on, count the presses in a time and print how many there were."""

    kind: Literal["presses_in"] = "presses_in"
    rule: ClassVar[str] = "presses_in"
    polled: ClassVar[bool] = False
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        c.import_("time")
        c.setup("count", "count = 0")
        pressed = self.pressed(c)
        with c.block(f"while {c.names[self.device]}.value() == 1:"):
            c.pause_ms(POLL_MS)
        c.line("start = time.ticks_ms()")
        with c.block(f"while {_ELAPSED} < {self.time.milliseconds()}:"):
            with c.block(f"if {pressed}:"):
                c.line("count += 1")
                with c.block(f"while {pressed}:"):
                    c.pause_ms(POLL_MS)
            c.pause_ms(POLL_MS)
        c.line("print(count)")

    def _presses(self) -> tuple[list[float], float]:
        """When it is pressed: five times in the time, once too late; and when the time is over."""
        end = 0.6 + self.time.seconds
        return [round(0.6 + self.time.seconds * i / 5.5, 3) for i in range(5)] + [round(end + 0.4, 3)], end

    def script(self) -> tuple[dict[str, Any], float]:
        times, end = self._presses()
        return presses(self.device, [(t, t + 0.12) for t in times]), round(end + 1.0, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        _, end = self._presses()
        return [
            {"op": "print", "text": "5", "eq": 1, "from": round(end - 0.05, 3), "to": round(end + 0.35, 3)},
            {"op": "print", "eq": 1, "to": round(until, 3)},
        ]


class Reaction(Measure):
    """The LED goes on after a random time; print how long the button takes."""

    kind: Literal["reaction"] = "reaction"
    rule: ClassVar[str] = "reaction"
    polled: ClassVar[bool] = False
    led: Device
    low: Quantity
    high: Quantity
    named: ClassVar[dict[str, str]] = {"led": "led"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.low, "to": self.high}

    def code(self, c: Code) -> None:
        c.import_("random")
        c.import_("time")
        led, _ = c.led(self.led), self.pressed(c)
        c.line(f"time.sleep(random.uniform({self.low.value}, {self.high.value}))")
        c.line(f"{led}.on()")
        c.line("start = time.ticks_ms()")
        with c.block(f"while {c.names[self.device]}.value() == 1:"):
            c.pause_ms(1)
        c.line(f"print({_ELAPSED})")
        c.line(f"{led}.off()")

    def script(self) -> tuple[dict[str, Any], float]:
        press = self.high.number + 0.7
        return presses(self.device, [(press, press + 0.3)]), round(press + 1.0, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        sig, press = ["pin", self.led.pin], self.high.number + 0.7
        longest = int(1000 * (press - self.low.number)) + 60
        allowed = "|".join(_up_to(700, longest))
        return [
            {"op": "count", "sig": sig, "eq": 0, "to": round(self.low.number - 0.1, 3)},
            {"op": "hold", "sig": sig, "eq": 1, "from": self.high.number + 0.1, "to": round(press - 0.05, 3)},
            {"op": "hold", "sig": sig, "eq": 0, "from": round(press + 0.15, 3), "to": round(until, 3)},
            {"op": "print", "regex": f"(?<!\\d)({allowed})(?!\\d)", "eq": 1, "from": press - 0.01,
             "to": round(press + 0.2, 3)},
            {"op": "print", "eq": 1, "to": round(until, 3)},
        ]  # fmt: skip


def _up_to(low: int, high: int) -> list[str]:
    """Regular expressions for whole numbers of milliseconds from about `low` to about `high`."""
    found = [f"{n}\\d\\d" for n in range(low // 100, min(high, 999) // 100 + 1)]
    return found + [f"{n}\\d\\d" for n in range(10, high // 100 + 1)]


@rule("held_for", weight=0.7)
@rule("stopwatch", weight=0.8)
def _held_for(d: Draw, kind: str) -> Rule:
    unit = d.rng.choice(("s", "ms"))
    return HeldFor(kind=kind, device=d.device("button", INPUTS), unit=unit)  # type: ignore[arg-type]


@rule("presses_in", weight=0.6)
def _presses_in(d: Draw, kind: str) -> Rule:
    time = Time(value=str(d.rng.choice((3, 4, 5, 5, 10, 10, 15, 20, 30, d.rng.randint(3, 30)))))
    return PressesIn(device=d.device("button", INPUTS), time=time)


@rule("reaction", weight=0.8)
def _reaction(d: Draw, kind: str) -> Rule:
    low = d.rng.randint(1, 4)
    high = low + d.rng.randint(1, 5)
    ends = [Quantity(kind="int", value=str(n)) for n in (low, high)]
    led = d.led()
    return Reaction(device=d.device("button", INPUTS), led=led, low=ends[0], high=ends[1])
