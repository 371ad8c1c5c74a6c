"""Writing a program in the one canonical style: imports, set-up, body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from robo_train.compose.numbers import Quantity, Time
from robo_train.compose.outputs import SPOKEN_OUTPUT
from robo_train.compose.spec import Device

_MACHINE = ["Pin", "PWM", "ADC", "I2C", "SPI", "UART", "Timer", "TouchPad", "RTC", "WDT"]
_BASE_NAME = {
    "high_button": "button",
    "touchpad": "touch",
    "probe": "ds",
    "led": "led",
    "button": "button",
    "servo": "servo",
    "buzzer": "buzzer",
    "pixels": "pixels",
    "spinner": "servo",
}
_SPOKEN = {"led": "LED", "dht": "DHT", "pixels": "NeoPixel", "hcsr04": "HC-SR04", "rgb": "RGB LED"}


class Code:
    """Collects the parts of one program.

    Args:
        devices: in the order of their set-up lines.
        pwm: devices that some action dims, so that on and off are duties too.
        api: `plain`, or `robokit`, whose own functions wait.
    """

    def __init__(self, devices: list[Device], pwm: set[Device], api: str = "plain") -> None:
        self.api = api
        self._machine: set[str] = set()
        self._froms: dict[str, set[str]] = {}
        self._imports: set[str] = set()
        self._setup: dict[Device | str, list[str]] = {}
        self._functions: dict[str, list[str]] = {}
        self._body: list[str] = []
        self._indent = 0
        self.pwm = pwm
        self.names = _names(devices)
        self.order = devices

    def line(self, text: str) -> None:
        """One line of the body at the current indentation."""
        self._body.append("    " * self._indent + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """What is written inside is indented under `header`."""
        self.line(header)
        self._indent += 1
        yield
        self._indent -= 1

    @contextmanager
    def repeated(self, times: Quantity | None) -> Iterator[None]:
        """What is written inside is done so many times; without a number it stands as it is."""
        if times is None:
            yield
            return
        with self.block(f"for _ in range({times.value}):"):
            yield

    def machine(self, *names: str) -> None:
        """Names that come from `machine`."""
        self._machine.update(names)

    def from_(self, module: str, name: str) -> None:
        """A name of another module."""
        self._froms.setdefault(module, set()).add(name)

    def import_(self, module: str) -> None:
        """A module by its own name."""
        self._imports.add(module)

    def sleep(self, t: Time) -> None:
        """The pause as it was said."""
        if self.api == "robokit":
            function, argument = ("wait_ms", t.value) if t.unit == "ms" else ("wait", t.value)
            self.from_("robokit", function)
            self.line(f"{function}({argument}{' * 60' if t.unit == 'min' else ''})")
            return
        self._imports.add("time")
        self.line(t.sleep())

    def pause_ms(self, ms: int) -> None:
        """A pause that nobody said, such as that between two looks at a button."""
        self.sleep(Time(unit="ms", value=str(ms)))

    def setup(self, key: Device | str, *lines: str) -> str:
        """Set-up lines of a device, once; returns its name."""
        self._setup.setdefault(key, list(lines))
        return self.names[key] if isinstance(key, Device) else key

    def function(self, name: str, *lines: str) -> None:
        """A function between set-up and body, once."""
        self._functions.setdefault(name, list(lines))

    def callback(self, name: str, argument: str) -> None:
        """Make a function of the body written so far."""
        lines = [f"    {line}" for line in self._body]
        self._body = []
        self.function(name, f"def {name}({argument}):", *lines)

    def led(self, device: Device) -> str:
        """Set-up of an LED, as PWM where it is dimmed; returns its name."""
        self.machine("Pin")
        name = self.names[device]
        if device in self.pwm:
            self.machine("PWM")
            return self.setup(device, f"{name} = PWM(Pin({device.pin}), freq=1000, duty_u16=0)")
        return self.setup(device, f"{name} = Pin({device.pin}, Pin.OUT)")

    def button(self, device: Device) -> str:
        """Set-up of a button to ground with pull-up; returns its name."""
        self.machine("Pin")
        name = self.names[device]
        return self.setup(device, f"{name} = Pin({device.pin}, Pin.IN, Pin.PULL_UP)")

    def text(self) -> str:
        """The whole program, without a final newline."""
        head = []
        if self._machine:
            known = [n for n in _MACHINE if n in self._machine]
            head.append(f"from machine import {', '.join(known + sorted(self._machine - set(known)))}")
        head += [f"from {m} import {', '.join(sorted(n))}" for m, n in sorted(self._froms.items())]
        head += [f"import {m}" for m in sorted(self._imports)]
        ordered = [k for k in self.order if k in self._setup] + [k for k in self._setup if isinstance(k, str)]
        setup = [line for key in ordered for line in self._setup[key]]
        assumed = ", ".join(assumption(d) for d in self.order if d.assumed and d in self._setup)
        sections = ["\n".join(s) for s in (head, setup, *self._functions.values(), self._body) if s]
        return (f"# assumed: {assumed}\n" if assumed else "") + "\n\n".join(sections)


def assumption(device: Device) -> str:
    """ "LED on pin 2", for the comment that states a default."""
    noun = _SPOKEN.get(device.type, device.label if device.type == "analog" else device.type)
    if device.type == "oled":
        return f"OLED with scl on pin {device.pin} and sda on pin {device.pin2}"
    if device.type == "output":
        noun = SPOKEN_OUTPUT.get(device.label, device.label)
    if device.type == "dht":
        noun = device.label
    if device.type == "pixels":
        return f"{noun} on pin {device.pin} with {device.size} pixels"
    if device.type == "hcsr04":
        return f"{noun} trigger on pin {device.pin}, echo on pin {device.pin2}"
    return f"{noun} on pin {device.pin}"


ANALOG_NAMES = {
    "potentiometer": "pot",
    "light sensor": "light",
    "sensor": "sensor",
    "soil sensor": "soil",
    "sound sensor": "sound",
    "gas sensor": "gas",
}


def _names(devices: list[Device]) -> dict[Device, str]:
    """Variable names: the type, the colour when every LED has its own, else the type and a number."""
    names: dict[Device, str] = {}
    by_type: dict[str, list[Device]] = {}
    for d in devices:
        base = ANALOG_NAMES[d.label] if d.type == "analog" else _BASE_NAME.get(d.type, d.type)
        base = d.label if d.type == "output" else base
        by_type.setdefault({"dht": "sensor", "hcsr04": "sonar"}.get(d.type, base), []).append(d)
    for base, group in by_type.items():
        labels = [d.label for d in group]
        for i, d in enumerate(group, 1):
            if len(group) == 1:
                names[d] = base
            elif base == "led" and all(labels) and len(set(labels)) == len(labels):
                names[d] = d.label
            else:
                names[d] = f"{base}{i}"
    return names
