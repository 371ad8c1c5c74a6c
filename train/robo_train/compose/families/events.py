"""Triggers that happen rather than hold: an edge, a long press, a double click, every nth press."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import CONDITIONS, INPUTS, Draw, Unfit, rule, shape
from robo_train.compose.expect import Done, Expect, Plan, merge
from robo_train.compose.families.digital import ButtonUp, buttonlike, quick
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.sampler import steps
from robo_train.compose.spec import Body, Condition, Device, Rule
from robo_train.compose.world import inputs

Lasts = Callable[..., float]
Do = Callable[[], None]


class Trigger(Condition):
    """What starts a body, once each time; as a clause it is said like a condition."""

    def wrap(self, c: Code, body: Do) -> None:
        """Write the code that runs `body`."""
        raise NotImplementedError

    def play(self, x: Expect, body: Do) -> None:
        """One pass of the polling loop."""
        raise NotImplementedError

    def stage(self, start: float, body: float) -> tuple[dict[str, Any], float]:
        """Inputs that set it off, and that nearly do; `body` seconds must pass after each time."""
        raise NotImplementedError

    def code(self, c: Code) -> str:
        raise NotImplementedError

    def now(self, x: Expect) -> bool:
        raise NotImplementedError

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        raise NotImplementedError


class Edge(Trigger):
    """A condition becomes true."""

    kind: Literal["edge"] = "edge"
    condition: SerializeAsAny[Condition]
    rule: ClassVar[str] = "edge_c"
    clauses: ClassVar[dict[str, str]] = {"condition": "cond"}

    def wrap(self, c: Code, body: Do) -> None:
        test = self.condition.code(c)
        with c.block(f"if {test}:"):
            body()
            with c.block(f"while {test}:"):
                c.pause_ms(self.condition.poll_ms)

    def play(self, x: Expect, body: Do) -> None:
        if self.condition.now(x):
            body()
            while self.condition.now(x):
                x.wait(self.condition.poll_ms / 1000)

    def stage(self, start: float, body: float) -> tuple[dict[str, Any], float]:
        slow = self.condition.poll_ms / 1000
        changes, t = [(0.0, False)], start
        for _ in range(3 if body < 2 else 2):
            changes += [(round(t, 3), True), (round(t + 0.4 + slow, 3), False)]
            t += max(body, 0.4) + 0.8 + 2 * slow
        return self.condition.script(changes), t


class _Buttoned(Trigger):
    """What all triggers with one button share."""

    device: Device

    def down(self, x: Expect) -> bool:
        return x.read(("button", self.device.pin)) == 1

    def pressed(self, c: Code) -> str:
        return f"{c.button(self.device)}.value() == 0"

    def let_go(self, c: Code) -> None:
        with c.block(f"while {self.pressed(c)}:"):
            c.pause_ms(POLL_MS)

    def wait_up(self, x: Expect) -> None:
        while self.down(x):
            x.wait(POLL_MS / 1000)


class Hold(_Buttoned):
    """A button is held for a time; acts as soon as the time is over."""

    kind: Literal["hold"] = "hold"
    rule: ClassVar[str] = "hold_c"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def wrap(self, c: Code, body: Do) -> None:
        c.import_("time")
        pressed = self.pressed(c)
        with c.block(f"if {pressed}:"):
            c.line("start = time.ticks_ms()")
            with c.block(
                f"while {pressed} and time.ticks_diff(time.ticks_ms(), start) < {self.time.milliseconds()}:"
            ):
                c.pause_ms(POLL_MS)
            with c.block(f"if {pressed}:"):
                body()
                self.let_go(c)

    def play(self, x: Expect, body: Do) -> None:
        if not self.down(x):
            return
        start = x.t
        while self.down(x) and x.t - start < self.time.seconds - 1e-6:
            x.wait(POLL_MS / 1000)
        if self.down(x):
            body()
            self.wait_up(x)

    def stage(self, start: float, body: float) -> tuple[dict[str, Any], float]:
        t, spans = start, []
        for length in (0.5, 1.4, 0.6, 1.4):
            held = max(length * self.time.seconds, 0.05)
            spans.append((t, t + held + (0.3 if length > 1 else 0)))
            t += held + 0.8 + (body if length > 1 else 0)
        return presses(self.device, spans), t


class Double(_Buttoned):
    """Two presses shortly after each other."""

    kind: Literal["double"] = "double"
    rule: ClassVar[str] = "double_c"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def wrap(self, c: Code, body: Do) -> None:
        c.import_("time")
        pressed = self.pressed(c)
        with c.block(f"if {pressed}:"):
            self.let_go(c)
            c.line("start = time.ticks_ms()")
            with c.block(
                f"while {pressed.replace('== 0', '== 1')} and "
                f"time.ticks_diff(time.ticks_ms(), start) < {self.time.milliseconds()}:"
            ):
                c.pause_ms(POLL_MS)
            with c.block(f"if {pressed}:"):
                body()
                self.let_go(c)

    def play(self, x: Expect, body: Do) -> None:
        if not self.down(x):
            return
        self.wait_up(x)
        start = x.t
        while not self.down(x) and x.t - start < self.time.seconds - 1e-6:
            x.wait(POLL_MS / 1000)
        if self.down(x):
            body()
            self.wait_up(x)

    def stage(self, start: float, body: float) -> tuple[dict[str, Any], float]:
        gap = self.time.seconds
        t, spans = start, []
        for twice in (True, False, True):
            spans.append((t, t + 0.12))
            if twice:
                second = t + 0.12 + 0.4 * gap
                spans.append((second, second + 0.12))
            else:  # two single presses
                spans.append((t + 0.12 + 2.2 * gap + 0.1, t + 0.24 + 2.2 * gap + 0.1))
                t += 2.2 * gap + 0.2
            t += 0.3 + 2 * gap + (body if twice else 0) + 0.5
        return presses(self.device, spans), t


class Nth(_Buttoned):
    """Every nth press."""

    kind: Literal["nth"] = "nth"
    rule: ClassVar[str] = "nth_c"
    nth: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"nth": self.nth}

    def wrap(self, c: Code, body: Do) -> None:
        c.setup("count", "count = 0")
        with c.block(f"if {self.pressed(c)}:"):
            c.line("count += 1")
            with c.block(f"if count % {self.nth.value} == 0:"):
                body()
            self.let_go(c)

    def play(self, x: Expect, body: Do) -> None:
        if not self.down(x):
            return
        x.memory["count"] = x.memory.get("count", 0) + 1
        if x.memory["count"] % int(self.nth.value) == 0:
            body()
        self.wait_up(x)

    def stage(self, start: float, body: float) -> tuple[dict[str, Any], float]:
        t, spans = start, []
        for i in range(1, 2 * int(self.nth.value) + 2):
            spans.append((t, t + 0.2))
            t += 0.5 + (body if i % int(self.nth.value) == 0 else 0)
        return presses(self.device, spans), t


class On(Rule):
    """A trigger with its body."""

    kind: Literal["edge", "hold", "double", "nth"]
    trigger: SerializeAsAny[Trigger]
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"trigger": "cond", "body": "act"}

    @property
    def rule(self) -> str:
        return "nth" if self.kind == "nth" else "event"

    def code(self, c: Code) -> None:
        self.trigger.wrap(c, lambda: self.body.code(c))

    def poll(self, x: Expect) -> None:
        self.trigger.play(x, lambda: self.body.expect(x))

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        world, end = self.trigger.stage(start, lasts(self.body))
        if any(isinstance(n, Condition) for n in self.body.nodes()):  # steps that look at a condition
            x = Expect(end, set())
            x.inputs, x.plan = inputs(world), Plan()
            with suppress(Done):
                while True:
                    self.poll(x)
                    x.wait(POLL_MS / 1000)
            merge(world, x.plan.world())
        return world, end


class ShortLong(Rule):
    """A short press does one thing, a long one another; told apart when the button is let go."""

    kind: Literal["short_long"] = "short_long"
    rule: ClassVar[str] = "short_long"
    device: Device
    time: Time
    short: SerializeAsAny[Body]
    long: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"short": "a", "long": "b"}

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        c.import_("time")
        name = c.button(self.device)
        with c.block(f"if {name}.value() == 0:"):
            c.line("start = time.ticks_ms()")
            with c.block(f"while {name}.value() == 0:"):
                c.pause_ms(POLL_MS)
            with c.block(f"if time.ticks_diff(time.ticks_ms(), start) >= {self.time.milliseconds()}:"):
                self.long.code(c)
            with c.block("else:"):
                self.short.code(c)

    def poll(self, x: Expect) -> None:
        down = ("button", self.device.pin)
        if x.read(down) != 1:
            return
        start = x.t
        while x.read(down) == 1:
            x.wait(POLL_MS / 1000)
        (self.long if x.t - start >= self.time.seconds - 1e-6 else self.short).expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        t, spans = start, []
        for length in (0.5, 1.5, 0.4, 1.3):
            end = t + length * self.time.seconds
            spans.append((t, end))
            t = end + 0.7 + lasts(self.long if length > 1 else self.short)
        return presses(self.device, spans), t


class Guarded(Rule):
    """A press acts, and then presses are ignored for a time."""

    kind: Literal["guarded"] = "guarded"
    rule: ClassVar[str] = "guarded"
    device: Device
    time: Time
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        with c.block(f"if {c.button(self.device)}.value() == 0:"):
            self.body.code(c)
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        if x.read(("button", self.device.pin)) == 1:
            self.body.expect(x)
            x.wait(self.time.seconds)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        t, spans = start, []
        whole = lasts(self.body) + self.time.seconds
        for _ in range(2):  # a press that counts, and one that comes too early
            spans += [(t, t + 0.1), (t + 0.6 * whole, t + 0.6 * whole + 0.1)]
            t += whole + 0.5
        return presses(self.device, spans), t


def _act(d: Draw, trigger: str = "press", long: float = 0.25) -> Body:
    """What a press starts: mostly one thing, sometimes two or three steps."""
    if d.chance(long):
        return steps(d, d.rng.randint(2, 3), loop=False)
    return d.action(trigger, ("steady", "timed"))


def _button(d: Draw) -> Device:
    return d.device("button", INPUTS)


def edge(d: Draw) -> On:
    """A rule whose trigger is a condition that becomes true."""
    trigger = quick(d, tuple(k for k in CONDITIONS if k not in ("button", "up")))
    if trigger.kind == "and" and all(isinstance(n, ButtonUp) for n in trigger.devices()):
        raise Unfit
    body = _act(d)
    if body.opposite() is not None and not buttonlike(trigger):  # "when it is dark, switch on" is a level
        body = d.action("press", ("timed",))
    return On(kind="edge", trigger=Edge(condition=trigger), body=body)


@shape("edge", weight=7)
def _edge(d: Draw) -> tuple[Rule, ...]:
    return (edge(d),)


@shape("button_event", weight=5)
def _event(d: Draw) -> tuple[Rule, ...]:
    kind = d.rng.choices(("hold", "double", "nth"), (3, 2.2, 2.2))[0]
    button = _button(d)
    trigger: Trigger
    if kind == "hold":
        trigger = Hold(device=button, time=d.time(0.6, 8))
    elif kind == "double":
        time = Time(unit="ms", value="400", assumed=True) if d.chance(0.75) else d.time(0.3, 1)
        trigger = Double(device=button, time=time)
    else:
        trigger = Nth(device=button, nth=Quantity(kind="nth", value=str(d.rng.randint(2, 10))))
    return (On(kind=kind, trigger=trigger, body=_act(d)),)  # type: ignore[arg-type]


@rule("short_long", weight=1.6)
def _short_long(d: Draw, kind: str) -> Rule:
    button = _button(d)
    time = Time(value="1", assumed=True) if d.chance(0.4) else d.time(0.5, 4)
    d.reuse = 0.6
    short = _act(d, long=0.05)
    long = short.opposite() if d.chance(0.4) else None
    long = long or _act(d, long=0.05)
    if long == short:
        raise Unfit
    return ShortLong(device=button, time=time, short=short, long=long)


@rule("guarded", weight=0.8)
def _guarded(d: Draw, kind: str) -> Rule:
    body = d.action("press", ("steady", "timed"))
    if body.mode == "steady" and body.kind not in ("toggle", "print"):
        body = d.action("press", ("timed",))
    return Guarded(device=_button(d), time=d.time(0.5, 10), body=body)
