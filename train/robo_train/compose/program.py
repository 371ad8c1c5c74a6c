"""From meaning to the canonical program, and to what it must be seen to do."""

from __future__ import annotations

from robo_train.compose.code import Code
from robo_train.compose.expect import Done, Expect
from robo_train.compose.spec import Body, Device, TaskSpec


def dimmed(spec: TaskSpec) -> set[Device]:
    """LEDs that some action sets to a brightness: they are PWM outputs in the whole program."""
    return {
        node.device  # type: ignore[attr-defined]
        for rule in spec.rules
        for node in rule.nodes()
        if getattr(node, "pwm", False)
    }


def boot(spec: TaskSpec) -> float:
    """Seconds that the set-up takes."""
    bodies = [n for rule in spec.rules for n in rule.nodes() if isinstance(n, Body)]
    return max((b.boot for b in bodies), default=0.0)


def code(spec: TaskSpec) -> str:
    """The program that does what `spec` means, or the comment that says why there is none."""
    if spec.refusal:
        return f"# Sorry: {spec.refusal}"
    c = Code(spec.devices(), dimmed(spec), spec.api)
    if not spec.rules[0].polled:
        spec.rules[0].code(c)
        return c.text()
    with c.block("while True:"):
        for rule in spec.rules:
            rule.code(c)
        c.pause_ms(spec.poll_ms())
    return c.text()


def play(spec: TaskSpec, x: Expect) -> Expect:
    """Run the meaning on `x` until its time is over or the program would end."""
    try:
        x.wait(boot(spec))
        if not spec.rules[0].polled:
            spec.rules[0].poll(x)
            return x
        while True:
            for rule in spec.rules:
                rule.poll(x)
            x.wait(spec.poll_ms() / 1000)
    except Done:
        return x
