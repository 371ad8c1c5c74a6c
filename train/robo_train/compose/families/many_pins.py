"""Parts with many pins: the stepper 28BYJ-48 and a seven-segment digit."""

from __future__ import annotations

from typing import Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Mode
from robo_train.compose.words import Words

DIGITS = ("1111110", "0110000", "1101101", "1111001", "0110011", "1011011", "1011111", "1110000", "1111111",
          "1111011")  # fmt: skip
"""Segments a to g of each digit."""


class Steps(Action):
    """A stepper makes steps (2048 a turn), full steps with one coil on."""

    kind: Literal["stepper_steps", "stepper_angle", "stepper_turns"]
    device: Device
    amount: Quantity
    way: Literal["", "clockwise", "counterclockwise"] = ""
    pause: Time | None = None

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {self.amount.kind: self.amount}
        if self.way:
            said["way"] = Words(rule=f"w_{self.way}")
        return {**said, "time": self.pause} if self.pause else said

    def open_timing(self) -> bool:
        return True

    def _count(self) -> str:
        n = self.amount.value
        return {"stepper_steps": n, "stepper_angle": f"2048 * {n} // 360", "stepper_turns": f"2048 * {n}"}[
            self.kind
        ]

    def code(self, c: Code) -> None:
        c.machine("Pin")
        c.import_("time")
        c.setup(
            self.device, f"coils = [Pin(n, Pin.OUT) for n in ({', '.join(map(str, self.device.pins()))})]"
        )
        with c.block(f"for step in range({self._count()}):"):
            with c.block("for i in range(4):"):
                at = "3 - step % 4" if self.way == "counterclockwise" else "step % 4"
                c.line(f"coils[i].value(i == {at})")
            c.line(self.pause.sleep() if self.pause else "time.sleep_ms(2)")

    def expect(self, x: Expect) -> None:
        pins = self.device.pins()
        order = [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]
        n = int(self.amount.value)
        count = {"stepper_steps": n, "stepper_angle": 2048 * n // 360, "stepper_turns": 2048 * n}[self.kind]
        states = [order[k % 4] for k in range(8)]
        if self.way == "counterclockwise":
            states = [s[::-1] for s in states]
        x.claim(op="sequence", sigs=[["pin", p] for p in pins], states=states[: min(count, 8)], settle=0.0005)
        total = x.memory.get(("steps", self.device), 0) + count
        x.memory["steps", self.device] = total
        key = ("ups", self.device)
        ups = x.memory.get(key, 0) + len([k for k in range(count) if k % 4 == 0])
        x.always = [c for c in x.always if c.get("op") != "count" or c["sig"] != ["pin", self._first()]]
        x.memory[key] = ups
        x.claim(op="count", sig=["pin", self._first()], min=ups * 3 // 5, max=2 * ups + 1)
        step = self.pause.seconds if self.pause else 0.002
        x.wait(count * (step + 0.000275))

    def _first(self) -> int:
        pins = self.device.pins()
        return pins[3] if self.way == "counterclockwise" else pins[0]


class Digit(Action):
    """A digit on a common-cathode display: one, or counting up (for ever) or down."""

    kind: Literal["seg_show", "seg_up", "seg_down", "seg_off"]
    device: Device
    number: Quantity | None = None
    time: Time | None = None

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return {"seg_up": "endless", "seg_down": "timed"}.get(self.kind, "steady")  # type: ignore[return-value]

    @property
    def rule(self) -> str:
        return self.kind

    def open_timing(self) -> bool:
        return bool(self.time and self.time.assumed)

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"number": self.number} if self.number else {}
        return {**said, "time": self.time} if self.time and not self.time.assumed else said

    def code(self, c: Code) -> None:
        c.machine("Pin")
        numbers = ", ".join(map(str, self.device.pins()))
        c.setup(self.device, f"segments = [Pin(n, Pin.OUT) for n in ({numbers})]")
        if self.kind == "seg_off":
            with c.block("for segment in segments:"):
                c.line("segment.off()")
            return
        rows = ", ".join(f'"{d}"' for d in DIGITS)
        c.setup("digits", f"digits = ({rows})")
        c.function(
            "show",
            "def show(number):",
            "    for segment, level in zip(segments, digits[number]):",
            "        segment.value(int(level))",
        )
        if self.number and not self.time:
            c.line(f"show({self.number.value})")
            return
        assert self.time
        start = self.number.value if self.number else "0"
        span = f"{start}, -1, -1" if self.kind == "seg_down" else "10"
        with c.block(f"for number in range({span}):"):
            c.line("show(number)")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        if self.kind == "seg_off":
            self._lit(x, "0000000")
        elif not self.time:
            assert self.number
            self._lit(x, DIGITS[int(self.number.value)])
        else:
            numbers = range(10) if not self.number else range(int(self.number.value), -1, -1)
            for n in numbers:
                self._lit(x, DIGITS[n])
                x.wait(self.time.seconds)

    def _lit(self, x: Expect, levels: str) -> None:
        for pin, level in zip(self.device.pins(), levels, strict=True):
            x.set(("pin", pin), int(level))

    def opposite(self) -> Body | None:
        return Digit(kind="seg_off", device=self.device) if self.kind == "seg_show" else None


@action("stepper_steps", weight=1.5)
@action("stepper_angle", weight=1)
@action("stepper_turns", weight=0.4, only=("start", "seq", "press", "after"))
def _steps(d: Draw, kind: str) -> Body:
    if kind == "stepper_steps":
        n = d.rng.choice((50, 100, 128, 200, 256, 500, 512, 1000, 1024, d.rng.randint(10, 999)))
        amount = Quantity(kind="nsteps", value=str(n))
    elif kind == "stepper_angle":
        amount = Quantity(
            kind="angle", value=str(d.rng.choice((30, 45, 60, 90, 120, 180, d.rng.randint(10, 350))))
        )
    else:
        amount = Quantity(kind="turns", value=str(d.rng.choice((1, 1, 1, 2))))
    way = d.rng.choice(("", "", "clockwise", "counterclockwise"))
    pause = Time(unit="ms", value=str(d.rng.choice((3, 4, 5, 10)))) if d.chance(0.25) else None
    device = d.part("stepper", 4)
    return Steps(kind=kind, device=device, amount=amount, way=way, pause=pause)  # type: ignore[arg-type]


@action("seg_show", weight=0.8)
@action("seg_off", weight=0.15)
def _show(d: Draw, kind: str) -> Body:
    number = Quantity(kind="int", value=str(d.rng.randint(0, 9))) if kind == "seg_show" else None
    return Digit(kind=kind, device=d.part("seg7", 7), number=number)  # type: ignore[arg-type]


@action("seg_up", weight=0.7)
@action("seg_down", weight=0.6)
def _count(d: Draw, kind: str) -> Body:
    number = Quantity(kind="int", value=str(d.rng.choice((9, 9, 5, 3, 7)))) if kind == "seg_down" else None
    time = Time(value="1", assumed=True) if d.chance(0.2) else d.time(0.2, 3)
    return Digit(kind=kind, device=d.part("seg7", 7), number=number, time=time)  # type: ignore[arg-type]
