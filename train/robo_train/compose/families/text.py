"""What a program prints: fixed texts, readings, counted presses."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, action, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import FULL_SCALE_V, adc, analog, key
from robo_train.compose.families.led import Toggle
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS, presses
from robo_train.compose.spec import Action, Body, Device, Rule

_TEXTS = (
    "hello|Hello World|hello world|hi|ready|done|ok|start|stop|on|off|alarm|go|I am a "
    "robot|Welcome|good morning|good night|danger|stop it|I love robots|123|42|bye|pressed|button "
    "pressed|it works|Hallo|ping|test|beep|robot on|help|yes|no|party|Hi there!|Let's "
    "go|warning|open|closed|I am awake|ouch|red|green|bang|win|game over"
).split("|")


class PrintText(Action):
    """A line on the terminal."""

    kind: Literal["print"] = "print"
    rule: ClassVar[str] = "print"
    text: str

    def slots(self) -> dict[str, Spoken | str]:
        return {"text": Text(text=self.text)}

    def flags(self) -> set[str]:
        return {"word"} if self.text.isalpha() else set()

    def code(self, c: Code) -> None:
        c.line(f'print("{self.text}")')

    def expect(self, x: Expect) -> None:
        x.print(self.text)


class Report(Rule):
    """Print a reading again and again, raw or in percent."""

    kind: Literal["report", "report_percent"]
    polled: ClassVar[bool] = False
    device: Device
    time: Time

    @property
    def rule(self) -> str:
        return f"analog_{self.kind}"

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        with c.block("while True:"):
            c.line(f"print({read} * 100 // 65535)" if self.kind == "report_percent" else f"print({read})")
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        while True:
            share = round(x.read(("analog", self.device.pin)) / FULL_SCALE_V * 4095)
            raw = share << 4 | share >> 8
            x.print(str(raw * 100 // 65535 if self.kind == "report_percent" else raw))
            x.wait(self.time.seconds)

    def script(self) -> tuple[dict[str, Any], float]:
        step = self.time.seconds
        series = [(0.0, 1.65), (round(1.5 * step, 4), 2.97), (round(2.5 * step, 4), 0.33)]
        return {"analog": {str(self.device.pin): series}}, round(3.5 * step, 3)


class Counter(Rule):
    """Count presses: print the number, or act on every nth."""

    kind: Literal["count", "count_nth"]
    device: Device
    led: Device | None = None
    nth: Quantity | None = None
    named: ClassVar[dict[str, str]] = {"led": "led"}

    @property
    def rule(self) -> str:
        return f"button_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        return {"nth": self.nth} if self.nth else {}

    def code(self, c: Code) -> None:
        name = c.button(self.device)
        c.setup("count", "count = 0")
        with c.block(f"if {name}.value() == 0:"):
            c.line("count += 1")
            if self.nth and self.led:
                with c.block(f"if count % {self.nth.value} == 0:"):
                    Toggle(device=self.led).code(c)
            else:
                c.line("print(count)")
            with c.block(f"while {name}.value() == 0:"):
                c.pause_ms(POLL_MS)

    def poll(self, x: Expect) -> None:
        if x.read(("button", self.device.pin)) != 1:
            return
        x.memory["count"] = x.memory.get("count", 0) + 1
        if self.nth and self.led:
            if x.memory["count"] % int(self.nth.value) == 0:
                Toggle(device=self.led).expect(x)
        else:
            x.print(str(x.memory["count"]))
        while x.read(("button", self.device.pin)) == 1:
            x.wait(POLL_MS / 1000)

    def script(self) -> tuple[dict[str, Any], float]:
        n = 2 * int(self.nth.value) + 1 if self.nth else 4
        return presses(self.device, [(0.5 + 0.5 * i, 0.7 + 0.5 * i) for i in range(n)]), 0.5 + 0.5 * n


@action("print", weight=2.2, only=("start", "seq", "every", "after", "press", "release"))
def _print(d: Draw, kind: str) -> Body:
    return PrintText(text=d.rng.choice(_TEXTS))


@rule("report", weight=0.9)
@rule("report_percent", weight=0.5)
def _report(d: Draw, kind: str) -> Rule:
    time = Time(value="1", assumed=True) if d.chance(0.25) else d.time(0.1, 30)
    return Report(kind=kind, device=analog(d), time=time)  # type: ignore[arg-type]


@rule("count", weight=0.4)
@rule("count_nth", weight=0.4)
def _count(d: Draw, kind: str) -> Rule:
    button = d.device("button", INPUTS)
    if kind == "count":
        return Counter(kind="count", device=button)
    nth = Quantity(kind="nth", value=str(d.rng.randint(2, 10)))
    return Counter(kind="count_nth", device=button, led=d.led(), nth=nth)
