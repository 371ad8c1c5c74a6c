"""State machines: a press steps through modes, an alarm is armed, pedestrians ask for green."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, rule
from robo_train.compose.expect import Expect, merge
from robo_train.compose.families.bands import OneOf
from robo_train.compose.families.digital import quick
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.led import Switch
from robo_train.compose.families.multi import _leds, pins
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, Seq, presses
from robo_train.compose.spec import Body, Condition, Device, Rule


class Cycle(Rule):
    """Every press goes on to the next state, after the last to the first."""

    kind: Literal["cycle"] = "cycle"
    rule: ClassVar[str] = "cycle"
    device: Device
    bodies: tuple[SerializeAsAny[Body], ...]
    clauses: ClassVar[dict[str, str]] = {"bodies": "act"}

    def code(self, c: Code) -> None:
        c.setup("mode", "mode = 0")
        n = len(self.bodies)
        with c.block(f"if {c.button(self.device)}.value() == 0:"):
            c.line(f"mode = mode % {n} + 1")
            for i, body in enumerate(self.bodies, 1):
                with c.block("else:" if i == n else f"{'elif' if i > 1 else 'if'} mode == {i}:"):
                    body.code(c)
            with c.block(f"while {c.names[self.device]}.value() == 0:"):
                c.pause_ms(POLL_MS)

    def poll(self, x: Expect) -> None:
        down = ("button", self.device.pin)
        if x.read(down) != 1:
            return
        mode = x.memory["mode"] = x.memory.get("mode", 0) % len(self.bodies) + 1
        self.bodies[mode - 1].expect(x)
        while x.read(down) == 1:
            x.wait(POLL_MS / 1000)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        t, spans = start, []
        for i in range(2 * len(self.bodies)):
            spans.append((t, t + 0.2))
            t += 0.7 + lasts(self.bodies[i % len(self.bodies)])
        return presses(self.device, spans), t


class Speeds(Rule):
    """A press steps through off, slow and fast blinking."""

    kind: Literal["speeds"] = "speeds"
    rule: ClassVar[str] = "speeds"
    device: Device
    led: Device
    slow: Time
    fast: Time
    named: ClassVar[dict[str, str]] = {"led": "led"}

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.slow.assumed else {"slow": self.slow, "fast": self.fast}

    def code(self, c: Code) -> None:
        button, led = c.button(self.device), c.led(self.led)
        c.import_("time")
        c.setup("mode", "mode = 0", "last = time.ticks_ms()")
        with c.block(f"if {button}.value() == 0:"):
            c.line("mode = (mode + 1) % 3")
            with c.block(f"while {button}.value() == 0:"):
                c.pause_ms(POLL_MS)
        c.line(f"wait = (0, {self.slow.value}, {self.fast.value})[mode]")
        with c.block("if wait == 0:"):
            c.line(f"{led}.off()")
        with c.block("elif time.ticks_diff(time.ticks_ms(), last) >= wait:"):
            c.line("last = time.ticks_ms()")
            c.line(f"{led}.value(not {led}.value())")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def _presses(self) -> tuple[float, float, float]:
        first = 0.6
        second = round(first + 0.3 + 6.5 * self.slow.seconds, 3)
        return first, second, round(second + 0.3 + 8.5 * self.fast.seconds, 3)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        times = self._presses()
        return presses(self.device, [(t, t + 0.15) for t in times]), times[-1] + 1.2

    def checks(self, until: float) -> list[dict[str, Any]]:
        first, second, third = self._presses()
        sig = ["pin", self.led.pin]
        found: list[dict[str, Any]] = [
            {"op": "hold", "sig": sig, "eq": 0, "from": 0.1, "to": first},
            {"op": "hold", "sig": sig, "eq": 0, "from": round(third + 0.3, 3), "to": round(until, 3)},
            {"op": "count", "sig": sig, "edge": "rising", "min": 2, "from": first, "to": second},
            {"op": "count", "sig": sig, "edge": "rising", "min": 3, "from": second, "to": third},
        ]
        if not self.slow.assumed:
            spans = ((self.slow, first, second), (self.fast, second, third))
            found += [
                {"op": "periodic", "sig": sig, "period": round(2 * t.seconds, 4), "tol": 0.12, "duty": 0.5,
                 "from": round(start + 0.2 + 1.2 * t.seconds, 3), "to": end}
                for t, start, end in spans
            ]  # fmt: skip
        return found


class Armed(Rule):
    """A button arms and disarms an alarm; while it is armed a sensor sets it off."""

    kind: Literal["armed"] = "armed"
    rule: ClassVar[str] = "armed"
    device: Device
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"condition": "cond", "body": "act"}

    def code(self, c: Code) -> None:
        off = self.body.opposite()
        assert off is not None
        button = c.button(self.device)
        c.setup("armed", "armed = False")
        with c.block(f"if {button}.value() == 0:"):
            c.line("armed = not armed")
            off.code(c)
            with c.block(f"while {button}.value() == 0:"):
                c.pause_ms(POLL_MS)
        with c.block(f"if armed and {self.condition.code(c)}:"):
            self.body.code(c)

    def poll(self, x: Expect) -> None:
        off = self.body.opposite()
        assert off is not None
        down = ("button", self.device.pin)
        if x.read(down) == 1:
            x.memory["armed"] = not x.memory.get("armed", False)
            off.expect(x)
            while x.read(down) == 1:
                x.wait(POLL_MS / 1000)
        if x.memory.get("armed") and self.condition.now(x):
            self.body.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        on = [(start, True), (start + 0.5, False), (start + 2.4, True), (start + 2.9, False)]
        on += [(start + 5.2, True), (start + 5.7, False)]
        world = self.condition.script([(0.0, False), *((round(t, 3), v) for t, v in on)])
        merge(world, presses(self.device, [(t, t + 0.25) for t in (start + 1.2, start + 4.2)]))
        return world, start + 6.5


class Crossing(Rule):
    """Green for cars until someone presses; then yellow, red for a time, and green again."""

    kind: Literal["crossing"] = "crossing"
    rule: ClassVar[str] = "crossing"
    lists: ClassVar[bool] = True
    device: Device
    leds: tuple[Device, Device, Device]
    yellow: Time
    red: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {**pins(self.leds), "t1": self.red, "t2": self.yellow}

    def code(self, c: Code) -> None:
        red, yellow, green = (c.led(x) for x in self.leds)
        c.line(f"{green}.on()")
        with c.block(f"if {c.button(self.device)}.value() == 0:"):
            c.line(f"{green}.off()")
            c.line(f"{yellow}.on()")
            c.sleep(self.yellow)
            c.line(f"{yellow}.off()")
            c.line(f"{red}.on()")
            c.sleep(self.red)
            c.line(f"{red}.off()")

    def poll(self, x: Expect) -> None:
        red, yellow, green = self.leds
        x.light(green, 100)
        if x.read(("button", self.device.pin)) != 1:
            return
        x.light(green, 0)
        x.light(yellow, 100)
        x.wait(self.yellow.seconds)
        x.light(yellow, 0)
        x.light(red, 100)
        x.wait(self.red.seconds)
        x.light(red, 0)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        t, spans = start, []
        for _ in range(2):
            spans.append((t, t + 0.2))
            t += self.yellow.seconds + self.red.seconds + 1.5
        return presses(self.device, spans), t


class Launch(Rule):
    """A press starts a countdown on the terminal, and then something happens."""

    kind: Literal["launch"] = "launch"
    rule: ClassVar[str] = "launch"
    device: Device
    top: Quantity
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"count": self.top}

    def code(self, c: Code) -> None:
        with c.block(f"if {c.button(self.device)}.value() == 0:"):
            with c.block(f"for i in range({self.top.value}, 0, -1):"):
                c.line("print(i)")
                c.sleep(Time(value="1"))
            self.body.code(c)

    def poll(self, x: Expect) -> None:
        if x.read(("button", self.device.pin)) != 1:
            return
        for i in range(int(self.top.value), 0, -1):
            x.print(str(i))
            x.wait(1)
        self.body.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        end = start + self.top.number + lasts(self.body) + 1.2
        return presses(self.device, [(start, start + 0.3)]), end


@rule("cycle", weight=2.6)
def _cycle(d: Draw, kind: str) -> Rule:
    button = d.device("button", INPUTS)
    n = d.rng.choice((2, 3, 3, 4))
    bodies: tuple[Body, ...]
    if d.chance(0.35):
        d.assume = 0.0
        d.reuse = 0.0
        leds = [d.led() for _ in range(n)]
        on = [Switch(kind="on", device=x) for x in leds]
        off = [Switch(kind="off", device=x) for x in leds]
        bodies = tuple(
            OneOf(body=Seq(steps=tuple(on[j] if j == i else off[j] for j in range(n))), lit=on[i])
            for i in range(n)
        )
        return Cycle(device=button, bodies=bodies)
    d.reuse = 1.0
    kinds = d.rng.choice(
        (("dim", "on", "off"), ("angle",), ("pixels_fill", "pixels_off"), ("print",), ("sound",))
    )
    if kinds == ("print",):
        modes: tuple[str, ...] = ("steady", "timed")
    else:
        modes = ("steady",)
    found: list[Body] = []
    for _ in range(60):
        body = d.action("press", modes, kinds)
        if body not in found and (not found or getattr(body, "device", 0) == getattr(found[0], "device", 0)):
            found.append(body)
        if len(found) == n:
            return Cycle(device=button, bodies=tuple(found))
    raise Unfit


@rule("speeds", weight=1.0)
def _speeds(d: Draw, kind: str) -> Rule:
    slow, fast = "500", "100"
    if assumed := d.chance(0.5):
        times = [Time(unit="ms", value=v, assumed=assumed) for v in (slow, fast)]
    else:
        a, b = sorted(d.rng.sample(range(60, 1500, 10), 2))
        if b < 2 * a:
            raise Unfit
        times = [Time(unit="ms", value=str(b)), Time(unit="ms", value=str(a))]
    return Speeds(device=d.device("button", INPUTS), led=d.led(), slow=times[0], fast=times[1])


@rule("armed", weight=1.4)
def _armed(d: Draw, kind: str) -> Rule:
    cond = quick(d, ("digital", "reading", "sensed"))
    if cond.kind == "idle":
        raise Unfit
    body = d.action("if", ("steady",), ("on", "sound"))
    return Armed(device=d.device("button", INPUTS), condition=cond, body=body)


@rule("crossing", weight=1.2)
def _crossing(d: Draw, kind: str) -> Rule:
    d.assume = 0.0
    leds = _leds(d, 3, ("red", "yellow", "green"))
    red, yellow = d.time(2, 15), d.time(0.5, 4)
    return Crossing(
        device=d.device("button", INPUTS), leds=(leds[0], leds[1], leds[2]), yellow=yellow, red=red
    )


@rule("launch", weight=0.9)
def _launch(d: Draw, kind: str) -> Rule:
    body = d.action("press", ("steady", "timed"))
    return Launch(device=d.device("button", INPUTS), top=d.count(3, 10), body=body)
