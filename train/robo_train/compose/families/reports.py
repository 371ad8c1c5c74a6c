"""More reports: Fahrenheit, volts, a level from a distance; readings that may fail, are stored or sent."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import adc, analog, key
from robo_train.compose.families.messages import _BROKERS, _NETWORKS, JOIN_S
from robo_train.compose.families.sending import _FILES, wifi
from robo_train.compose.families.sensors import dht, reading, sonar
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Device, Rule

_FAILED = (
    "measuring failed",
    "error",
    "read error",
    "no data",
    "failed",
    "sensor failed",
    "oops",
    "no sensor",
)
_TOPICS = (
    "home/temperature", "room/temp", "garden/temp", "home/kitchen/temp", "school/temperature", "temp",
    "shed/temp",
    "greenhouse/temperature", "weather/temp", "sensors/dht", "house/attic", "lab/temp",
)  # fmt: skip
_FILES_T = (*_FILES, "temperature.txt", "temps.csv", "weather.txt", "measurements.txt")


class _Report(Rule):
    """A measurement again and again; judged by what is printed, written or sent before and after a change."""

    polled: ClassVar[bool] = False
    device: Device
    time: Time
    boot_s: ClassVar[float] = 0.0

    @property
    def rule(self) -> str:
        return self.kind

    def flags(self) -> set[str]:
        return {"dht22"} if self.device.label == "DHT22" else set()

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def change(self) -> float:
        """When the reading changes."""
        return round(self.boot_s + 1.5 * self.time.seconds, 3)

    def script(self) -> tuple[dict[str, Any], float]:
        return {"temperature": [(0.0, 21.0), (self.change(), 33.0)]}, round(
            self.boot_s + 3.5 * self.time.seconds + 0.3, 3
        )

    def printed(self, until: float, first: float, then: float, tol: float) -> list[dict[str, Any]]:
        """Both values and the pace."""
        step, change = self.time.seconds, self.change()
        pace: dict[str, Any] = {} if self.time.assumed else {"every": step, "tol": 0.1 if step > 0.5 else 0.3}
        return [
            {"op": "print", "number": first, "number_tol": tol, "min": 1, "to": change},
            {"op": "print", "number": then, "number_tol": tol, "min": 1, "from": change, "to": until},
            {"op": "print", "min": 2, "to": until, **pace},
        ]


class Fahrenheit(_Report):
    """The temperature in degrees Fahrenheit."""

    kind: Literal["report_fahrenheit"] = "report_fahrenheit"

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            c.line(f"print({reading(c, self.device, 'temperature')} * 9 / 5 + 32)")
            c.sleep(self.time)

    def checks(self, until: float) -> list[dict[str, Any]]:
        return self.printed(until, 69.8, 91.4, 0.1)


class Safe(_Report):
    """A reading that may fail: a text instead, and on it goes."""

    kind: Literal["report_safe"] = "report_safe"
    text: str

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "text": Text(text=self.text)}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            with c.block("try:"):
                c.line(f"print({reading(c, self.device, 'temperature')})")
            with c.block("except OSError:"):
                c.line(f'print("{self.text}")')
            c.sleep(self.time)

    def _fault(self) -> tuple[float, float]:
        return round(2.5 * self.time.seconds, 3), round(3.5 * self.time.seconds, 3)

    def script(self) -> tuple[dict[str, Any], float]:
        world, _ = super().script()
        return {**world, "faults": {"dht": [self._fault()]}}, round(4.6 * self.time.seconds + 0.3, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        start, end = self._fault()
        return [
            *self.printed(until, 21.0, 33.0, 0.05),
            {"op": "print", "text": self.text, "min": 1, "from": start, "to": round(end + 0.1, 3)},
            {"op": "print", "number": 33.0, "min": 1, "from": end, "to": until},
        ]


class Depth(_Report):
    """How full a tank is: its depth less the distance that a sensor at the top measures."""

    kind: Literal["report_level"] = "report_level"
    deep: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "depth": self.deep}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            c.line(f"print({self.deep.value} - {reading(c, self.device, 'distance')})")
            c.sleep(self.time)

    def _levels(self) -> tuple[float, float]:
        return 0.7 * self.deep.number, 0.3 * self.deep.number

    def script(self) -> tuple[dict[str, Any], float]:
        first, then = (round(self.deep.number - level, 2) for level in self._levels())
        return {"distance": [(0.0, first), (self.change(), then)]}, super().script()[1]

    def checks(self, until: float) -> list[dict[str, Any]]:
        return self.printed(until, *self._levels(), tol=1.0)


class Volts(_Report):
    """An analog input as a voltage."""

    kind: Literal["report_volts"] = "report_volts"

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        with c.block("while True:"):
            c.line(f"print({read} * 3.3 / 65535)")
            c.sleep(self.time)

    def script(self) -> tuple[dict[str, Any], float]:
        series = [(0.0, 1.1), (self.change(), 2.64)]
        return {"analog": {str(self.device.pin): series}}, super().script()[1]

    def checks(self, until: float) -> list[dict[str, Any]]:
        return self.printed(until, 1.1, 2.64, 0.03)


class Stored(_Report):
    """The temperature as a line of a file."""

    kind: Literal["log_temperature"] = "log_temperature"
    file: str

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "file": Text(text=self.file)}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            value = reading(c, self.device, "temperature")
            c.line(f'file = open("{self.file}", "a")')
            c.line(f'file.write(str({value}) + "\\n")')
            c.line("file.close()")
            c.sleep(self.time)

    def checks(self, until: float) -> list[dict[str, Any]]:
        first, then = ("21", "33") if self.device.label == "DHT11" else ("21.0", "33.0")
        change, step = self.change(), self.time.seconds
        base = {"op": "event", "kind": "file", "name": self.file}
        return [
            {**base, "value": f"{first}\n", "min": 1, "to": change},
            {**base, "value": f"{then}\n", "min": 1, "from": change, "to": until},
            {**base, "min": 2, "every": step, "tol": 0.1, "to": until},
        ]


class Published(_Report):
    """The temperature to a topic of an MQTT broker."""

    kind: Literal["publish_temperature"] = "publish_temperature"
    topic: str
    broker: str
    wifi: tuple[str, str]
    boot_s: ClassVar[float] = JOIN_S + 0.1

    def slots(self) -> dict[str, Spoken | str]:
        said = {"topic": self.topic, "broker": self.broker, "ssid": self.wifi[0], "key": self.wifi[1]}
        return {**super().slots(), **{slot: Text(text=t) for slot, t in said.items()}}

    def code(self, c: Code) -> None:
        wifi(c, *self.wifi)
        c.from_("umqtt.simple", "MQTTClient")
        c.setup("client", f'client = MQTTClient("esp32", "{self.broker}")', "client.connect()")
        with c.block("while True:"):
            value = reading(c, self.device, "temperature")
            c.line(f'client.publish("{self.topic}", str({value}))')
            c.sleep(self.time)

    def checks(self, until: float) -> list[dict[str, Any]]:
        first, then = ("21", "33") if self.device.label == "DHT11" else ("21.0", "33.0")
        change, step = self.change(), self.time.seconds
        base = {"op": "event", "kind": "net", "name": "mqtt"}
        return [
            {**base, "args": {"topic": self.topic, "message": first}, "min": 1, "to": change},
            {**base, "args": {"topic": self.topic, "message": then}, "min": 1, "from": change, "to": until},
            {**base, "args": {"topic": self.topic}, "min": 2, "every": step, "tol": 0.1, "to": until},
        ]


def _time(d: Draw, assumed: str) -> Time:
    return Time(value=assumed, assumed=True) if d.chance(0.25) else d.time(1, 60)


@rule("report_fahrenheit", weight=0.7)
@rule("report_safe", weight=0.6)
def _dht(d: Draw, kind: str) -> Rule:
    device, time = dht(d), _time(d, "2")
    if kind == "report_fahrenheit":
        return Fahrenheit(device=device, time=time)
    return Safe(device=device, time=time, text=d.rng.choice(_FAILED))


@rule("report_level", weight=0.7)
def _level(d: Draw, kind: str) -> Rule:
    depth = d.rng.choice((50, 80, 100, 100, 120, 150, 200, d.rng.randint(30, 220)))
    return Depth(device=sonar(d), time=_time(d, "1"), deep=Quantity(kind="cm", value=str(depth)))


@rule("report_volts", weight=0.8)
def _volts(d: Draw, kind: str) -> Rule:
    return Volts(device=analog(d), time=_time(d, "1"))


@rule("log_temperature", weight=0.8)
@rule("publish_temperature", weight=0.8)
def _kept(d: Draw, kind: str) -> Rule:
    device, time = dht(d), d.time(2, 120)
    if kind == "log_temperature":
        return Stored(device=device, time=time, file=d.rng.choice(_FILES_T))
    network = d.rng.choice(_NETWORKS)
    return Published(
        device=device, time=time, topic=d.rng.choice(_TOPICS), broker=d.rng.choice(_BROKERS), wifi=network
    )
