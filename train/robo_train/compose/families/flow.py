"""Steps that wait for a condition, repeat until one, last a while, or decide; counting up and down."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, action, shape
from robo_train.compose.expect import Expect
from robo_train.compose.families.digital import buttonlike, negated, quick
from robo_train.compose.families.events import Edge, On
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import Every, Forever, Level, Press, Repeat, Seq, Start, Wait, branch, slow
from robo_train.compose.sampler import steps
from robo_train.compose.spec import Action, Body, Condition, Mode, Rule

SEEN_S = 0.7
"""How long a scene lets a step wait for its condition."""


class WaitUntil(Body):
    """Go on when a condition holds."""

    kind: Literal["wait_until"] = "wait_until"
    rule: ClassVar[str] = "wait_until"
    condition: SerializeAsAny[Condition]
    clauses: ClassVar[dict[str, str]] = {"condition": "cond"}

    def code(self, c: Code) -> None:
        with c.block(f"while {negated(self.condition.code(c))}:"):
            c.pause_ms(self.condition.poll_ms)

    def expect(self, x: Expect) -> None:
        if x.plan:
            x.plan.at(self.condition, x.t + SEEN_S, True)
            x.plan.at(self.condition, x.t + SEEN_S + 0.3, False)
            x.wait(SEEN_S)
            return
        while not self.condition.now(x):
            x.wait(self.condition.poll_ms / 1000)


class Until(Body):
    """Again and again until a condition holds; looked at between two rounds."""

    kind: Literal["until"] = "until"
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    rule: ClassVar[str] = "until"
    bounds: ClassVar[bool] = True
    clauses: ClassVar[dict[str, str]] = {"body": "act", "condition": "cond"}

    def open_timing(self) -> bool:
        return self.body.open_timing()

    def code(self, c: Code) -> None:
        with c.block(f"while {negated(self.condition.code(c))}:"):
            self.body.code(c)

    def expect(self, x: Expect) -> None:
        if x.plan:
            for _ in range(2):
                self.body.expect(x)
            start = x.t
            self.body.expect(x)
            x.plan.at(self.condition, (start + x.t) / 2, True)
            x.plan.at(self.condition, x.t + 0.3, False)
            return
        while not self.condition.now(x):
            self.body.expect(x)


class Lasting(Body):
    """Something endless for a time; whole rounds."""

    kind: Literal["lasting"] = "lasting"
    rule: ClassVar[str] = "lasting"
    bounds: ClassVar[bool] = True
    time: Time
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def open_timing(self) -> bool:
        return self.body.open_timing()

    def code(self, c: Code) -> None:
        c.import_("time")
        c.line("start = time.ticks_ms()")
        with c.block(f"while time.ticks_diff(time.ticks_ms(), start) < {self.time.milliseconds()}:"):
            self.body.code(c)

    def expect(self, x: Expect) -> None:
        start = x.t
        while x.t - start < self.time.seconds - 1e-6:
            self.body.expect(x)


class Paced(Body):
    """An action every so often, as long as something else lets it."""

    kind: Literal["paced"] = "paced"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "paced"
    time: Time
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def flags(self) -> set[str]:
        return {"slow"} if slow(self.body, self.time) else set()

    def open_timing(self) -> bool:
        return self.body.open_timing()

    def code(self, c: Code) -> None:
        self.body.code(c)
        c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        self.body.expect(x)
        x.wait(self.time.seconds)

    def opposite(self) -> Body | None:
        return None


class Decide(Body):
    """One step that depends on a condition, inside a repetition."""

    kind: Literal["decide"] = "decide"
    rule: ClassVar[str] = "decide"
    condition: SerializeAsAny[Condition]
    body: SerializeAsAny[Body]
    otherwise: SerializeAsAny[Body] | None = None
    clauses: ClassVar[dict[str, str]] = {"condition": "cond", "body": "act", "otherwise": "other"}

    def open_timing(self) -> bool:
        return self.body.open_timing() or bool(self.otherwise and self.otherwise.open_timing())

    def code(self, c: Code) -> None:
        branch(c, self.condition, self.body, self.otherwise)

    def expect(self, x: Expect) -> None:
        if x.plan:
            holds = not x.memory.get(("decided", self), False)
            x.memory["decided", self] = holds
            x.plan.at(self.condition, max(0.0, x.t - 0.1), holds)
            self.condition.now(x)  # reading takes its time
        else:
            holds = self.condition.now(x)
        if holds:
            self.body.expect(x)
        elif self.otherwise:
            self.otherwise.expect(x)


class CountOut(Action):
    """Print the numbers up to n, or from n down to 1, one after the other."""

    kind: Literal["count_up", "count_down"]
    top: Quantity
    time: Time

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"count": self.top, **({} if self.time.assumed else {"time": self.time})}

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        n = self.top.value
        span = f"1, {n} + 1" if self.kind == "count_up" else f"{n}, 0, -1"
        with c.block(f"for i in range({span}):"):
            c.line("print(i)")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        numbers = range(1, int(self.top.value) + 1)
        for i in numbers if self.kind == "count_up" else reversed(numbers):
            x.print(str(i))
            x.wait(self.time.seconds)


@action("count_up", weight=0.5, only=("start", "seq", "press", "after"))
@action("count_down", weight=0.6, only=("start", "seq", "press", "after"))
def _count(d: Draw, kind: str) -> Body:
    time = Time(value="1", assumed=True) if d.chance(0.4) else d.time(0.2, 3)
    return CountOut(kind=kind, top=d.count(3, 12), time=time)  # type: ignore[arg-type]


def _endless(d: Draw, longest: float = 2.5) -> Body:
    """An endless action with short rounds."""
    for _ in range(30):
        body = d.action("seq", ("endless",))
        x = Expect(1000.0, set())
        body.expect(x)
        if (
            x.t <= longest
            and max((len(line) for line in x.lines.values()), default=0) < 40
            and "breathe" not in body.kind
        ):
            return body
    raise Unfit


def lasting(d: Draw) -> Lasting:
    """An endless action for some seconds."""
    body = _endless(d)
    x = Expect(1000.0, set())
    body.expect(x)
    return Lasting(time=d.time(max(2.0, 2.2 * x.t), 30), body=body)


@shape("lasting", weight=3)
def _lasting(d: Draw) -> tuple[Rule, ...]:
    first = lasting(d)
    roll = d.rng.random()
    if roll < 0.35:
        return (Start(body=first),)
    d.reuse = 0.6
    then = d.action("seq", ("steady", "timed"))
    body = Seq(steps=(first, then))
    if roll < 0.75:
        return (Start(body=body),)
    button = d.device("button", INPUTS)
    return (Press(kind="press", button=button, body=body if d.chance(0.4) else first),)


@shape("awaited", weight=4.5)
def _awaited(d: Draw) -> tuple[Rule, ...]:
    """Wait for a condition, then a few steps; or in the middle of them."""
    wait = WaitUntil(condition=quick(d))
    found = list(steps(d, d.rng.randint(1, 3), loop=False).steps)
    at = 0 if d.chance(0.75) else d.rng.randint(0, len(found) - 1)
    if at and isinstance(found[at - 1], Wait):
        at -= 1
    found.insert(at, wait)
    if d.chance(0.2):
        return (Forever(body=Seq(steps=(*found, Wait(time=d.time(0.5, 5))))),)
    return (Start(body=Seq(steps=tuple(found))),)


@shape("until", weight=3)
def _until(d: Draw) -> tuple[Rule, ...]:
    if d.chance(0.6):
        body = _endless(d, 1.5)
    else:
        d.reuse = 0.8
        body = steps(d, d.rng.randint(1, 2), loop=True)
    until = Until(condition=quick(d), body=body)
    if isinstance(body, Seq) or d.chance(0.45):  # where several repeated steps end must be plain
        return (Start(body=until),)
    d.reuse = 0.7
    return (Start(body=Seq(steps=(until, d.action("seq", ("steady", "timed"))))),)


@shape("paced", weight=2.5)
def _paced(d: Draw) -> tuple[Rule, ...]:
    """Every so often, as long as a condition holds."""
    cond = quick(d)
    body = d.action("every", ("steady", "timed"))
    if body.mode == "steady" and body.kind not in ("toggle", "print"):
        raise Unfit
    return (Level(kind="while", condition=cond, body=Paced(time=d.time(0.3, 10), body=body)),)


@shape("decide", weight=2.5)
def _decide(d: Draw) -> tuple[Rule, ...]:
    """A decision in every round of a repetition."""
    cond = quick(d)
    body = d.action("seq", ("timed",))
    other = d.action("seq", ("timed",)) if d.chance(0.6) else None
    if other == body:
        raise Unfit
    inside = Decide(condition=cond, body=body, otherwise=other)
    time = d.time(0.5, 10)
    roll = d.rng.random()
    if roll < 0.4:
        return (Start(body=Repeat(times=d.count(2, 8), body=Seq(steps=(inside, Wait(time=time))))),)
    if roll < 0.8:
        return (Every(time=time, body=inside),)
    return (Forever(body=Seq(steps=(inside, Wait(time=time)))),)


@shape("many_steps", weight=3)
def _many(d: Draw) -> tuple[Rule, ...]:
    """Three to six steps in a row."""
    body = steps(d, d.rng.randint(3, 5), loop=False)
    if len(body.steps) > 8:
        raise Unfit
    return (Start(body=body),)


@shape("nested", weight=1.5)
def _nested(d: Draw) -> tuple[Rule, ...]:
    """A repetition in a repetition."""
    d.reuse = 0.7
    times = d.count(2, 5)
    inner = Repeat(times=d.count(2, 5), body=steps(d, 1, loop=True))
    outer = Repeat(times=times, body=Seq(steps=(inner, *steps(d, 1, loop=True).steps)))
    return (Start(body=outer),)


@shape("branch_event", weight=1.5)
def _branch(d: Draw) -> tuple[Rule, ...]:
    """When one thing happens, another decides what is done."""
    trigger = quick(d, ("digital", "touchpad"))
    cond = quick(d, ("reading", "digital", "sensed"))
    if not buttonlike(trigger) and trigger.devices()[0].type == cond.devices()[0].type:
        raise Unfit
    body, other = d.action("press", ("timed",)), d.action("press", ("timed",))
    if other == body:
        raise Unfit
    inside = Decide(condition=cond, body=body, otherwise=other if d.chance(0.7) else None)
    return (On(kind="edge", trigger=Edge(condition=trigger), body=inside),)
