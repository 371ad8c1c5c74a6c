"""More from analog inputs: bands, volts, comparison, averages, joysticks, speed and inverse brightness."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import ADC_PINS, Draw, Unfit, condition, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.analog import FULL_SCALE_V, adc, analog, fraction, key, limit
from robo_train.compose.families.events import Lasts
from robo_train.compose.families.led import Switch
from robo_train.compose.families.servo import Angle
from robo_train.compose.families.text import PrintText
from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import Seq
from robo_train.compose.spec import Body, Condition, Device, Mode, Rule


class Volts(Condition):
    """A reading above or below a limit in volts."""

    kind: Literal["above", "below"]
    device: Device
    level: Quantity

    @property
    def rule(self) -> str:
        return f"volts_{self.kind}"

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"level": self.level}

    def code(self, c: Code) -> str:
        return (
            f"{adc(c, self.device)} * 3.3 / 65535 {'>' if self.kind == 'above' else '<'} {self.level.value}"
        )

    def now(self, x: Expect) -> bool:
        volts = x.read(("analog", self.device.pin))
        return volts > self.level.number if self.kind == "above" else volts < self.level.number

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        high, low = (self.level.number + FULL_SCALE_V) / 2, self.level.number / 2
        series = [(t, round(high if on == (self.kind == "above") else low, 3)) for t, on in changes]
        return {"analog": {str(self.device.pin): series}}


class Compare(Condition):
    """One analog input reads more than another."""

    kind: Literal["more"] = "more"
    rule: ClassVar[str] = "compare_more"
    device: Device
    other: Device
    named: ClassVar[dict[str, str]] = {"other": "other"}

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def code(self, c: Code) -> str:
        return f"{adc(c, self.device)} > {adc(c, self.other)}"

    def now(self, x: Expect) -> bool:
        return x.read(("analog", self.device.pin)) > x.read(("analog", self.other.pin))

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        high = [(t, 2.6 if on else 0.7) for t, on in changes]
        return {"analog": {str(self.device.pin): high, str(self.other.pin): [(0.0, 1.6)]}}


class Bands(Rule):
    """Low, middle and high do three things."""

    kind: Literal["bands"] = "bands"
    rule: ClassVar[str] = "bands"
    device: Device
    low: Quantity
    high: Quantity
    bodies: tuple[SerializeAsAny[Body], ...]
    said: Literal["each", "leds"] = "each"
    clauses: ClassVar[dict[str, str]] = {"bodies": "act"}

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"low": self.low, "high": self.high}

    def code(self, c: Code) -> None:
        c.line(f"value = {adc(c, self.device)}")
        tests = f"if value < {limit(self.low)}:", f"elif value < {limit(self.high)}:", "else:"
        for test, body in zip(tests, self.bodies, strict=True):
            with c.block(test):
                body.code(c)

    def poll(self, x: Expect) -> None:
        share = x.read(("analog", self.device.pin)) / FULL_SCALE_V
        band = (share >= fraction(self.low)) + (share >= fraction(self.high))
        self.bodies[band].expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        low, high = fraction(self.low), fraction(self.high)
        points = [low / 2, (low + high) / 2, (high + 1) / 2, (low + high) / 2, low / 2]
        series = [(round(0.9 * i, 2), round(FULL_SCALE_V * p, 3)) for i, p in enumerate(points)]
        return {"analog": {str(self.device.pin): series}}, 4.5


class Speed(Rule):
    """A knob sets how fast an LED blinks: half a period between two limits in milliseconds."""

    kind: Literal["speed"] = "speed"
    rule: ClassVar[str] = "analog_speed"
    polled: ClassVar[bool] = False
    device: Device
    led: Device
    low: Quantity
    high: Quantity
    assumed: bool = False
    named: ClassVar[dict[str, str]] = {"led": "led"}

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {} if self.assumed else {"from": self.low, "to": self.high}

    def code(self, c: Code) -> None:
        read, led = adc(c, self.device), c.led(self.led)
        c.import_("time")
        low, high = self.low.value, self.high.value
        with c.block("while True:"):
            c.line(f"wait = {low} + {read} * ({high} - {low}) // 65535")
            for state in ("on", "off"):
                c.line(f"{led}.{state}()")
                c.line("time.sleep_ms(wait)")

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def _spans(self) -> list[tuple[float, float, float]]:
        """Volts, and the span in which they hold."""
        spans, t = [], 0.0
        for volts in (0.33, 2.97, 1.65):
            end = t + max(1.2, 7 * self._wait(volts))
            spans.append((volts, round(t, 2), round(end, 2)))
            t = round(end, 2)
        return spans

    def _wait(self, volts: float) -> float:
        return (self.low.number + (self.high.number - self.low.number) * volts / FULL_SCALE_V) / 1000

    def script(self) -> tuple[dict[str, Any], float]:
        spans = self._spans()
        series = [(start, volts) for volts, start, _ in spans]
        return {"analog": {str(self.device.pin): series}}, spans[-1][2]

    def checks(self, until: float) -> list[dict[str, Any]]:
        found = []
        slowest = max(self._wait(v) for v, _, _ in self._spans())
        for volts, start, end in self._spans():
            if self.assumed:
                continue
            found.append(
                {"op": "periodic", "sig": ["pin", self.led.pin], "period": round(2 * self._wait(volts), 4),
                 "tol": 0.12, "duty": 0.5, "to": end,
                 "from": round(start + (2.1 * slowest if start else 0), 3)}
            )  # fmt: skip
        if self.assumed:  # whichever way round: clearly more changes in one of the outer spans
            counts = [
                {"op": "count", "sig": ["pin", self.led.pin], "edge": "rising", "min": 1, "from": s, "to": e}
                for _, s, e in self._spans()
            ]
            return [*counts, self._faster(0, 1)]
        return found

    def _faster(self, a: int, b: int) -> dict[str, Any]:
        spans = self._spans()
        volts, start, end = spans[a]
        return {
            "op": "periodic", "sig": ["pin", self.led.pin], "period": round(2 * self._wait(volts), 4),
            "tol": 0.12, "duty": 0.5, "from": start, "to": end,
        }  # fmt: skip


class Inverse(Rule):
    """The less light, the brighter the LED."""

    kind: Literal["inverse"] = "inverse"
    rule: ClassVar[str] = "analog_inverse"
    device: Device
    out: Device
    named: ClassVar[dict[str, str]] = {"out": "out"}

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        c.machine("PWM")
        name = c.names[self.out]
        c.setup(self.out, f"{name} = PWM(Pin({self.out.pin}), freq=1000, duty_u16=0)")
        c.line(f"{name}.duty_u16(65535 - {read})")

    def poll(self, x: Expect) -> None:
        x.set(("duty", self.out.pin), 100 * (1 - x.read(("analog", self.device.pin)) / FULL_SCALE_V))

    def script(self) -> tuple[dict[str, Any], float]:
        series = [(0.0, 0.33), (1.0, 1.65), (2.0, 3.0), (3.0, 0.99)]
        return {"analog": {str(self.device.pin): series}}, 4.0


class Average(Rule):
    """Print the mean of several readings."""

    kind: Literal["average"] = "average"
    rule: ClassVar[str] = "analog_average"
    polled: ClassVar[bool] = False
    device: Device
    times: Quantity
    time: Time

    def flags(self) -> set[str]:
        return {f"is_{key(self.device.label)}"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"count": self.times, **({} if self.time.assumed else {"time": self.time})}

    def code(self, c: Code) -> None:
        read = adc(c, self.device)
        n = self.times.value
        with c.block("while True:"):
            c.line("total = 0")
            with c.block(f"for _ in range({n}):"):
                c.line(f"total += {read}")
                c.pause_ms(10)
            c.line(f"print(total // {n})")
            c.sleep(self.time)

    def poll(self, x: Expect) -> None:
        raise NotImplementedError("judged by its own checks")

    def _step(self) -> float:
        return self.time.seconds + 0.01 * self.times.number

    def script(self) -> tuple[dict[str, Any], float]:
        n, step = int(self.times.value), self._step()
        jitter = [(round(0.01 * i, 3), 1.2 if i % 2 else 1.8) for i in range(n)]
        then = (round(1.4 * step, 3), 2.64)
        return {"analog": {str(self.device.pin): [*jitter, (round(0.01 * n + 0.005, 3), 1.5), then]}}, round(
            3.6 * step + 0.2, 3
        )

    def checks(self, until: float) -> list[dict[str, Any]]:
        n, step = int(self.times.value), self._step()
        mean = sum(1.2 if i % 2 else 1.8 for i in range(n)) / n / FULL_SCALE_V * 65535
        found: list[dict[str, Any]] = [
            {"op": "print", "number": round(mean), "number_tol": 4500, "min": 1, "to": round(1.3 * step, 3)},
            {"op": "print", "number": 52428, "number_tol": 700, "min": 1, "from": round(2.5 * step, 3),
             "to": until},
        ]  # fmt: skip
        if not self.time.assumed:
            found.append({"op": "print", "min": 2, "every": round(step, 4), "tol": 0.25, "to": until})
        return found


class Joystick(Rule):
    """A joystick's direction: printed, or each direction does something."""

    kind: Literal["joystick"] = "joystick"
    rule: ClassVar[str] = "joystick"
    device: Device
    bodies: tuple[SerializeAsAny[Body], ...]
    clauses: ClassVar[dict[str, str]] = {"bodies": "act"}

    def code(self, c: Code) -> None:
        c.machine("Pin", "ADC")
        d = self.device
        c.setup(
            d,
            f"x = ADC(Pin({d.pin}), atten=ADC.ATTN_11DB)",
            f"y = ADC(Pin({d.pin2}), atten=ADC.ATTN_11DB)",
        )
        tests = (
            "x.read_u16() < 20000",
            "x.read_u16() > 45000",
            "y.read_u16() < 20000",
            "y.read_u16() > 45000",
        )
        for i, (test, body) in enumerate(zip(tests, self.bodies, strict=False)):
            with c.block(f"{'elif' if i else 'if'} {test}:"):
                body.code(c)
        if all(b.opposite() for b in self.bodies):
            with c.block("else:"):
                for body in self.bodies:
                    off = body.opposite()
                    assert off is not None
                    off.code(c)

    def poll(self, x: Expect) -> None:
        across, up = x.read(("analog", self.device.pin)), x.read(("analog", self.device.pin2))
        low, high = FULL_SCALE_V * 20000 / 65535, FULL_SCALE_V * 45000 / 65535
        for test, body in zip((across < low, across > high, up < low, up > high), self.bodies, strict=False):
            if test:
                body.expect(x)
                return
        if all(b.opposite() for b in self.bodies):
            for body in self.bodies:
                off = body.opposite()
                assert off is not None
                off.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        middle, step = 1.65, max(0.7, lasts(*self.bodies[:1]) + 0.6)
        across: list[tuple[float, float]] = [(0.0, middle)]
        up: list[tuple[float, float]] = [(0.0, middle)]
        t = start
        for i in range(len(self.bodies)):
            series = across if i < 2 else up
            series += [(round(t, 3), 0.2 if i % 2 == 0 else 3.1), (round(t + 0.5 * step, 3), middle)]
            t += step
        pins = str(self.device.pin), str(self.device.pin2)
        return {"analog": {pins[0]: across, pins[1]: up}}, t + 0.3


