"""Drawing whole tasks: which shape, which trigger, which actions."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from robo_train.compose.draw import CONDITIONS, CORE, INPUTS, RULES, SHAPES, Draw, Unfit
from robo_train.compose.families.digital import buttonlike
from robo_train.compose.refusals import refused
from robo_train.compose.rules import After, Every, Forever, Level, Press, Repeat, Seq, Start, Wait
from robo_train.compose.spec import Body, Condition, Node, Rule, TaskSpec

REFUSED = 0.06
"""Share of tasks that cannot be done."""
Shape = Callable[[Draw], tuple[Rule, ...]]


def draw_task(rng: Random, deep: bool = False, focus: float = 0.0) -> TaskSpec:
    """One task.

    Args:
        deep: from the shapes with the most levels.
        focus: share of the tasks that are drawn from what beginners ask for first (`CORE`, `_CORE_SHAPES`).
    """
    if not deep and rng.random() < REFUSED:
        while True:
            if (wrong := refused(draw_task(rng, deep=False), rng)) is not None:
                return wrong
    core = focus > 0 and not deep and rng.random() < focus
    shapes = (
        _DEEP
        if deep
        else {n: ({**_SHAPES, **SHAPES}[n][0], w) for n, w in _CORE_SHAPES.items()}
        if core
        else {**_SHAPES, **SHAPES}
    )
    names = list(shapes)
    name = rng.choices(names, [shapes[n][1] for n in names])[0]
    while True:
        d = Draw(rng)
        d.core = core
        try:
            rules = shapes[name][0](d)
        except Unfit:
            continue
        if _sound(rules):
            return TaskSpec(family=_family(rules), rules=rules, api=d.api)  # type: ignore[arg-type]


def _family(rules: tuple[Rule, ...]) -> str:
    """trigger/first action, for reports."""
    body = getattr(rules[0], "body", None)
    leaves = [n.kind for n in body.nodes() if isinstance(n, Body)] if body else []
    return "/".join([rules[0].kind, *leaves[:1]] if len(rules) == 1 else [rules[0].kind, rules[1].kind])


def _sound(rules: tuple[Rule, ...]) -> bool:
    """No pin used twice; no dimmed LED toggled or switched in a group; one group at most."""
    nodes = [n for rule in rules for n in rule.nodes()]
    pwm = {n.device for n in nodes if getattr(n, "pwm", False)}  # type: ignore[attr-defined]
    if any(n.kind in ("toggle", "flash") and n.device in pwm for n in nodes):  # type: ignore[attr-defined]
        return False
    devices = {x for rule in rules for x in rule.devices()}
    pins = [p for d in devices for p in d.pins()]
    if not _one_link(nodes) or sum(d.type == "uart" for d in devices) > 1:
        return False
    if {d.type for d in devices} >= {"rgb", "led"} and any(d.type == "led" and d.label for d in devices):
        return False  # both would be called red, green, blue
    types = [d.type for d in devices]
    if any(types.count(one) > 1 for one in ("hcsr04", "dht", "probe")):  # the world has one of each
        return False
    lists = [n for n in nodes if getattr(n, "lists", False)]
    if any(pwm & set(getattr(n, "leds", ())) for n in lists):
        return False
    return len(pins) == len(set(pins)) and len(lists) <= 1


def _one_link(nodes: list[Node]) -> bool:
    """Whether all that goes over the air or the wire uses one network, one broker, one speed."""
    links = {
        (n.kind, n.wifi, getattr(n, "broker", ""))  # type: ignore[attr-defined]
        for n in nodes
        if getattr(n, "wifi", None)
    }
    radio = any("espnow" in n.kind for n in nodes)
    speeds = {n.baud for n in nodes if getattr(n, "baud", None)}  # type: ignore[attr-defined]
    return len(links) + radio <= 1 and len(speeds) <= 1


def _single(d: Draw) -> tuple[Rule, ...]:
    return (Start(body=d.action("start", ("steady", "timed", "endless"))),)


def _basic(d: Draw) -> tuple[Rule, ...]:
    """What beginners ask for first: one LED, or one servo, buzzer or line of text."""
    kinds: tuple[str, ...] = ("on", "off", "blink", "blink_n", "on_for")
    if d.chance(0.3):
        kinds = ("angle", "beep_n", "tone", "dim", "print", "fade_in", "breathe", "wag")
    return (Start(body=d.action("start", ("steady", "timed", "endless"), kinds)),)


def steps(d: Draw, n: int, loop: bool) -> Seq:
    """`n` actions with pauses wherever the next one would undo or overtake a state at once."""
    d.reuse = 0.65
    found: list[Body] = []
    for _ in range(n):
        body = d.action("seq", ("steady", "timed"))
        while found and (body == found[-1] or body in found[-2:]):
            body = d.action("seq", ("steady", "timed"))
        last = found[-1] if found else None
        same = last is not None and getattr(last, "device", 0) == getattr(body, "device", 1)
        if last is not None and last.mode == "steady":
            if same or d.chance(0.6):
                found.append(Wait(time=d.time(0.2, 8)))
        elif last is not None and (same or d.chance(0.35)):
            found.append(Wait(time=d.time(0.2, 8)))
        found.append(body)
    if loop:
        found.append(Wait(time=d.time(0.2, 8)))
    if found[0].mode == "steady" and found[0].kind == "off" and not loop:
        raise Unfit
    return Seq(steps=tuple(found))


def _on_off(d: Draw) -> Seq:
    """on, wait, off, wait: the first loop everyone writes; also with two LEDs in turn."""
    d.reuse = 1.0
    on = d.action("seq", ("steady",), ("on", "dim", "sound", "out_on"))
    off = on.opposite()
    assert off is not None
    if d.chance(0.35):
        d.reuse = 0.0
        other = d.action("seq", ("steady",), ("on",))
        dark = other.opposite()
        assert dark is not None
        if getattr(other, "device", None) == getattr(on, "device", None):
            raise Unfit
        if d.chance(0.5):
            return Seq(steps=(on, Wait(time=d.time(0.1, 6)), off, other, Wait(time=d.time(0.1, 6)), dark))
        return Seq(steps=(on, dark, Wait(time=d.time(0.1, 6)), off, other, Wait(time=d.time(0.1, 6))))
    return Seq(steps=(on, Wait(time=d.time(0.1, 6)), off, Wait(time=d.time(0.1, 6))))


def _sequence(d: Draw) -> tuple[Rule, ...]:
    return (Start(body=steps(d, d.rng.randint(2, 3), loop=False)),)


def _forever(d: Draw) -> tuple[Rule, ...]:
    body = _on_off(d) if d.chance(0.5) else steps(d, d.rng.randint(2, 3), loop=True)
    return (Forever(body=body),)


def _repeat(d: Draw) -> Repeat:
    times = d.count(2, 12)
    body = _on_off(d) if d.chance(0.5) else steps(d, 2, loop=True)
    return Repeat(times=times, body=body)


def _repeated(d: Draw) -> tuple[Rule, ...]:
    return (Start(body=_repeat(d)),)


def _small(d: Draw, trigger: str) -> Body:
    """An action that ends, or a short sequence."""
    if d.chance(0.2):
        return steps(d, 2, loop=False)
    return d.action(trigger, ("steady", "timed"))


def _every(d: Draw) -> tuple[Rule, ...]:
    body = _small(d, "every")
    if body.mode == "steady" and body.kind != "toggle":
        raise Unfit
    return (Every(time=d.time(0.5, 60), body=body),)


def _after(d: Draw) -> tuple[Rule, ...]:
    body = d.action("after", ("steady", "timed", "endless")) if d.chance(0.85) else steps(d, 2, loop=False)
    return (After(time=d.time(0.3, 300), body=body),)


def _press(d: Draw, kind: Literal["press", "release"] = "press") -> tuple[Rule, ...]:
    button = d.device("button", INPUTS)
    return (Press(kind=kind, button=button, body=_small(d, kind)),)


def _release(d: Draw) -> tuple[Rule, ...]:
    return _press(d, "release")


def _toggle(d: Draw) -> tuple[Rule, ...]:
    button = d.device("button", INPUTS)
    return (Press(kind="press", button=button, body=d.action("press", ("steady",), ("toggle",))),)


def level(d: Draw, condition: Condition | None = None, actions: tuple[str, ...] = ()) -> Level:
    """While a button is held or a reading is beyond a limit.

    Args:
        condition: any if not given.
        actions: kinds to choose from; all if empty.
    """
    if condition is None:
        makers = [
            (m, w) for k, (m, w, api) in CONDITIONS.items() if api == d.api and (k in CORE or not d.core)
        ]
        condition = d.rng.choices([m for m, _ in makers], [w for _, w in makers])[0](d)
    button = "button" in condition.kind or buttonlike(condition)
    kind: Literal["while", "if"] = "while" if d.chance(0.65 if button else 0.3) else "if"
    if d.chance(0.72):
        d.reuse = 0.0
        body = d.action(kind, ("steady",), actions)
        other = body.opposite()
        if other is None:
            raise Unfit
        said = body.kind == "angle" or d.chance(0.4)
        if button and not said:  # "when it is pressed, switch on" is a press: it stays on
            kind = "while"
        if body.kind == "on" and d.chance(0.15):  # another LED for the other case
            other, said = d.action(kind, ("steady",), ("on",)), True
            off_a, off_b = body.opposite(), other.opposite()
            assert off_a is not None
            assert off_b is not None
            if getattr(other, "device", None) == getattr(body, "device", None):
                raise Unfit
            return Level(
                kind=kind, condition=condition, said_otherwise=True,
                body=Seq(steps=(body, off_b)), otherwise=Seq(steps=(off_a, other)),
            )  # fmt: skip
        return Level(kind=kind, condition=condition, body=body, otherwise=other, said_otherwise=said)
    if button:
        kind = "while"
    body = d.action(kind, ("endless",), actions)
    if condition.poll_ms > 1000:
        raise Unfit
    return Level(kind=kind, condition=condition, body=body, otherwise=body.opposite())


def _level(d: Draw) -> tuple[Rule, ...]:
    return (level(d),)


def _special(d: Draw) -> tuple[Rule, ...]:
    kinds = [k for k in RULES if k in CORE or not d.core]
    kind = d.rng.choices(kinds, [RULES[k][1] for k in kinds])[0]
    return (RULES[kind][0](d, kind),)


def _two(d: Draw) -> tuple[Rule, ...]:
    """Two independent rules with instant actions: two buttons, or a button and a sensor."""
    d.assume = 0.0
    if d.chance(0.6):
        d.reuse = 1.0
        first = d.device("button", INPUTS)
        d.reuse = 0.0
        second = d.device("button", INPUTS)
        d.reuse = 1.0
        a = d.action("press", ("steady",))
        b = a.opposite() if d.chance(0.7) else None
        if b is None or b == a:
            d.reuse = 0.0
            b = d.action("press", ("steady", "timed"))
        return (Press(kind="press", button=first, body=a), Press(kind="press", button=second, body=b))
    d.reuse = 0.0
    a_rule, b_rule = level(d), level(d)
    bodies = (a_rule.body, b_rule.body)
    if a_rule.condition.poll_ms != b_rule.condition.poll_ms:
        raise Unfit
    if any(b.mode != "steady" for b in bodies) or any(isinstance(b, Seq) for b in bodies):
        raise Unfit
    if set(a_rule.devices()) & set(b_rule.devices()):
        raise Unfit
    return (a_rule, b_rule)


def _deep_press(d: Draw) -> tuple[Rule, ...]:
    button = d.device("button", INPUTS)
    return (Press(kind=d.rng.choice(("press", "release")), button=button, body=_repeat(d)),)


def _deep_timed(d: Draw) -> tuple[Rule, ...]:
    rule = Every if d.chance(0.5) else After
    return (rule(time=d.time(0.5, 60), body=_repeat(d)),)


_SHAPES: dict[str, tuple[Shape, float]] = {
    "basic": (_basic, 26),
    "single": (_single, 28),
    "sequence": (_sequence, 9),
    "forever": (_forever, 9),
    "repeat": (_repeated, 4),
    "every": (_every, 6),
    "after": (_after, 4),
    "press": (_press, 9),
    "release": (_release, 2.5),
    "toggle": (_toggle, 2.5),
    "level": (_level, 15),
    "two": (_two, 3),
    "special": (_special, 36),
    "deep_press": (_deep_press, 0.4),
    "deep_timed": (_deep_timed, 0.3),
}
_CORE_SHAPES = {
    "basic": 26, "single": 28, "sequence": 9, "forever": 9, "every": 6, "after": 4, "press": 9,
    "release": 2.5, "toggle": 4, "level": 15, "special": 8, "everyday": 14,
}  # fmt: skip
_DEEP: dict[str, tuple[Shape, float]] = {"deep_press": (_deep_press, 1.5), "deep_timed": (_deep_timed, 1)}
