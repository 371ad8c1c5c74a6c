"""Hard pairs: the same few numbers as pin, count, time, angle or percent, so that only the role tells."""

from __future__ import annotations

from robo_train.compose.draw import INPUTS, Draw, Unfit, shape
from robo_train.compose.families.events import Hold, On
from robo_train.compose.rules import After, Every, Press, Start
from robo_train.compose.spec import Body, Rule

POOLS = (
    (2, 4), (2, 5), (4, 5), (4, 12), (5, 12), (5, 15), (4, 14), (2, 15), (12, 13), (12, 15), (13, 14),
    (4, 16), (5, 18), (15, 5), (16, 17), (18, 19), (2, 4, 5), (4, 5, 12), (2, 5, 13), (4, 15, 16),
    (5, 12, 18), (12, 13, 14), (2, 14, 15), (4, 13, 17), (5, 16, 19),
)  # fmt: skip
_ONE = ("blink_n", "on_for", "angle", "dim", "beep_n", "tone", "blink", "wag_n", "count_up", "fade_in")


def _body(d: Draw, kinds: tuple[str, ...] = _ONE) -> Body:
    return d.action("press", ("steady", "timed"), kinds)


@shape("twins", weight=5)
def _twins(d: Draw) -> tuple[Rule, ...]:
    """One small task whose numbers could all stand in each other's place."""
    d.assume = 0.0
    d.coloured = False
    pool = list(d.rng.choice(POOLS))
    d.rng.shuffle(pool)
    d.pool = list(pool)
    roll = d.rng.random()
    rule: Rule
    if roll < 0.4:
        rule = Start(body=d.action("start", ("steady", "timed", "endless"), _ONE))
    elif roll < 0.55:
        rule = After(time=d.time(1, 20), body=_body(d, ("on", "blink_n", "angle", "sound")))
    elif roll < 0.68:
        rule = Every(time=d.time(1, 20), body=_body(d, ("toggle", "on_for", "blink_n", "beep_n")))
    elif roll < 0.85:
        rule = Press(kind="press", button=d.device("button", INPUTS), body=_body(d, ("on", "toggle", *_ONE)))
    else:
        hold = Hold(device=d.device("button", INPUTS), time=d.time(1, 20))
        rule = On(kind="hold", trigger=hold, body=_body(d, ("on", "toggle", "angle", "blink_n")))
    if len(pool) - len(d.pool) < 2:
        raise Unfit
    return (rule,)