@condition("volts", weight=0.7)
def _volts(d: Draw) -> Condition:
    kind: Literal["above", "below"] = d.rng.choice(("above", "below"))
    level = d.rng.choice(("0.5", "1", "1.5", "2", "2.5", f"{d.rng.randint(3, 29) / 10:g}"))
    device = analog(d, ("potentiometer", "sensor", "light sensor"))
    return Volts(kind=kind, device=device, level=Quantity(kind="volt", value=level))


@condition("compare", weight=0.6)
def _compare(d: Draw) -> Condition:
    d.reuse = 0.0
    label = d.rng.choice(("light sensor", "light sensor", "potentiometer", "sensor"))
    d.assume = 0.0
    first, second = d.device("analog", ADC_PINS, label), d.device("analog", ADC_PINS, label)
    if first == second:
        raise Unfit
    return Compare(device=first, other=second)


@rule("bands", weight=2.2)
def _bands(d: Draw, kind: str) -> Rule:
    device = analog(d, ("potentiometer", "light sensor", "sensor", "soil sensor"))
    d.assume = 0.0
    low, high = sorted((d.percent(5, 90), d.percent(10, 95)), key=lambda q: q.number)
    while high.number - low.number < 12:
        low, high = sorted((d.percent(5, 90), d.percent(10, 95)), key=lambda q: q.number)
    if d.chance(0.25):
        raw = sorted(500 * d.rng.randint(9, 120) for _ in range(2))
        if raw[1] - raw[0] > 8000:
            low, high = (Quantity(kind="raw", value=str(v)) for v in raw)
    d.reuse = 0.0
    bodies: tuple[Body, ...]
    if d.chance(0.5):
        leds = [d.led() for _ in range(3)]
        on = [Switch(kind="on", device=x) for x in leds]
        off = [Switch(kind="off", device=x) for x in leds]
        bodies = tuple(
            OneOf(body=Seq(steps=tuple(on[j] if j == i else off[j] for j in range(3))), lit=on[i])
            for i in range(3)
        )
    else:
        d.reuse = 1.0
        first = d.action("if", ("steady",), ("angle", "on", "dim", "sound"))
        found = [first]
        for _ in range(40):
            body = d.action(
                "if", ("steady",), (first.kind, "off" if first.kind in ("on", "dim") else first.kind)
            )
            if body not in found and getattr(body, "device", 0) == getattr(first, "device", 1):
                found.append(body)
            if len(found) == 3:
                break
        if len(found) < 3:
            raise Unfit
        bodies = tuple(found)
    return Bands(device=device, low=low, high=high, bodies=bodies)


