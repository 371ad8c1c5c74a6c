"""What the pins of a board can do."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from robo_runtime.files import Strict

PinRole = Literal["any", "output", "input", "adc", "touch", "dac"]

_LISTS = ("input_only", "adc", "touch", "dac", "strapping", "console")


class Board(Strict):
    """The pins of one board, by GPIO number."""

    name: str
    title: str
    pins: tuple[int, ...] = Field(min_length=1)
    """Pins that exist and are free to use."""
    input_only: tuple[int, ...] = ()
    """Pins that cannot switch anything and have no pull resistors inside."""
    adc: tuple[int, ...]
    adc2: tuple[int, ...] = ()
    """ADC pins that do not work while Wi-Fi is on."""
    touch: tuple[int, ...] = ()
    dac: tuple[int, ...] = ()
    strapping: tuple[int, ...] = ()
    """Pins that decide how the chip starts; usable with care."""
    console: tuple[int, ...] = ()
    """Pins of the serial console or of the USB plug; using them cuts the connection to the computer."""
    flash: tuple[int, ...] = ()
    """Wired to the flash memory: using them crashes the board."""
    led: int | None = None
    """Built-in LED that is switched like any other."""
    rgb_led: int | None = None
    """Built-in LED that is a NeoPixel of one light."""
    i2c_scl: int | None = None
    i2c_sda: int | None = None
    ids: dict[str, tuple[int, int]] = {}
    """First and last number of what the chip has several of: Timer, UART, I2C, SPI."""
    notes: dict[int, str] = {}
    """What to know before using a pin."""

    @model_validator(mode="after")
    def _consistent(self) -> Board:
        for key in ("pins", "flash", *_LISTS):
            pins: tuple[int, ...] = getattr(self, key)
            if len(set(pins)) != len(pins):
                raise ValueError(f"{key}: a pin is listed twice")
            if key in _LISTS and (extra := set(pins) - set(self.pins)):
                raise ValueError(f"{key}: {sorted(extra)} are not among the board's pins")
        if both := set(self.pins) & set(self.flash):
            raise ValueError(f"flash: {sorted(both)} cannot be free to use as well")
        if extra := set(self.adc2) - set(self.adc):
            raise ValueError(f"adc2: {sorted(extra)} are not among the adc pins")
        if extra := set(self.notes) - {*self.pins, *self.flash}:
            raise ValueError(f"notes: {sorted(extra)} are not among the board's pins")
        for key in ("led", "rgb_led", "i2c_scl", "i2c_sda"):
            pin = getattr(self, key)
            if pin is not None and not self.can(pin, "output"):
                raise ValueError(f"{key}: pin {pin} cannot be an output")
        if bad := [name for name, (low, high) in self.ids.items() if low > high]:
            raise ValueError(f"ids: {bad[0]}: the range is empty")
        return self

    def can(self, pin: int, role: PinRole) -> bool:
        """Whether a pin exists and may be used so."""
        if pin not in self.pins:
            return False
        lists = {"adc": self.adc, "touch": self.touch, "dac": self.dac}
        if role == "output":
            return pin not in self.input_only
        return pin in lists[role] if role in lists else True

    def able(self, role: PinRole) -> tuple[int, ...]:
        """All pins that may be used so."""
        return tuple(pin for pin in self.pins if self.can(pin, role))

    def advice(self, role: PinRole) -> int | None:
        """A pin for the role that has no second job, or any that can do it; None when there is none."""
        able = self.able(role)
        risky = {*self.strapping, *self.console}
        return next((pin for pin in able if pin not in risky), able[0] if able else None)
