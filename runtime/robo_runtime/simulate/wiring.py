"""What the world says to the kit's functions, as levels, voltages and registers on the kit's pins.

With the built-in kit a world speaks of button "A" or of `sensor.light`. Firmware that runs from its sources
reads pins: here the world is translated, by the wiring in the firmware's `board.py`. Only parts that the
program mentions are plugged in, since some share a pin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.chips import plug_chips
from robo_runtime.simulate.encoders import Encoders
from robo_runtime.simulate.remote import pressed
from robo_runtime.simulate.world import Wheel, Wheels, World, value_at

VOLTS = 3.3
FULL = 4095
Series = Sequence[tuple[float, Any]]
CHIPS = ("ACCELEROMETER", "COMPASS", "BAROMETER", "COLOR")
SIDES = ("left", "center", "right")


def wired(world: World, code: str, settings: Mapping[str, Any]) -> World:
    """`world` with its scripted parts on the pins of `settings["PINS"]`."""
    bench = _Bench(world, code, settings)
    bench.switches()
    bench.voltages()
    bench.line_sensors()
    chips: dict[int, Any] = {settings[name]: {} for name in CHIPS}
    distance = bench.pins["distance"]
    return world.model_copy(
        update={
            "buttons": bench.buttons,
            "touch": bench.touch,
            "analog": bench.analog,
            "i2c": {**chips, **world.i2c},
            "echo": {distance["trigger"]: distance["echo"], **world.echo},
            "wheels": bench.wheels() if "robot" in code else None,
        }
    )


def attach(board: Board, settings: Mapping[str, Any]) -> None:
    """Plug in what needs a running clock: the encoders of the wheels, and the chips."""
    if board.world.wheels is not None:
        board.listeners.append(Encoders(board, settings).heard)
    plug_chips(board, settings)


class _Bench:
    """A world being wired."""

    def __init__(self, world: World, code: str, settings: Mapping[str, Any]) -> None:
        self.world, self.code, self.settings = world, code, settings
        self.pins: Mapping[str, Any] = settings["PINS"]
        self.buttons: dict[int | str, Any] = dict(world.buttons)
        self.analog: dict[int, Any] = dict(world.analog)
        pads = range(1, len(self.pins["touch"]) + 1)
        self.touch: dict[int | str, Any] = {pin: s for pin, s in world.touch.items() if pin not in pads}

    def said(self, name: str) -> Series | None:
        """What the world says a function returns; None when the program does not ask or it says nothing."""
        return self.world.sensors.get(name) if name.partition(":")[0] in self.code else None

    def switches(self) -> None:
        """Buttons, motion, obstacles, touch pads and the remote control."""
        for name, pin in self.pins["button"].items():
            if name in self.buttons:
                self.buttons[pin] = _each(self.buttons.pop(name), lambda level: 1 - level)
        motion = self.buttons.pop("motion", None) or self.said("sensor.motion")
        if "sensor.motion" in self.code:
            self.buttons[self.pins["motion"]] = _each(motion or [(0.0, 0)], int)
        for side, pin in self.pins["obstacle"].items():
            if seen := self.said(f"sensor.obstacle:{side}") or self.said("sensor.obstacle"):
                self.buttons[pin] = _each(seen, lambda near: 0 if near else 1)
        for pad, pin in enumerate(self.pins["touch"], start=1):
            felt = self.world.touch.get(pad) or self.said(f"sensor.touch:{pad}") or self.said("sensor.touch")
            if felt and "sensor.touch" in self.code:
                self.touch[pin] = _each(felt, int)
        if keys := self.said("remote.key"):
            self.buttons[self.pins["remote"]] = pressed(keys)

    def voltages(self) -> None:
        """Knob, joystick, battery and the analog sensors."""
        for kind, (low, high) in self.settings["SPAN"].items():
            name = "knob.read" if kind == "knob" else f"sensor.{kind}"
            if name in self.code or (kind == "knob" and "knob." in self.code):
                self._volts(self.pins[kind], self.world.sensors.get(name), _span(low, high), 0)
        if raw := self.said("knob.raw"):
            self._volts(self.pins["knob"], raw, _raw, 0)
        for axis, pin in self.pins["joystick"].items():
            if f"joystick.{axis}" in self.code:
                self._volts(pin, self.said(f"joystick.{axis}"), _stick, 0)
        if "sensor.battery" in self.code:
            empty, full = (uv / 1e6 for uv in self.settings["BATTERY_UV"])
            percent = self.world.sensors.get("sensor.battery")
            self._volts(self.pins["battery"], percent, lambda p: empty + (full - empty) * p / 100, 0)

    def wheels(self) -> Wheels:
        """The two motors; they move as the world's do, if it says how."""
        left_forward, left_back, right_forward, right_back = self.pins["motor"]
        figures = self.world.wheels.model_dump(include={"top_speed", "track"}) if self.world.wheels else {}
        return Wheels(
            left=Wheel(forward=left_forward, back=left_back),
            right=Wheel(forward=right_forward, back=right_back),
            **{"track": self.settings["WHEEL_BASE_CM"], **figures},
        )

    def line_sensors(self) -> None:
        """The three line sensors, by side or by the position of the line."""
        white, black = self.settings["LINE"]
        for side in SIDES:
            pin = self.pins["line"][side]
            if position := self.said("sensor.line_position"):
                self._volts(pin, position, _seen(side, white, black), 0)
            elif raw := self.said(f"sensor.line_value:{side}") or self.said("sensor.line_value"):
                self._volts(pin, raw, _raw, 0)
            elif seen := self.said(f"sensor.line:{side}") or self.said("sensor.line"):
                self._volts(pin, seen, lambda dark: _raw(black if dark else white), False)

    def _volts(self, pin: int, series: Series | None, volts: Callable[[Any], float], rest: Any) -> None:
        """Put a series on a pin; before its first point, and without one, the part is at rest.

        Voltages that the world gives for the pin count when it says nothing of the part.
        """
        if series is None and pin in self.world.analog:
            return
        points = list(series or ())
        if value_at(points, 0.0, None) is None:
            points.insert(0, (0.0, rest))
        self.analog[pin] = _each(points, volts)


def _each(series: Series, function: Callable[[Any], Any]) -> list[tuple[float, Any]]:
    return [(t, function(value)) for t, value in series]


def _raw(value: float) -> float:
    return value * VOLTS / FULL


def _span(low: float, high: float) -> Callable[[float], float]:
    return lambda percent: _raw(low + (high - low) * percent / 100)


def _stick(position: float) -> float:
    return VOLTS * (position + 100) / 200


def _seen(side: str, white: float, black: float) -> Callable[[float], float]:
    """Volts of a line sensor when the line is at a position from -100 (left) to 100 (right)."""
    sign = {"left": -1, "right": 1}.get(side, 0)

    def volts(position: float) -> float:
        share = max(sign * position / 100, 0) if sign else 1 - abs(position) / 100
        return _raw(white + (black - white) * share)

    return volts