class OneOf(Body):
    """One LED of several on, the others off; only the one that is on is said."""

    kind: Literal["one_of"] = "one_of"
    mode: ClassVar[Mode] = "steady"
    rule: ClassVar[str] = "one_of"
    lit: Switch
    body: Seq
    clauses: ClassVar[dict[str, str]] = {"lit": "act"}

    def code(self, c: Code) -> None:
        self.body.code(c)

    def expect(self, x: Expect) -> None:
        self.body.expect(x)


def _whole_ms(d: Draw) -> tuple[Quantity, Quantity]:
    low = d.rng.choice((20, 50, 100, 150, 200))
    high = d.rng.choice((500, 600, 800, 1000, 1200, 1500))
    return Quantity(kind="msec", value=str(low)), Quantity(kind="msec", value=str(high))


@rule("speed", weight=1.4)
def _speed(d: Draw, kind: str) -> Rule:
    device = analog(d, ("potentiometer", "potentiometer", "light sensor", "sensor"))
    assumed = d.chance(0.55)
    low, high = _whole_ms(d)
    if assumed:
        low, high = Quantity(kind="msec", value="50"), Quantity(kind="msec", value="1000")
    return Speed(device=device, led=d.led(), low=low, high=high, assumed=assumed)


@rule("inverse", weight=1.0)
def _inverse(d: Draw, kind: str) -> Rule:
    return Inverse(device=analog(d, ("light sensor", "light sensor", "sensor", "potentiometer")), out=d.led())


