"""Temperature and humidity: DS18B20 probes, thermostats, extremes so far, both values at once."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import INPUTS, Draw, Unfit, condition, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.sensors import DHT_S, amount, celsius, dht, metric, reading, sonar
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Condition, Device, Rule

CONVERSION_MS = 750
"""A DS18B20 needs this long for twelve bits."""
PROBE_S = 0.7615


def probe(c: Code, d: Device) -> str:
    """Set-up and conversion of a DS18B20; returns the expression that reads it."""
    c.machine("Pin")
    c.from_("onewire", "OneWire")
    c.from_("ds18x20", "DS18X20")
    name = c.setup(d, f"{c.names[d]} = DS18X20(OneWire(Pin({d.pin})))", f"rom = {c.names[d]}.scan()[0]")
    c.line(f"{name}.convert_temp()")
    c.pause_ms(CONVERSION_MS)
    return f"{name}.read_temp(rom)"


def measured(c: Code, d: Device, what: str) -> str:
    """The expression that reads one value of any of the sensors."""
    return probe(c, d) if d.type == "probe" else reading(c, d, what)


class ProbeLimit(Condition):
    """A DS18B20 above or below a limit."""

    kind: Literal["above", "below"]
    device: Device
    level: Quantity

    @property
    def poll_ms(self) -> int:
        return 1000

    @property
    def rule(self) -> str:
        return f"probe_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        return {"level": self.level}

    def code(self, c: Code) -> str:
        return f"{probe(c, self.device)} {'>' if self.kind == 'above' else '<'} {metric(self.level)}"

    def now(self, x: Expect) -> bool:
        value = x.read("probe")
        x.wait(PROBE_S)
        limit = amount(self.level)
        return value > limit if self.kind == "above" else value < limit

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        n = amount(self.level)
        return {"probe": [(t, n + 5 if on == (self.kind == "above") else n - 5) for t, on in changes]}


class Thermostat(Rule):
    """On below one limit and off above another (heater), or the other way round (fan)."""

    kind: Literal["heat", "cool"]
    device: Device
    low: Quantity
    high: Quantity
    body: SerializeAsAny[Body]
    what: Literal["temperature", "humidity"] = "temperature"
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    @property
    def poll_ms(self) -> int:
        return 1000 if self.device.type == "probe" else 2000

    @property
    def rule(self) -> str:
        return f"thermostat_{self.kind}"

    def flags(self) -> set[str]:
        found = {"is_humid"} if self.what == "humidity" else set()
        return found | ({"is_probe"} if self.device.type == "probe" else set()) | (
            {"dht22"} if self.device.label == "DHT22" else set()
        )  # fmt: skip

    def slots(self) -> dict[str, Spoken | str]:
        return {"low": self.low, "high": self.high}

    def bodies(self) -> tuple[Body, Body]:
        """What happens below and above."""
        off = self.body.opposite()
        assert off is not None
        return (self.body, off) if self.kind == "heat" else (off, self.body)

    def code(self, c: Code) -> None:
        below, above = self.bodies()
        c.line(f"value = {measured(c, self.device, self.what)}")
        with c.block(f"if value < {self.low.value}:"):
            below.code(c)
        with c.block(f"elif value > {self.high.value}:"):
            above.code(c)

    def poll(self, x: Expect) -> None:
        value = x.read("probe" if self.device.type == "probe" else self.what)
        x.wait(PROBE_S if self.device.type == "probe" else DHT_S)
        below, above = self.bodies()
        if value < self.low.number:
            below.expect(x)
        elif value > self.high.number:
            above.expect(x)

    def stage(self, start: float, lasts: Any) -> tuple[dict[str, Any], float]:
        low, high = self.low.number, self.high.number
        points = [low - 4, (low + high) / 2, high + 4, (low + high) / 2, low - 4]
        series = [(6.5 * i, round(p, 1)) for i, p in enumerate(points)]
        return {"probe" if self.device.type == "probe" else self.what: series}, 32.0


class Extremes(Rule):
    """Print the lowest and the highest value so far."""

    kind: Literal["extremes"] = "extremes"
    rule: ClassVar[str] = "extremes"
    polled: ClassVar[bool] = False
    device: Device
    what: Literal["temperature", "humidity", "distance"] = "temperature"
    time: Time
    which: Literal["both", "max", "min"] = "both"

    def flags(self) -> set[str]:
        return {f"what_{self.what}", f"which_{self.which}"} | (
            {"dht22"} if self.device.label == "DHT22" else set()
        )

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        c.import_("time")
        names = {"both": ("lowest", "highest"), "max": ("highest",), "min": ("lowest",)}[self.which]
        for name in names:
            c.setup(name, f"{name} = {'1000' if name == 'lowest' else '-1000'}")
        with c.block("while True:"):
            c.line(f"value = {measured(c, self.device, self.what)}")
            for name in names:
                c.line(f"{name} = {'min' if name == 'lowest' else 'max'}({name}, value)")
            c.line(f"print({', '.join(names)})")
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def _points(self) -> list[tuple[float, float]]:
        base = {"temperature": 20.0, "humidity": 40.0, "distance": 60.0}[self.what]
        step = self.time.seconds + 0.06
        return [(0.0, base), (1.5 * step, base + 14), (2.5 * step, base - 12), (3.5 * step, base + 3)]

    def script(self) -> tuple[dict[str, Any], float]:
        points = [(round(t, 3), v) for t, v in self._points()]
        return {self.what: points}, round(4.8 * (self.time.seconds + 0.06), 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        base = self._points()[0][1]
        step = self.time.seconds + 0.06
        tol = 1.0 if self.what == "distance" else 0.1
        wanted = {"both": (base + 14, base - 12), "max": (base + 14,), "min": (base - 12,)}[self.which]
        found: list[dict[str, Any]] = [
            {
                "op": "print",
                "number": v,
                "number_tol": tol,
                "min": 1,
                "from": round(3.6 * step, 3),
                "to": until,
            }
            for v in wanted
        ]
        found.append(
            {"op": "not", "check": {"op": "print", "number": base + 3, "number_tol": tol, "min": 1,
             "from": round(3.6 * step, 3), "to": until}}
        )  # fmt: skip
        found.append({"op": "print", "number": base, "number_tol": tol, "min": 1, "to": round(1.4 * step, 3)})
        if not self.time.assumed:
            found.append({"op": "print", "min": 2, "every": self.time.seconds, "tol": 0.3, "to": until})
        return found


class Climate(Rule):
    """Print temperature and humidity together."""

    kind: Literal["report_both"] = "report_both"
    rule: ClassVar[str] = "report_both"
    polled: ClassVar[bool] = False
    device: Device
    time: Time

    def flags(self) -> set[str]:
        return {"dht22"} if self.device.label == "DHT22" else set()

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.time.assumed else {"time": self.time}

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            first = reading(c, self.device, "temperature")
            c.line(f"print({first}, {c.names[self.device]}.humidity())")
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def script(self) -> tuple[dict[str, Any], float]:
        step = self.time.seconds
        change = round(1.5 * step, 3)
        return {
            "temperature": [(0.0, 21.0), (change, 33.0)],
            "humidity": [(0.0, 40.0), (change, 71.0)],
        }, round(3.5 * step + 0.2, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        step = self.time.seconds
        change = round(1.5 * step, 3)
        found: list[dict[str, Any]] = [
            {"op": "print", "number": n, "number_tol": 0.05, "min": 1, "from": start, "to": end}
            for start, end, numbers in ((0.0, change, (21.0, 40.0)), (change, until, (33.0, 71.0)))
            for n in numbers
        ]
        pace: dict[str, Any] = {} if self.time.assumed else {"every": step, "tol": 0.1}
        return [*found, {"op": "print", "min": 2, "to": until, **pace}]


class ProbeReport(Climate):
    """Print the temperature of a DS18B20."""

    kind: Literal["report_probe"] = "report_probe"  # type: ignore[assignment]
    rule: ClassVar[str] = "report_probe"

    def code(self, c: Code) -> None:
        with c.block("while True:"):
            c.line(f"print({probe(c, self.device)})")
            c.sleep(self.time)

    def script(self) -> tuple[dict[str, Any], float]:
        step = self.time.seconds + PROBE_S
        return {"probe": [(0.0, 21.0), (round(1.3 * step, 3), 33.0)]}, round(3.6 * step + 0.8, 3)

    def checks(self, until: float) -> list[dict[str, Any]]:
        step = self.time.seconds + PROBE_S
        found: list[dict[str, Any]] = [
            {"op": "print", "number": 21.0, "min": 1, "to": round(1.3 * step + 0.1, 3)},
            {"op": "print", "number": 33.0, "min": 1, "from": round(1.3 * step, 3), "to": until},
        ]
        if not self.time.assumed:
            found.append({"op": "print", "min": 2, "every": round(step, 3), "tol": 0.2, "to": until})
        return found


def ds18b20(d: Draw) -> Device:
    """A thermometer on a 1-Wire pin."""
    return d.device("probe", INPUTS)


@condition("probe", weight=0.8)
def _probe(d: Draw) -> Condition:
    kind: Literal["above", "below"] = d.rng.choice(("above", "below"))
    level = celsius(d, 4, 90)
    if not level.unit and d.chance(0.7):
        level = Quantity(kind="celsius", value=str(d.rng.choice((20, 25, 30, 50))))
    return ProbeLimit(kind=kind, device=ds18b20(d), level=level)


@rule("thermostat", weight=1.8)
def _thermostat(d: Draw, kind: str) -> Rule:
    side: Literal["heat", "cool"] = d.rng.choice(("heat", "cool"))
    humid = d.chance(0.2)
    if humid:
        low, high = sorted(d.rng.sample(range(20, 90), 2))
        unit = "percent"
    else:
        low, high = sorted(d.rng.sample(range(12, 42), 2))
        unit = "celsius"
    if high - low > 25:
        raise Unfit
    device = ds18b20(d) if not humid and d.chance(0.3) else dht(d)
    body = d.action("if", ("steady",), ("on",))
    if body.opposite() is None:
        raise Unfit
    return Thermostat(
        kind=side, device=device, low=Quantity(kind=unit, value=str(low)),
        high=Quantity(kind=unit, value=str(high)), body=body, what="humidity" if humid else "temperature",
    )  # fmt: skip


@rule("extremes", weight=1.1)
def _extremes(d: Draw, kind: str) -> Rule:
    what: Literal["temperature", "humidity", "distance"]
    what = d.rng.choice(("temperature", "temperature", "humidity", "distance"))
    time = Time(value="2", assumed=True) if d.chance(0.35) else d.time(2, 30)
    which: Literal["both", "max", "min"] = d.rng.choice(("both", "both", "max", "min"))
    return Extremes(device=sonar(d) if what == "distance" else dht(d), what=what, time=time, which=which)


@rule("report_both", weight=1.2)
@rule("report_probe", weight=1.0)
def _climate(d: Draw, kind: str) -> Rule:
    if kind == "report_probe":
        time = Time(value="1", assumed=True) if d.chance(0.35) else d.time(0.5, 30)
        return ProbeReport(device=ds18b20(d), time=time)
    time = Time(value="2", assumed=True) if d.chance(0.35) else d.time(2, 30)
    return Climate(device=dht(d), time=time)
