"""Off-delays, latches, hardware timers, interrupts, several things at once without blocking."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, rule, shape
from robo_train.compose.expect import Expect, merge
from robo_train.compose.families.digital import Sense, digital, pin, quick
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.led import Toggle
from robo_train.compose.families.text import PrintText
from robo_train.compose.numbers import Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, ButtonDown, Level, Press, presses
from robo_train.compose.spec import Body, Condition, Device, Rule


class OffDelay(Rule):
    """On while a condition holds and for a time after it last did."""

    kind: Literal["off_delay"] = "off_delay"
    rule: ClassVar[str] = "off_delay"
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    time: Time
    clauses: ClassVar[dict[str, str]] = {"condition": "cond", "body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        c.import_("time")
        c.setup("last", "last = time.ticks_ms()")
        off = self.body.opposite()
        assert off is not None
        with c.block(f"if {self.condition.code(c)}:"):
            self.body.code(c)
            c.line("last = time.ticks_ms()")
        with c.block(f"elif time.ticks_diff(time.ticks_ms(), last) >= {self.time.milliseconds()}:"):
            off.code(c)

    def poll(self, x: Expect) -> None:
        off = self.body.opposite()
        assert off is not None
        if self.condition.now(x):
            self.body.expect(x)
            x.memory["last"] = x.t
        elif x.t - x.memory.get("last", 0.0) >= self.time.seconds - 1e-6:
            off.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        s = self.time.seconds
        again = start + 0.5 + 0.6 * s  # once more before the time is over
        changes = [(0.0, False), (start, True), (start + 0.5, False), (again, True), (again + 0.5, False)]
        return self.condition.script([(round(t, 3), on) for t, on in changes]), again + 0.5 + s + 0.8


class Latch(Rule):
    """On when something happens, off only by a reset button."""

    kind: Literal["latch"] = "latch"
    rule: ClassVar[str] = "latch"
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    device: Device
    clauses: ClassVar[dict[str, str]] = {"condition": "cond", "body": "act"}

    def code(self, c: Code) -> None:
        off = self.body.opposite()
        assert off is not None
        with c.block(f"if {self.condition.code(c)}:"):
            self.body.code(c)
        with c.block(f"elif {c.button(self.device)}.value() == 0:"):
            off.code(c)

    def poll(self, x: Expect) -> None:
        off = self.body.opposite()
        assert off is not None
        if self.condition.now(x):
            self.body.expect(x)
        elif x.read(("button", self.device.pin)) == 1:
            off.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        world: dict[str, Any] = {}
        events = [(start, True), (start + 0.5, False), (start + 2.6, True), (start + 3.1, False)]
        merge(world, self.condition.script([(0.0, False), *((round(t, 3), on) for t, on in events)]))
        merge(world, presses(self.device, [(start + 1.6, start + 1.9)]))
        return world, start + 4.0


class Tick(Rule):
    """An action every so often that lets others run beside it."""

    kind: Literal["tick"] = "tick"
    rule: ClassVar[str] = "tick"
    time: Time
    number: int = 0
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        c.import_("time")
        last = f"last{self.number or ''}"
        c.setup(last, f"{last} = time.ticks_ms()")
        with c.block(f"if time.ticks_diff(time.ticks_ms(), {last}) >= {self.time.milliseconds()}:"):
            c.line(f"{last} = time.ticks_ms()")
            self.body.code(c)

    def poll(self, x: Expect) -> None:
        key = ("last", self)
        if x.t - x.memory.get(key, 0.0) >= self.time.seconds - 1e-6:
            x.memory[key] = x.t
            self.body.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        return {}, max(start, 6.5 * self.time.seconds + 0.2)

    def checks(self, until: float) -> list[dict[str, Any]]:
        """A period that is judged with room for the loop."""
        step = self.time.seconds
        if isinstance(self.body, Toggle):
            return [
                {"op": "periodic", "sig": ["pin", self.body.device.pin], "period": round(2 * step, 4),
                 "tol": 0.08, "duty": 0.5, "to": until}
            ]  # fmt: skip
        assert isinstance(self.body, PrintText)
        tol = max(0.08, 0.03 / step)
        return [{"op": "print", "text": self.body.text, "min": 3, "every": step, "tol": tol, "to": until}]


class HardTimer(Rule):
    """A hardware timer that calls back: again and again, or once."""

    kind: Literal["timer_periodic", "timer_once"]
    polled: ClassVar[bool] = False
    time: Time
    body: SerializeAsAny[Body]
    before: SerializeAsAny[Body] | None = None
    """What happens at once, before a timer that fires once."""
    clauses: ClassVar[dict[str, str]] = {"before": "first", "body": "act"}

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        c.machine("Timer")
        self.body.code(c)
        c.callback("tick", "t")
        if self.before:
            self.before.code(c)
        mode = "PERIODIC" if self.kind == "timer_periodic" else "ONE_SHOT"
        c.line("timer = Timer(0)")
        c.line(f"timer.init(period={self.time.milliseconds()}, mode=Timer.{mode}, callback=tick)")

    def poll(self, x: Expect) -> None:
        if self.before:
            self.before.expect(x)
        while True:
            x.wait(self.time.seconds)
            self.body.expect(x)
            if self.kind == "timer_once":
                return

    def script(self) -> tuple[dict[str, Any], float]:
        rounds = 4.6 if self.kind == "timer_periodic" else 1.0
        return {}, round(rounds * self.time.seconds + 0.8, 3)


class Interrupt(Rule):
    """A pin interrupt with its handler."""

    kind: Literal["irq"] = "irq"
    rule: ClassVar[str] = "irq"
    polled: ClassVar[bool] = False
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"condition": "cond", "body": "act"}

    def code(self, c: Code) -> None:
        self.body.code(c)
        c.callback("happened", "pin")
        if isinstance(self.condition, Sense):
            name, level = pin(c, self.condition.device), self.condition.level()
        else:
            assert isinstance(self.condition, ButtonDown)
            name, level = c.button(self.condition.device), 0
        edge = "RISING" if level else "FALLING"
        c.line(f"{name}.irq(trigger=Pin.IRQ_{edge}, handler=happened)")

    def poll(self, x: Expect) -> None:
        was = False
        while True:
            holds = self.condition.now(x)
            if holds and not was:
                self.body.expect(x)
            was = holds
            x.wait(0.001)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        changes, t = [(0.0, False)], start
        for _ in range(3):
            changes += [(round(t, 3), True), (round(t + 0.3, 3), False)]
            t += 1.0
        return self.condition.script(changes), t


class StartStop(Rule):
    """A press starts a blinking, the next one stops it."""

    kind: Literal["start_stop"] = "start_stop"
    rule: ClassVar[str] = "start_stop"
    device: Device
    led: Device
    time: Time
    named: ClassVar[dict[str, str]] = {"led": "led"}

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        name, led = c.button(self.device), c.led(self.led)
        c.import_("time")
        c.setup("running", "running = False", "last = time.ticks_ms()")
        with c.block(f"if {name}.value() == 0:"):
            c.line("running = not running")
            c.line(f"{led}.off()")
            with c.block(f"while {name}.value() == 0:"):
                c.pause_ms(POLL_MS)
        with c.block(f"if running and time.ticks_diff(time.ticks_ms(), last) >= {self.time.milliseconds()}:"):
            c.line("last = time.ticks_ms()")
            c.line(f"{led}.value(not {led}.value())")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        times = self._presses()
        end = times[-1] + 3.2 * self.time.seconds + 0.5
        return presses(self.device, [(t, t + 0.2) for t in times]), end

    def _presses(self) -> list[float]:
        run = round(0.4 + 7.2 * self.time.seconds, 3)
        return [0.6, round(0.6 + run, 3), round(0.6 + run + 0.6 + 3 * self.time.seconds, 3)]

    def checks(self, until: float) -> list[dict[str, Any]]:
        first, second, third = self._presses()
        sig, step = ["pin", self.led.pin], self.time.seconds
        found: list[dict[str, Any]] = [
            {"op": "hold", "sig": sig, "eq": 0, "from": 0.1, "to": first},
            {"op": "count", "sig": sig, "edge": "rising", "min": 2, "from": first, "to": second},
            {"op": "hold", "sig": sig, "eq": 0, "from": round(second + 0.1, 3), "to": third},
            {"op": "count", "sig": sig, "edge": "rising", "min": 1, "from": third, "to": round(until, 3)},
        ]
        if not self.time.assumed:
            found.append(
                {"op": "periodic", "sig": sig, "period": round(2 * step, 4), "tol": 0.1, "duty": 0.5,
                 "from": round(first + 0.2 + 1.2 * step, 3), "to": second}
            )  # fmt: skip
        return found


class Flash(Toggle):
    """A toggle that is meant as blinking: the rule says how often."""

    kind: Literal["flash"] = "flash"  # type: ignore[assignment]
    rule: ClassVar[str] = "led_flash"


def _plain(d: Draw) -> Body:
    """A toggle or a line of text."""
    return d.action("every", ("steady", "timed"), ("toggle", "toggle", "print"))


def _whole(d: Draw, low: float, high: float) -> Time:
    """A duration of whole milliseconds."""
    while "." in (t := d.time(low, high)).value:
        pass
    return t


@rule("off_delay", weight=2.4)
def _off_delay(d: Draw, kind: str) -> Rule:
    cond = quick(d, ("digital", "digital", "button", "sensed", "touchpad"))
    if getattr(cond, "kind", "") == "idle":
        raise Unfit
    body = d.action("if", ("steady",))
    if body.opposite() is None or body.kind == "angle" or "off" in body.kind:
        body = d.action("if", ("steady",), ("on",))
    return OffDelay(condition=cond, body=body, time=d.time(1, 300))


@rule("latch", weight=1.6)
def _latch(d: Draw, kind: str) -> Rule:
    cond = quick(d, ("digital", "reading", "sensed"))
    body = d.action("if", ("steady",), ("on", "sound", "dim"))
    return Latch(condition=cond, body=body, device=d.device("button", INPUTS))


@rule("timer_periodic", weight=1.4)
@rule("timer_once", weight=0.8)
def _timer(d: Draw, kind: str) -> Rule:
    if kind == "timer_periodic":
        return HardTimer(kind="timer_periodic", time=_whole(d, 0.2, 20), body=_plain(d))
    body = d.action("after", ("steady",))
    before = body.opposite() if body.kind == "off" or d.chance(0.4) else None
    return HardTimer(kind="timer_once", time=_whole(d, 0.5, 60), body=body, before=before)


@rule("irq", weight=1.8)
def _irq(d: Draw, kind: str) -> Rule:
    cond: Condition
    if d.chance(0.6):
        cond = ButtonDown(device=d.device("button", INPUTS))
    else:
        cond = Sense(kind="active", device=digital(d))
    body = _plain(d) if d.chance(0.7) else d.action("press", ("steady",))
    return Interrupt(condition=cond, body=body)


@rule("start_stop", weight=1.2)
def _start_stop(d: Draw, kind: str) -> Rule:
    time = Time(unit="ms", value="500", assumed=True) if d.chance(0.4) else _whole(d, 0.05, 2)
    return StartStop(device=d.device("button", INPUTS), led=d.led(), time=time)


@shape("at_once", weight=3)
def _at_once(d: Draw) -> tuple[Rule, ...]:
    """Two things at the same time: a regular one beside another or beside a button or sensor."""
    d.assume = 0.0
    led = d.led()
    blinking = Flash(device=led) if d.chance(0.7) else Toggle(device=led)
    first = Tick(time=_whole(d, 0.1, 5), number=1, body=blinking)
    if d.chance(0.4):
        second = Tick(time=_whole(d, 0.5, 8), number=2, body=d.action("every", ("timed",), ("print",)))
        if second.time.seconds == first.time.seconds:
            raise Unfit
        return (first, second)
    first = first.model_copy(update={"number": 0})
    d.reuse = 0.0
    cond = quick(d, ("button", "digital", "reading", "touchpad"))
    body = d.action("while", ("steady",), ("on", "sound"))
    if getattr(body, "device", None) == getattr(first.body, "device", 0):
        raise Unfit
    return (first, Level(kind="while", condition=cond, body=body, otherwise=body.opposite()))


@shape("press_pairs", weight=1.5)
def _pairs(d: Draw) -> tuple[Rule, ...]:
    """Three buttons, one action each."""
    d.assume = 0.0
    found = []
    for _ in range(3):
        d.reuse = 0.0
        button = d.device("button", INPUTS)
        d.reuse = 0.4
        found.append(Press(kind="press", button=button, body=d.action("press", ("steady",))))
    if len({f.body for f in found}) < 3:
        raise Unfit
    return tuple(found)
