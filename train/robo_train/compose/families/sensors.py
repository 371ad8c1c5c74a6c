"""Digital sensors: DHT11/22 (temperature, humidity) and HC-SR04 (distance): limits and reports."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import OUTPUTS, Draw, condition, rule
from robo_train.compose.expect import Expect
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Condition, Device, Rule

_READ = {"temperature": "temperature()", "humidity": "humidity()", "distance": "distance_cm()"}
_UNIT = {"temperature": "celsius", "humidity": "percent", "distance": "cm"}
DHT_S = 0.025
"""A DHT takes this long to answer."""


def reading(c: Code, d: Device, what: str) -> str:
    """Set-up, the line that measures if the part wants one, and the expression that reads."""
    name = c.names[d]
    if d.type == "hcsr04":
        c.from_("hcsr04", "HCSR04")
        c.setup(d, f"{name} = HCSR04(trigger_pin={d.pin}, echo_pin={d.pin2})")
    else:
        c.machine("Pin")
        model = d.label or "DHT11"
        c.from_("dht", model)
        c.setup(d, f"{name} = {model}(Pin({d.pin}))")
        c.line(f"{name}.measure()")
    return f"{name}.{_READ[what]}"


_FACTOR = {"inch": ("* 2.54", 2.54), "m": ("* 100", 100.0), "mm": ("/ 10", 0.1)}


def metric(level: Quantity) -> str:
    """A limit in °C or cm as the program computes it from the unit that was said."""
    if level.unit == "f":
        return f"({level.value} - 32) * 5 / 9"
    return f"{level.value} {_FACTOR[level.unit][0]}" if level.unit in _FACTOR else level.value


def amount(level: Quantity) -> float:
    """A limit in °C or cm."""
    if level.unit == "f":
        return (level.number - 32) * 5 / 9
    return level.number * (_FACTOR[level.unit][1] if level.unit in _FACTOR else 1)


def celsius(d: Draw, low: int, high: int) -> Quantity:
    """A temperature between these limits in °C, now and then in °F."""
    if d.chance(0.1):
        return Quantity(kind="celsius", unit="f", value=str(d.rng.randint(low, high) * 9 // 5 + 32))
    return Quantity(kind="celsius", value=str(d.rng.randint(low, high)))


def distance(d: Draw) -> Quantity:
    """A distance that an HC-SR04 measures, mostly in cm."""
    if d.chance(0.2):
        unit, values = d.rng.choice(
            (
                ("inch", [str(n) for n in range(2, 41)]),
                (
                    "m",
                    [
                        "0.1",
                        "0.15",
                        "0.2",
                        "0.25",
                        "0.3",
                        "0.4",
                        "0.5",
                        "0.5",
                        "0.75",
                        "0.8",
                        "1",
                        "1",
                        "1.5",
                        "2",
                    ],
                ),
                ("mm", [str(n) for n in range(50, 1001, 25)]),
            )
        )
        return Quantity(kind="cm", unit=unit, value=d.rng.choice(values))
    level = d.rng.choice((5, 10, 15, 20, 25, 30, 40, 50, 100)) if d.chance(0.6) else d.rng.randint(5, 150)
    return Quantity(kind="cm", value=str(level))


class Sensed(Condition):
    """A measured value above or below a limit."""

    kind: Literal["above", "below"]
    device: Device
    what: Literal["temperature", "humidity", "distance"]
    level: Quantity

    @property
    def poll_ms(self) -> int:
        return 50 if self.what == "distance" else 2000

    @property
    def rule(self) -> str:
        return f"{self.what}_{self.kind}"

    def flags(self) -> set[str]:
        return {"dht22"} if self.device.label == "DHT22" else set()

    def slots(self) -> dict[str, Spoken | str]:
        return {"level": self.level}

    def code(self, c: Code) -> str:
        sign = ">" if self.kind == "above" else "<"
        return f"{reading(c, self.device, self.what)} {sign} {metric(self.level)}"

    def now(self, x: Expect) -> bool:
        if self.what != "distance":
            x.wait(DHT_S)
        value = x.read(self.what)
        limit = amount(self.level)
        return value > limit if self.kind == "above" else value < limit

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        n = amount(self.level)
        high, low = (n * 1.15 + 1, n * 0.85 - 1) if self.what == "distance" else (n + 2, n - 2)
        return {
            self.what: [
                (t, round(max(high if on == (self.kind == "above") else low, 2.5), 1)) for t, on in changes
            ]
        }


class SensorReport(Rule):
    """Print what is measured, again and again."""

    kind: Literal["report_temperature", "report_humidity", "report_distance"]
    polled: ClassVar[bool] = False
    device: Device
    time: Time

    @property
    def rule(self) -> str:
        return self.kind

    @property
    def what(self) -> str:
        return self.kind.removeprefix("report_")

    def flags(self) -> set[str]:
        return {"dht22"} if self.device.label == "DHT22" else set()

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            value = reading(c, self.device, self.what)
            c.line(f"print({value})")
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        step = self.time.seconds
        first, then = {"temperature": (21.0, 33.0), "humidity": (40.0, 71.0), "distance": (50.0, 140.0)}[
            self.what
        ]
        return {self.what: [(0.0, first), (round(1.5 * step, 4), then)]}, round(3.5 * step + 0.2, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        world, _ = self.script()
        (_, first), (change, then) = world[self.what]
        step = self.time.seconds
        tol = 1.0 if self.what == "distance" else 0.05
        pace: dict[str, Any] = {} if self.time.assumed else {"every": step, "tol": 0.1 if step > 0.5 else 0.3}
        return [
            {"op": "print", "number": first, "number_tol": tol, "min": 1, "to": change},
            {"op": "print", "number": then, "number_tol": tol, "min": 1, "from": change, "to": until},
            {"op": "print", "min": 2, "to": until, **pace},
        ]


def dht(d: Draw) -> Device:
    """The DHT sensor of the task: the one in use, or a new one."""
    same = [x for x in d.devices if x.type == "dht"]
    return same[0] if same else d.device("dht", OUTPUTS, d.rng.choice(("DHT11", "DHT11", "DHT22")))


def sonar(d: Draw) -> Device:
    """An ultrasonic sensor on two pins."""
    trigger = d.pin(OUTPUTS)
    if d.chance(0.1) and not d.devices:
        device = Device(type="hcsr04", pin=5, pin2=18, assumed=True)
    else:
        echo = trigger
        while echo == trigger:
            echo = d.pin((*OUTPUTS, 34, 35, 36, 39))
        device = Device(type="hcsr04", pin=trigger, pin2=echo)
    d.devices.append(device)
    return device


@condition("sensed", weight=1.4)
def _sensed(d: Draw) -> Condition:
    kind: Literal["above", "below"] = d.rng.choice(("above", "below"))
    what = d.rng.choice(("temperature", "temperature", "humidity", "distance", "distance", "distance"))
    if what == "distance":
        return Sensed(kind=kind, device=sonar(d), what="distance", level=distance(d))
    if what == "temperature":
        quantity = celsius(d, 8, 42)
    else:
        share = d.rng.choice((40, 50, 60, 70, 80, d.rng.randint(20, 90)))
        quantity = Quantity(kind="percent", value=str(share))
    return Sensed(kind=kind, device=dht(d), what=what, level=quantity)  # type: ignore[arg-type]


@rule("report_temperature", weight=0.7)
@rule("report_humidity", weight=0.4)
@rule("report_distance", weight=0.8)
def _report(d: Draw, kind: str) -> Rule:
    far = kind == "report_distance"
    low = 0.1 if far else 2.0
    time = Time(value="0.5" if far else "2", assumed=True) if d.chance(0.25) else d.time(low, 60)
    return SensorReport(kind=kind, device=sonar(d) if far else dht(d), time=time)  # type: ignore[arg-type]
