"""A reading printed once, sensed things counted, conditions that last too long, a light with three modes."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, action, rule, shape
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import FULL_SCALE_V, Map, _map, adc, analog, key
from robo_train.compose.families.digital import negated, quick
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.sensors import DHT_S, dht, reading, sonar
from robo_train.compose.families.timing import _whole
from robo_train.compose.numbers import Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.spec import Action, Body, Condition, Device, Rule

_ROOM = {"temperature": 23.0, "humidity": 47.0, "distance": 61.0}


class Say(Action):
    """A measured value, printed once."""

    kind: Literal["say_temperature", "say_humidity", "say_distance", "say_raw", "say_percent"]
    device: Device

    @property
    def what(self) -> str:
        """What is measured."""
        return self.kind.removeprefix("say_")

    @property
    def rule(self) -> str:
        return self.kind

    def flags(self) -> set[str]:
        if self.device.type == "analog":
            return {f"is_{key(self.device.label)}"}
        return {"dht22"} if self.device.label == "DHT22" else set()

    def needs(self) -> dict[str, Any]:
        if self.device.type == "analog":
            return {"analog": {str(self.device.pin): [(0.0, 2.145)]}}
        return {self.what: [(0.0, _ROOM[self.what])]}

    def code(self, c: Code) -> None:
        if self.device.type == "analog":
            read = adc(c, self.device)
            c.line(f"print({read} * 100 // 65535)" if self.kind == "say_percent" else f"print({read})")
            return
        c.line(f"print({reading(c, self.device, self.what)})")

    def expect(self, x: Expect) -> None:
        if self.device.type == "analog":
            share = round(x.read(("analog", self.device.pin)) / FULL_SCALE_V * 4095)
            raw = share << 4 | share >> 8
            x.see(op="print", text=str(raw * 100 // 65535 if self.kind == "say_percent" else raw))
            return
        if self.device.type == "dht":
            x.wait(DHT_S)
        x.see(op="print", number=x.read(self.what), number_tol=1.0 if self.what == "distance" else 0.05)


class CountEvents(Rule):
    """Count how often something is sensed and print the number each time."""

    kind: Literal["count_events"] = "count_events"
    rule: ClassVar[str] = "count_events"
    condition: SerializeAsAny[Condition]
    clauses: ClassVar[dict[str, str]] = {"condition": "cond"}

    @property
    def poll_ms(self) -> int:
        return self.condition.poll_ms

    def code(self, c: Code) -> None:
        c.setup("count", "count = 0")
        test = self.condition.code(c)
        with c.block(f"if {test}:"):
            c.line("count += 1")
            c.line("print(count)")
            with c.block(f"while {test}:"):
                c.pause_ms(self.condition.poll_ms)

    def poll(self, x: Expect) -> None:
        if not self.condition.now(x):
            return
        x.memory["count"] = x.memory.get("count", 0) + 1
        x.print(str(x.memory["count"]))
        while self.condition.now(x):
            x.wait(self.condition.poll_ms / 1000)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        changes = [(0.0, False)]
        for i in range(4):
            changes += [(round(start + 0.9 * i, 3), True), (round(start + 0.9 * i + 0.4, 3), False)]
        return self.condition.script(changes), start + 4.0


class Overdue(Rule):
    """On when a condition has lasted for a time, until it ends."""

    kind: Literal["overdue"] = "overdue"
    rule: ClassVar[str] = "overdue"
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    time: Time
    clauses: ClassVar[dict[str, str]] = {"condition": "cond", "body": "act"}

    @property
    def poll_ms(self) -> int:
        return self.condition.poll_ms

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def _off(self) -> Body:
        off = self.body.opposite()
        assert off is not None
        return off

    def code(self, c: Code) -> None:
        c.import_("time")
        c.setup("start", "start = time.ticks_ms()")
        with c.block(f"if {negated(self.condition.code(c))}:"):
            c.line("start = time.ticks_ms()")
            self._off().code(c)
        with c.block(f"elif time.ticks_diff(time.ticks_ms(), start) >= {self.time.milliseconds()}:"):
            self.body.code(c)

    def poll(self, x: Expect) -> None:
        if not self.condition.now(x):
            x.memory["overdue"] = x.t
            self._off().expect(x)
        elif x.t - x.memory.get("overdue", 0.0) >= self.time.seconds - 1e-6:
            self.body.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        """Too short, then long enough."""
        s = self.time.seconds
        again = start + 0.6 * s + 1.0
        changes = [
            (0.0, False),
            (start, True),
            (start + 0.6 * s, False),
            (again, True),
            (again + s + 1.5, False),
        ]
        return self.condition.script([(round(t, 3), on) for t, on in changes]), again + s + 2.5


class BlinkMode(Rule):
    """A press goes on from off to on to blinking and back to off."""

    kind: Literal["blink_mode"] = "blink_mode"
    rule: ClassVar[str] = "blink_mode"
    device: Device
    led: Device
    time: Time
    named: ClassVar[dict[str, str]] = {"led": "led"}

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        button, led = c.button(self.device), c.led(self.led)
        c.import_("time")
        c.setup("mode", "mode = 0", "last = time.ticks_ms()")
        with c.block(f"if {button}.value() == 0:"):
            c.line("mode = (mode + 1) % 3")
            with c.block(f"while {button}.value() == 0:"):
                c.pause_ms(POLL_MS)
        with c.block("if mode == 0:"):
            c.line(f"{led}.off()")
        with c.block("elif mode == 1:"):
            c.line(f"{led}.on()")
        with c.block(f"elif time.ticks_diff(time.ticks_ms(), last) >= {self.time.milliseconds()}:"):
            c.line("last = time.ticks_ms()")
            c.line(f"{led}.value(not {led}.value())")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def _presses(self) -> tuple[float, float, float]:
        return 0.6, 2.0, round(2.3 + 8.5 * self.time.seconds, 3)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        times = self._presses()
        return presses(self.device, [(t, t + 0.15) for t in times]), times[-1] + 1.5

    def checks(self, until: float) -> list[dict[str, Any]]:
        first, second, third = self._presses()
        sig, step = ["pin", self.led.pin], self.time.seconds
        found: list[dict[str, Any]] = [
            {"op": "hold", "sig": sig, "eq": 0, "from": 0.1, "to": first},
            {"op": "hold", "sig": sig, "eq": 1, "from": first + 0.3, "to": second},
            {"op": "count", "sig": sig, "edge": "rising", "min": 3, "from": second, "to": third},
            {"op": "hold", "sig": sig, "eq": 0, "from": round(third + 0.3, 3), "to": round(until, 3)},
        ]
        if not self.time.assumed:
            found.append(
                {"op": "periodic", "sig": sig, "period": round(2 * step, 4), "tol": 0.12, "duty": 0.5,
                 "from": round(second + 0.2 + 1.2 * step, 3), "to": third}
            )  # fmt: skip
        return found


@action("say_temperature", weight=0.8, only=("start", "press", "release", "after", "seq"))
@action("say_humidity", weight=0.4, only=("start", "press", "release", "after", "seq"))
@action("say_distance", weight=0.8, only=("start", "press", "release", "after", "seq"))
@action("say_raw", weight=0.6, only=("start", "press", "release", "after", "seq"))
@action("say_percent", weight=0.5, only=("start", "press", "release", "after", "seq"))
def _say(d: Draw, kind: str) -> Body:
    if kind in ("say_raw", "say_percent"):
        device = analog(d)
    elif kind == "say_distance":
        device = next((x for x in d.devices if x.type == "hcsr04"), None) or sonar(d)
    else:
        device = dht(d)
    return Say(kind=kind, device=device)  # type: ignore[arg-type]


@rule("count_events", weight=1.0)
def _count_events(d: Draw, kind: str) -> Rule:
    cond = quick(d, ("digital", "digital", "sensed", "touchpad"))
    if getattr(cond, "kind", "") == "idle":
        raise Unfit
    return CountEvents(condition=cond)


@rule("overdue", weight=1.0)
def _overdue(d: Draw, kind: str) -> Rule:
    cond = quick(d, ("digital", "digital", "button", "sensed"))
    body = d.action("if", ("steady",), ("on", "sound", "out_on"))
    if body.opposite() is None:
        raise Unfit
    return Overdue(condition=cond, body=body, time=d.time(1, 60))


@rule("blink_mode", weight=0.8)
def _blink_mode(d: Draw, kind: str) -> Rule:
    time = Time(unit="ms", value="200", assumed=True) if d.chance(0.5) else _whole(d, 0.05, 1)
    return BlinkMode(device=d.device("button", INPUTS), led=d.led(), time=time)


@shape("two_maps", weight=1.1)
def _two_maps(d: Draw) -> tuple[Rule, ...]:
    """Two knobs or sensors, each for an output of its own."""
    d.assume = d.reuse = 0.0
    kinds = d.rng.sample(("map_led", "map_servo", "map_tone"), 2) if d.chance(0.7) else ["map_led", "map_led"]
    found = [_map(d, kind) for kind in kinds]
    if any(not isinstance(m, Map) for m in found) or len({p for m in found for p in m.devices()}) < 4:
        raise Unfit
    return tuple(found)
