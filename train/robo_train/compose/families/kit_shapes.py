"""How whole robokit tasks are put together: single calls, sequences, loops, conditions, call-backs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from robo_train.compose.draw import Draw, Unfit, shape
from robo_train.compose.families.kit import TABLE, Call, draw_call
from robo_train.compose.families.kit_events import CallBacks, Event, Pressed
from robo_train.compose.families.kit_flow import DoUntil, draw_condition
from robo_train.compose.families.kit_games import CountPresses, Dice, FollowLine, Live
from robo_train.compose.families.kit_messages import Ask, Command, Echo, OnMessage, Remote
from robo_train.compose.families.kit_output import SINKS, Show, show
from robo_train.compose.families.kit_sensors import KitButton
from robo_train.compose.families.kit_values import KEYS, WORDS
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.rules import Every, Forever, Level, Repeat, Seq, Start, Wait
from robo_train.compose.spec import Body, Rule

Rules = tuple[Rule, ...]
_ONCE = frozenset(
    {"kit_ble_start", "kit_hotspot", "kit_default_speed", "kit_tempo", "kit_clock", "kit_reset_encoders"}
)
_LONG = frozenset({"kit_do_until", "kit_while", "kit_wait_until", "kit_wait_button"})


def steps(d: Draw, n: int, loop: bool) -> Seq:
    """`n` actions; pauses where the next one would undo or overtake a state at once."""
    found: list[Body] = []
    for _ in range(n):
        body = d.action("seq", ("steady", "timed"))
        while any(body == old for old in found[-3:]):
            body = d.action("seq", ("steady", "timed"))
        last = found[-1] if found else None
        pause = isinstance(last, Call) and (last.mode == "steady" or d.chance(0.25))
        if last and pause and (_same(last, body) or d.chance(0.5)):
            found.append(Wait(time=d.time(0.2, 8)))
        found.append(body)
    if loop and not isinstance(found[-1], Wait):
        found.append(Wait(time=d.time(0.2, 8)))
    return Seq(steps=tuple(found))


def _lasting(body: Body) -> Body:
    """The body, unless it holds something that is done once and for all, such as giving a name."""
    if any(n.kind in _ONCE for n in body.nodes()):
        raise Unfit
    return body


def _same(a: Body, b: Body) -> bool:
    """Whether two actions concern one part."""
    return isinstance(a, Call) and isinstance(b, Call) and _part(a) == _part(b)


def _part(call: Call) -> str:
    return call.entry.function.split(".")[0]


def _single(d: Draw) -> Rules:
    return (Start(body=d.action("start", ("steady", "timed"))),)


def _sequence(d: Draw) -> Rules:
    return (Start(body=steps(d, d.rng.choices((2, 3, 4, 5), (4, 4, 2, 1))[0], loop=False)),)


def _kind(d: Draw, kinds: dict[str, float]) -> Call:
    call = draw_call(d, d.rng.choices(list(kinds), list(kinds.values()))[0])
    assert isinstance(call, Call)
    return call


_DRIVES = {
    "kit_forward_for": 3, "kit_backward_for": 2, "kit_left_for": 1.5, "kit_right_for": 1.5,
    "kit_forward_cm": 3, "kit_backward_cm": 2, "kit_left_angle": 2, "kit_right_angle": 2, "kit_arc": 0.8,
}  # fmt: skip


def _route(d: Draw) -> Rules:
    """A way to drive, one leg after the other; now and then a sign at the end."""
    found: list[Body] = [_kind(d, _DRIVES)]
    for _ in range(d.rng.randint(1, 4)):
        leg = _kind(d, _DRIVES)
        if leg.kind != found[-1].kind:
            found.append(leg)
    if d.chance(0.3):
        found.append(
            _kind(d, {"kit_beep": 2, "kit_stop": 1, "kit_led_on": 1, "kit_melody": 1, "kit_gripper_open": 1})
        )
    if len(found) < 2:
        raise Unfit
    body: Body = Seq(steps=tuple(found[:5]))
    if d.chance(0.2):
        return (Start(body=Repeat(times=d.count(2, 6), body=body)),)
    return (Start(body=body),)


def _timed_drive(d: Draw) -> Rules:
    """Drive, wait, stop: in three calls."""
    drive = _kind(
        d,
        {"kit_forward": 3, "kit_backward": 2, "kit_left": 1, "kit_right": 1, "kit_motors": 1,
         "kit_motors_left": 0.6, "kit_motors_right": 0.6, "kit_motors_back": 0.4, "kit_motor": 0.8,
         "kit_motor_back": 0.5},
    )  # fmt: skip
    found: list[Body] = [
        drive,
        Wait(time=d.time(0.2, 10)),
        Call(kind=d.rng.choice(("kit_stop", "kit_brake"))),
    ]
    if "motor" not in drive.kind and d.chance(0.4):
        found.insert(0, draw_call(d, "kit_default_speed"))
        found[1] = Call(kind=drive.kind)
    return (Start(body=Seq(steps=tuple(found))),)


def _forever(d: Draw) -> Rules:
    if d.chance(0.35):
        on = _kind(d, {k: 1 for k, e in TABLE.items() if e.undo and e.steady and e.alone})
        off = on.opposite()
        if off is None or off == on:
            raise Unfit
        return (Forever(body=Seq(steps=(on, Wait(time=d.time(0.1, 6)), off, Wait(time=d.time(0.1, 6))))),)
    return (Forever(body=_lasting(steps(d, d.rng.randint(1, 3), loop=True))),)


def _report(d: Draw) -> Rules:
    """A reading put out again and again."""
    body = d.action("every", ("timed",), ("kit_show",))
    wait = d.time(0.2, 60)
    if d.chance(0.5):
        return (Every(time=wait, body=body),)
    return (Forever(body=Seq(steps=(body, Wait(time=wait)))),)


def _two_reports(d: Draw) -> Rules:
    """Two readings on two lines of the display, or printed."""
    a, b = (d.action("every", ("timed",), ("kit_show",)) for _ in range(2))
    assert isinstance(a, Show)
    assert isinstance(b, Show)
    if a.reading == b.reading:
        raise Unfit
    line = Quantity(kind="int", value=str(d.rng.randint(1, 5)))
    a = a.model_copy(update={"sink": "display", "extra": ()})
    b = b.model_copy(update={"sink": "display", "extra": (("line", line),)})
    return (Every(time=d.time(0.5, 30), body=Seq(steps=(a, b))),)


def _follow(d: Draw) -> Rules:
    body = d.action("forever", ("steady",), ("kit_follow",))
    if d.chance(0.75):
        return (Live(body=body.model_copy(update={"live": True})),)
    return (Every(time=Time(unit="ms", value=d.rng.choice(("10", "50", "100", "200"))), body=body),)


def _repeat(d: Draw) -> Rules:
    return (
        Start(body=Repeat(times=d.count(2, 10), body=_lasting(steps(d, d.rng.randint(1, 3), loop=True)))),
    )


def _every(d: Draw) -> Rules:
    body = _lasting(d.action("every", ("timed",)))
    if body.kind in _LONG:
        raise Unfit
    return (Every(time=d.time(0.3, 60), body=body),)


def _level(d: Draw) -> Rules:
    """Something while or if a condition holds, and mostly something else otherwise."""
    condition = draw_condition(d)
    button = isinstance(condition, KitButton)
    kind: Literal["while", "if"] = "while" if d.chance(0.6 if button else 0.25) else "if"
    roll = d.rng.random()
    if roll < 0.6:
        body = d.action(kind, ("steady",))
        other = body.opposite()
        if other is None:
            raise Unfit
        said = d.chance(0.5)
        kind = "while" if button and not said else kind
        return (Level(kind=kind, condition=condition, body=body, otherwise=other, said_otherwise=said),)
    if roll < 0.8:
        a = _steady(d)
        b = draw_call(d, a.kind) if d.chance(0.5) else _steady(d)
        if a == b or _part(a) != _part(b):  # type: ignore[arg-type]
            raise Unfit
        return (Level(kind=kind, condition=condition, body=a, otherwise=b, said_otherwise=True),)
    body = _lasting(d.action(kind, ("timed",)))
    if body.kind in _LONG or isinstance(body, Show):
        raise Unfit
    return (Level(kind="while" if button else kind, condition=condition, body=body),)


def _steady(d: Draw) -> Call:
    body = d.action("if", ("steady",))
    if not isinstance(body, Call):
        raise Unfit
    return body


def _until(d: Draw) -> Rules:
    """Drive until something is in the way, and then go on with something else."""
    first = d.action("start", ("timed",), ("kit_do_until", "kit_while", "kit_wait_until", "kit_wait_button"))
    if first.kind in ("kit_wait_until", "kit_wait_button") or d.chance(0.4):
        then = [d.action("seq", ("steady", "timed")) for _ in range(d.rng.randint(1, 2))]
        if any(t.kind in _LONG for t in then):
            raise Unfit
        body: Body = Seq(steps=(first, *then))
    else:
        body = first
    if isinstance(first, DoUntil) and isinstance(body, Seq) and d.chance(0.35):
        if body.steps[-1].mode == "steady":
            raise Unfit
        return (Forever(body=body),)
    return (Start(body=body),)


def _answer(d: Draw, modes: tuple[str, ...] = ("steady", "timed")) -> Body:
    """What happens at an event: one action, or two."""
    body = d.action("event", modes)
    if body.kind in _LONG or body.kind == "kit_follow":
        raise Unfit
    if "timed" in modes and d.chance(0.2):
        body = steps(d, 2, loop=False)
        if any(s.kind in _LONG for s in body.steps):
            raise Unfit
    return body


_INSTANT = {
    "kit_led_toggle": 4.0, "kit_led_on": 1, "kit_led_off": 1, "kit_pixels": 1, "kit_forward": 1,
    "kit_stop": 1,
    "kit_say": 1, "kit_radio": 1.5, "kit_sound": 0.7, "kit_silence": 0.7, "kit_servo": 1, "kit_relay_on": 0.5,
    "kit_all_on": 0.5, "kit_all_off": 0.5, "kit_pixel": 0.5, "kit_gripper_open": 0.6, "kit_log": 0.6,
}  # fmt: skip


def _press(d: Draw) -> Rules:
    """A function called back at each press of one button, or of both."""
    if d.chance(0.75):
        event = Event(kind="kit_on_press", button=d.rng.choice(("A", "B")), body=_answer(d))
        return (CallBacks(events=(event,)),)
    a, b = _kind(d, _INSTANT), _kind(d, _INSTANT)
    if a == b:
        raise Unfit
    events = (Event(kind="kit_on_press", button="A", body=a), Event(kind="kit_on_press", button="B", body=b))
    return (CallBacks(events=events),)


def _timers(d: Draw) -> Rules:
    """A function called back by the timer: every so often, or once."""

    def event() -> Event:
        kind: Literal["kit_timer_every", "kit_timer_after"] = d.rng.choice(
            ("kit_timer_every", "kit_timer_after")
        )
        time = Time(
            unit="ms", value=str(d.rng.choice((200, 250, 500, 1000, 2000, 5000, 10 * d.rng.randint(20, 900))))
        )
        body: Body = _kind(d, _INSTANT)
        if kind == "kit_timer_every":
            body = (
                d.action("event", ("timed",), ("kit_show",))
                if d.chance(0.4)
                else _kind(d, {"kit_led_toggle": 3, "kit_say": 1, "kit_radio": 1, "kit_log": 1})
            )
        return Event(kind=kind, time=time, body=body)

    first = event()
    if d.chance(0.25):
        second = event()
        if second.kind == first.kind or second.body == first.body:
            raise Unfit
        return (CallBacks(events=(first, second)),)
    return (CallBacks(events=(first,)),)


def _pressed(d: Draw) -> Rules:
    kind: Literal["kit_was_pressed", "kit_each_wait"] = d.rng.choice(("kit_was_pressed", "kit_each_wait"))
    return (Pressed(kind=kind, button=d.rng.choice(("A", "B")), body=_answer(d)),)


_STEERED = {
    "forward": "kit_forward", "back": "kit_backward", "left": "kit_left", "right": "kit_right",
    "stop": "kit_stop",
    "on": "kit_led_on", "off": "kit_led_off", "beep": "kit_beep", "open": "kit_gripper_open",
    "close": "kit_gripper_close", "go": "kit_forward", "up": "kit_forward", "down": "kit_backward",
}  # fmt: skip


def _remote(d: Draw) -> Rules:
    """Words or keys that steer."""
    kind: Literal["kit_radio", "kit_ble", "kit_key"] = d.rng.choice(("kit_radio", "kit_ble", "kit_key"))
    words = KEYS if kind == "kit_key" else WORDS
    fitting = [w for w in words if w in _STEERED]
    commands: list[Command] = []
    used: set[str] = set()
    for _ in range(d.rng.choices((1, 2, 3, 4), (4, 4, 2, 1))[0]):
        fits = d.chance(0.6)
        word = d.rng.choice(fitting if fits else words)
        body = draw_call(d, _STEERED[word]) if fits else d.action("event", ("steady", "timed"))
        if word in used or any(body == c.body for c in commands) or not isinstance(body, Call):
            raise Unfit
        used.add(word)
        commands.append(Command(word=word, body=body))
    start = draw_call(d, "kit_ble_start") if kind == "kit_ble" else None
    return (Remote(kind=kind, commands=tuple(commands), start=start),)  # type: ignore[arg-type]


def _echo(d: Draw) -> Rules:
    ble = d.chance(0.5)
    start = draw_call(d, "kit_ble_start") if ble else None
    sink: Literal["print", "say", "display"] = d.rng.choice(("print", "say", "display"))
    return (Echo(kind="kit_echo_ble" if ble else "kit_echo_radio", sink=sink, start=start),)  # type: ignore[arg-type]


def _network(d: Draw) -> Rules:
    """First connect, then send, ask or leave."""
    wifi = draw_call(d, "kit_wifi")
    roll = d.rng.random()
    if roll < 0.4:
        what = d.rng.choice(("ip", "page", "connected", "ip"))
        return (Ask(connect=wifi, show=show(d, d.rng.choice(list(SINKS)[:3]), what)),)  # type: ignore[arg-type]
    if roll < 0.62:
        broker = draw_call(d, "kit_mqtt")
        if d.chance(0.4):
            topic = str(draw_call(d, "kit_publish").values[0][1].text)  # type: ignore[attr-defined]
            sink: Literal["print", "say", "display"] = d.rng.choice(("print", "say", "display"))
            return (OnMessage(connect=(wifi, broker), topic=topic, sink=sink),)  # type: ignore[arg-type]
        if d.chance(0.5):
            return (Start(body=Seq(steps=(wifi, broker, draw_call(d, "kit_publish")))),)
        report = show(
            d, "publish", d.rng.choice(("temperature", "humidity", "light", "soil", "distance", "battery"))
        )
        return (Start(body=Seq(steps=(wifi, broker, report))),)
    if roll < 0.74:
        return (Start(body=Seq(steps=(wifi, draw_call(d, "kit_post")))),)
    if roll < 0.86:
        after = d.action("seq", ("steady", "timed"))
        if after.kind in _LONG:
            raise Unfit
        return (Start(body=Seq(steps=(wifi, after, Call(kind="kit_wifi_off")))),)
    start = draw_call(d, "kit_ble_start")
    if d.chance(0.5):
        return (Start(body=Seq(steps=(start, draw_call(d, "kit_ble")))),)
    return (
        Start(body=Seq(steps=(start, show(d, "ble", d.rng.choice(("temperature", "light", "distance")))))),
    )


def _scan(d: Draw) -> Rules:
    return (Start(body=show(d, d.rng.choice(("print", "say")), "scan")),)


def _state(d: Draw) -> Rules:
    """Set something, then tell its state."""
    sink = d.rng.choice(("print", "say", "display", "print"))
    what = d.rng.choice(("servo", "travelled", "lit", "moving", "seconds", "time", "moving", "lit"))
    first: list[Body]
    values = None
    if what == "servo":
        first = [draw_call(d, d.rng.choice(("kit_servo", "kit_servo_move")))]
        values = tuple(v for v in first[0].values if v[0] == "n")  # type: ignore[attr-defined]
    elif what == "travelled":
        first = [Call(kind="kit_reset_encoders"), draw_call(d, "kit_forward_cm")]
    elif what == "lit":
        first = [draw_call(d, d.rng.choice(("kit_led_on", "kit_led_off", "kit_led_toggle")))]
        values = first[0].values  # type: ignore[attr-defined]
    elif what == "moving":
        first = [draw_call(d, d.rng.choice(("kit_forward", "kit_stop", "kit_backward", "kit_forward_for")))]
    elif what == "seconds":
        first = [Call(kind="kit_timer_reset"), d.action("seq", ("timed",))]
        if first[1].kind in (*_LONG, "kit_timer_reset"):
            raise Unfit
    else:
        first = [draw_call(d, "kit_clock")]
        if d.chance(0.4):
            first.append(Wait(time=d.time(1, 10)))
    return (Start(body=Seq(steps=(*first, show(d, sink, what, values)))),)


def _music(d: Draw) -> Rules:
    """A tempo, then notes."""
    notes = [draw_call(d, "kit_note") for _ in range(d.rng.randint(1, 3))]
    tune = d.action("seq", ("timed",), ("kit_notes", "kit_melody")) if d.chance(0.4) else None
    return (Start(body=Seq(steps=(draw_call(d, "kit_tempo"), *([tune] if tune else notes)))),)


def _power(d: Draw) -> Rules:
    """Sleep or restart at the end, or at a press."""
    off = draw_call(d, d.rng.choice(("kit_sleep", "kit_restart")))
    if d.chance(0.4):
        return (CallBacks(events=(Event(kind="kit_on_press", button=d.rng.choice(("A", "B")), body=off),)),)
    first = d.action("seq", ("timed",))
    if first.kind in _LONG:
        raise Unfit
    return (Start(body=Seq(steps=(first, off))),)


def _line(d: Draw) -> Rules:
    speed = (
        None
        if d.chance(0.3)
        else Quantity(kind="percent", value=str(d.rng.choice((30, 40, 50, d.rng.randint(20, 80)))))
    )
    turning = Quantity(kind="percent", value=str(d.rng.randint(15, 70))) if speed and d.chance(0.4) else None
    return (FollowLine(speed=speed, turning=turning),)


def _count(d: Draw) -> Rules:
    button = d.rng.choice(("A", "B"))
    sink: Literal["print", "say", "number"] = d.rng.choice(("print", "say", "number"))
    if d.chance(0.5):
        return (CountPresses(button=button, sink=sink),)
    low = 0 if d.chance(0.2) else 1
    high = d.rng.choice((2, 6, 6, 10, 20, 100, d.rng.randint(3, 99)))
    return (
        Dice(
            sink=sink, low=Quantity(kind="int", value=str(low)), high=Quantity(kind="int", value=str(high)),
            button=button if d.chance(0.6) else "",
        ),
    )  # fmt: skip


SHAPES: dict[str, tuple[Callable[[Draw], Rules], float]] = {
    "single": (_single, 22),
    "sequence": (_sequence, 14),
    "route": (_route, 6),
    "timed drive": (_timed_drive, 3),
    "forever": (_forever, 7),
    "report": (_report, 4.5),
    "two reports": (_two_reports, 1.2),
    "follow": (_follow, 3.5),
    "repeat": (_repeat, 5),
    "every": (_every, 3),
    "level": (_level, 11),
    "until": (_until, 5),
    "press": (_press, 5),
    "timers": (_timers, 3.5),
    "pressed": (_pressed, 3),
    "remote": (_remote, 4),
    "echo": (_echo, 1.5),
    "network": (_network, 9),
    "scan": (_scan, 1.2),
    "state": (_state, 7.5),
    "music": (_music, 1.5),
    "power": (_power, 3),
    "line": (_line, 1),
    "count": (_count, 3.5),
}


@shape("robokit", weight=60)
def draw(d: Draw) -> Rules:
    """One robokit task."""
    d.api = "robokit"
    names = list(SHAPES)
    return SHAPES[d.rng.choices(names, [SHAPES[n][1] for n in names])[0]][0](d)