@rule("average", weight=0.9)
def _average(d: Draw, kind: str) -> Rule:
    time = Time(value="1", assumed=True) if d.chance(0.4) else d.time(0.5, 20)
    return Average(device=analog(d), times=d.count(4, 32), time=time)


@rule("joystick", weight=1.4)
def _joystick(d: Draw, kind: str) -> Rule:
    pins = [d.pin(ADC_PINS)]
    while len(pins) < 2:
        if (other := d.pin(ADC_PINS)) != pins[0]:
            pins.append(other)
    stick = Device(type="joystick", pin=pins[0], pin2=pins[1])
    d.devices.append(stick)
    d.assume = 0.0
    d.reuse = 0.0
    bodies: tuple[Body, ...]
    n = 4 if d.chance(0.6) else 2
    if d.chance(0.4):
        bodies = tuple(Switch(kind="on", device=d.led()) for _ in range(n))
    elif n == 2 and d.chance(0.6):
        servo = d.device("servo", (12, 13, 14, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27))
        a, b = d.angle(), d.angle()
        if abs(int(a.value) - int(b.value)) < 20:
            raise Unfit
        bodies = (Angle(device=servo, angle=a), Angle(device=servo, angle=b))
    else:
        words = d.rng.choice((("left", "right", "up", "down"), ("left", "right", "forward", "back")))
        bodies = tuple(Said(text=w) for w in words[:n])
    return Joystick(device=stick, bodies=bodies)


class Said(PrintText):
    """A line of text, and a pause so that it does not flood the terminal."""

    kind: Literal["said"] = "said"  # type: ignore[assignment]

    def code(self, c: Code) -> None:
        super().code(c)
        c.pause_ms(500)

    def expect(self, x: Expect) -> None:
        super().expect(x)
        x.wait(0.5)

    def open_timing(self) -> bool:
        return True
