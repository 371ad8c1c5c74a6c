"""Scripting the inputs that put a task to the test, and how long to watch."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from robo_train.compose.expect import Done, Expect, Plan, merge
from robo_train.compose.program import boot, dimmed, play
from robo_train.compose.rules import After, ButtonDown, Every, Forever, Level, Press, Seq, Start
from robo_train.compose.spec import Body, Rule, TaskSpec

LONGEST = 900.0
FIRST = 0.6
"""Seconds until the first input changes."""


class Scene(NamedTuple):
    """`world` in the form of `robo_runtime.simulate.World`; `until` in seconds."""

    world: dict[str, Any]
    until: float


def duration(bodies: Iterable[Body | None], spec: TaskSpec) -> float:
    """Seconds that the bodies take one after the other."""
    x = Expect(LONGEST * 10, dimmed(spec))
    x.plan = Plan()
    for body in bodies:
        if body is not None:
            with suppress(Done):  # a deep sleep ends it
                body.expect(x)
    return x.t


def scene(spec: TaskSpec) -> Scene:
    """The world and the time to watch it.

    Endless things are watched for three rounds; buttons are pressed two or three times; conditions become
    true twice.
    """
    if len(spec.rules) == 1 and isinstance(spec.rules[0], Start | Forever | Every | After):
        until = round(_alone(spec.rules[0], spec) + boot(spec), 2)
        x = Expect(until, dimmed(spec))
        x.plan = Plan()
        play(spec, x)
        return Scene(merged(needs(spec), x.plan.world()), until)
    world = needs(spec)
    at = FIRST + boot(spec)
    for rule in spec.rules:
        more, at = _rule(rule, spec, at)
        merge(world, more)
    return Scene(world, round(at + 0.5, 2))


def needs(spec: TaskSpec) -> dict[str, Any]:
    """What the nodes need in any case, such as something to read."""
    world: dict[str, Any] = {}
    for node in (n for rule in spec.rules for n in rule.nodes()):
        merge(world, node.needs())
    return world


def merged(world: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """`world`, to which `more` has been added."""
    merge(world, more)
    return world


def _alone(rule: Rule, spec: TaskSpec) -> float:
    if isinstance(rule, Forever):
        return round(3.2 * duration([rule.body], spec) + 0.3, 2)
    if isinstance(rule, Every):
        return round(3.2 * (duration([rule.body], spec) + rule.time.seconds) + 0.3, 2)
    wait = rule.time.seconds if isinstance(rule, After) else 0.0
    assert isinstance(rule, After | Start)
    last = rule.body.steps[-1] if isinstance(rule.body, Seq) else rule.body
    loops = last.mode == "endless"
    once = duration([rule.body], spec)
    return round(wait + (3.3 * once if loops else once) + (1.0 if not loops else 0.3), 2)


def _rule(rule: Rule, spec: TaskSpec, start: float) -> tuple[dict[str, Any], float]:
    if isinstance(rule, Press):
        body = duration([rule.body], spec)
        presses = 3 if body < 2 else 2
        changes, t = [(0.0, False)], start
        for _ in range(presses):
            changes += [(round(t, 3), True), (round(t + 0.3, 3), False)]
            t += max(body, 0.3) + 0.7 + 0.3 * (rule.kind == "release")
        return ButtonDown(device=rule.button).script(changes), t
    if isinstance(rule, Level):
        body, other = duration([rule.body], spec), duration([rule.otherwise], spec)
        slow = 5.0 if rule.condition.poll_ms > 1000 else 0.0
        true = slow + max(0.8, min(2.3 * body, body + 1.5)) if body else 0.8
        false = slow + max(0.8, other + 0.5)
        t = start
        changes = [(0.0, False)]
        for _ in range(2):
            changes += [(round(t, 3), True), (round(t + true, 3), False)]
            t += true + body + false
        return rule.condition.script(changes), t
    return rule.stage(start, lambda *bodies: duration(bodies, spec))


def inputs(world: dict[str, Any]) -> dict[object, list[tuple[float, float]]]:
    """The scripted inputs as `Expect` reads them: a pressed button is 1."""
    found: dict[object, list[tuple[float, float]]] = {}
    for pin, series in world.get("buttons", {}).items():
        if pin.isdecimal():
            found["button", int(pin)] = [(t, 1 - level) for t, level in series]
        else:
            found["kit", pin] = list(series)
    for pin, series in world.get("touch", {}).items():
        found["touch", int(pin)] = list(series)
    for pin, series in world.get("analog", {}).items():
        found["analog", int(pin)] = list(series)
    for key, series in world.get("sensors", {}).items():
        found[key.removeprefix("sensor.")] = list(series)
    found["messages"] = [(m["t"], m["text"]) for m in world.get("messages", ())]
    for key in ("distance", "temperature", "humidity", "probe"):
        if key in world:
            found[key] = list(world[key])
    return found
