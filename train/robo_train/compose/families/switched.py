"""Parts that one pin switches: relays, pumps, fans, valves, motors behind a transistor, lasers."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time, draw_rate
from robo_train.compose.outputs import OUTPUTS_BY_NAME
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode


class _Output(Action):
    device: Device

    def name(self, c: Code) -> str:
        c.machine("Pin")
        d = self.device
        start = ", value=1" if d.active_low else ""
        return c.setup(d, f"{c.names[d]} = Pin({d.pin}, Pin.OUT{start})")

    def switch(self, c: Code, on: bool) -> None:
        name = self.name(c)
        if self.device.active_low:
            c.line(f"{name}.value({int(not on)})")
        else:
            c.line(f"{name}.{'on' if on else 'off'}()")

    def power(self, x: Expect, on: bool) -> None:
        if self.device.active_low:
            x.set(("low", self.device.pin), int(not on))
        else:
            x.set(("pin", self.device.pin), int(on))


class OutSwitch(_Output):
    """A part on or off."""

    kind: Literal["out_on", "out_off"]
    mode: ClassVar[Mode] = "steady"

    @property
    def rule(self) -> str:
        return self.kind

    def code(self, c: Code) -> None:
        self.switch(c, self.kind == "out_on")

    def expect(self, x: Expect) -> None:
        self.power(x, self.kind == "out_on")

    def opposite(self) -> Body:
        return OutSwitch(kind="out_off" if self.kind == "out_on" else "out_on", device=self.device)


class OutToggle(_Output):
    """A part switched over."""

    kind: Literal["out_toggle"] = "out_toggle"
    rule: ClassVar[str] = "out_toggle"

    def code(self, c: Code) -> None:
        name = self.name(c)
        c.line(f"{name}.value(not {name}.value())")

    def expect(self, x: Expect) -> None:
        signal = ("low" if self.device.active_low else "pin", self.device.pin)
        known = x.value(signal) if signal in x.lines else int(self.device.active_low)
        x.set(signal, 1 - known)


class OutFor(_Output):
    """On for a time, then off."""

    kind: Literal["out_for"] = "out_for"
    rule: ClassVar[str] = "out_for"
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        self.switch(c, True)
        c.sleep(self.time)
        self.switch(c, False)

    def expect(self, x: Expect) -> None:
        self.power(x, True)
        x.wait(self.time.seconds)
        self.power(x, False)


class OutPulse(_Output):
    """On and off again, for ever or a number of times."""

    kind: Literal["out_pulse", "out_pulse_n"]
    on: Time
    off: Time | None = None
    times: Quantity | None = None
    rule: ClassVar[str] = "out_pulse"

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "timed" if self.times else "endless"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = (
            {"on": self.on, "off": self.off} if self.off else {self.on.slot: self.on}
        )
        return {**said, "count": self.times} if self.times else said

    def flags(self) -> set[str]:
        return {"counted"} if self.times else {"endless"}

    def _cycle(self, c: Code) -> None:
        self.switch(c, True)
        c.sleep(self.on)
        self.switch(c, False)
        c.sleep(self.off or self.on)

    def code(self, c: Code) -> None:
        with c.repeated(self.times):
            self._cycle(c)

    def expect(self, x: Expect) -> None:
        for _ in range(int(self.times.value) if self.times else 1):
            self.power(x, True)
            x.wait(self.on.seconds)
            self.power(x, False)
            x.wait((self.off or self.on).seconds)


def _output(d: Draw) -> Device:
    known = [x for x in d.devices if x.type == "output"]
    if known and d.chance(max(d.reuse, 0.2)):
        return d.rng.choice(known)
    used = {x.label for x in known}
    free = [n for n in OUTPUTS_BY_NAME if n not in used]
    label = d.rng.choices(free, [OUTPUTS_BY_NAME[n] for n in free])[0]
    if label == "led" or (label in ("relay", "pump", "lamp", "fan", "lock", "plug") and d.chance(0.15)):
        device = Device(type="output", pin=d.pin(OUTPUTS), label=label, active_low=True)
        d.devices.append(device)
        return device
    return d.device("output", OUTPUTS, label)


@action("out_on", weight=4)
@action("out_off", weight=1.2)
def _switch(d: Draw, kind: str) -> Body:
    return OutSwitch(kind=kind, device=_output(d))  # type: ignore[arg-type]


@action("out_toggle", weight=1, only=("press", "release", "every"))
def _toggle(d: Draw, kind: str) -> Body:
    return OutToggle(device=_output(d))


@action("out_for", weight=3)
def _for(d: Draw, kind: str) -> Body:
    return OutFor(device=_output(d), time=d.time(0.1, 120))


@action("out_pulse", weight=1.6)
@action("out_pulse_n", weight=1.3)
def _pulse(d: Draw, kind: str) -> Body:
    times = d.count(2, 12) if kind == "out_pulse_n" else None
    off = d.time(0.2, 60) if d.chance(0.6) else None
    on = draw_rate(d.rng, 0.1, 15) if not off and d.chance(0.3) else d.time(0.1, 30)
    return OutPulse(kind=kind, device=_output(d), on=on, off=off, times=times)  # type: ignore[arg-type]
