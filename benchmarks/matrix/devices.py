"""Device tiers as data (`configs/devices/*.yaml`): which tier a machine is of, and what it ought to reach."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, model_validator
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError, Strict, read_config
from robo_runtime.paths import configs_dir
from typing_extensions import Self

ANY = "any"
Bits = Literal["int4", "int8", "full", "any"]
_BITS: dict[str, Bits] = {
    **dict.fromkeys(("q4_0", "q4_k_m", "int4", "int4_row", "pal4"), "int4"),
    **dict.fromkeys(("q8_0", "int8", "int8_dynamic"), "int8"),
}


class Facts(NamedTuple):
    """What tells tiers apart."""

    cores: int
    memory_mb: int
    gpu_memory_mb: int = 0
    battery: bool = False
    phone: bool = False
    """Runs Android or iOS."""
    browser: bool = False
    device_tree: str = ""
    """The board's name, of /proc/device-tree/model."""


class Range(Strict):
    """Numbers from `at_least` up to, not including, `below`."""

    at_least: float = 0
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the number is one of them."""
        return value >= self.at_least and (self.below is None or value < self.below)


class Match(Strict):
    """Every condition given must hold; none given: every machine fits."""

    cores: Range | None = None
    memory_mb: Range | None = None
    gpu_memory_mb: Range | None = None
    battery: bool | None = None
    phone: bool = False
    browser: bool = False
    device_tree: list[str] = []
    """One of these words is in the board's name."""

    def fits(self, facts: Facts) -> bool:
        """Whether a machine is one of these."""
        numbers = (
            (self.cores, facts.cores),
            (self.memory_mb, facts.memory_mb),
            (self.gpu_memory_mb, facts.gpu_memory_mb),
        )
        board = facts.device_tree.lower()
        return (
            all(wanted is None or wanted.holds(value) for wanted, value in numbers)
            and (self.battery is None or self.battery == facts.battery)
            and self.phone == facts.phone
            and self.browser == facts.browser
            and (not self.device_tree or any(word.lower() in board for word in self.device_tree))
        )


class Target(Strict):
    """What models of some tiers and precisions ought to reach on a device; None: nothing is asked."""

    source: Literal["plan", "ours"]
    """The original plan's, or the stricter one that we set ourselves."""
    models: list[str] = Field(min_length=1)
    precisions: list[Bits] = Field(min_length=1)
    tokens_100_s: float | None = Field(None, gt=0)
    first_token_s: float | None = Field(None, gt=0)
    load_warm_s: float | None = Field(None, gt=0)
    memory_mb: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.limits:
            raise ValueError("a target needs tokens_100_s, first_token_s, load_warm_s or memory_mb")
        return self

    @cached_property
    def limits(self) -> dict[str, float]:
        """Most that a metric of `schema.METRICS` may be, in its unit."""
        found = {
            "tokens_100_s": self.tokens_100_s,
            "first_token_s": self.first_token_s,
            "load_warm_s": self.load_warm_s,
            "peak_rss_bytes": None if self.memory_mb is None else self.memory_mb * 1e6,
        }
        return {name: value for name, value in found.items() if value is not None}

    def meant_for(self, model: str, precision: str) -> bool:
        """Whether it speaks of a model tier at a precision."""
        return bool({ANY, model} & {*self.models}) and bool({ANY, bits(precision)} & {*self.precisions})


class Device(Strict):
    """One tier of devices."""

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    title: str
    order: int
    """Tiers are tried in this order; a machine belongs to the first that fits."""
    match: Match
    targets: list[Target]

    def targets_of(self, model: str, precision: str) -> list[Target]:
        """Targets for a model tier at a precision."""
        return [target for target in self.targets if target.meant_for(model, precision)]


def bits(precision: str) -> Bits:
    """The class of a precision: q4_0 and int4_row are int4; f32 and f16 are full."""
    return _BITS.get(precision, "full")


def read_devices(folder: Path | None = None) -> list[Device]:
    """All tiers, in their order.

    Raises:
        ConfigError: a file that does not say what is expected; names file, key and what was expected.
    """
    folder = folder or configs_dir() / "devices"
    found: dict[str, tuple[Path, Device]] = {}
    for path in sorted(folder.glob("*.yaml")):
        device = read_config(path, Device)
        if device.name != path.stem:
            raise ConfigError(f"{path}: name: is {device.name!r}; call it {path.stem!r} like the file")
        for other_path, other in found.values():
            if other.order == device.order:
                raise ConfigError(
                    f"{path}: order: {device.order} is that of {other_path.name}; choose another"
                )
        found[device.name] = path, device
    if not found:
        raise ConfigError(f"{folder}: no device tiers (*.yaml) there")
    return sorted((device for _, device in found.values()), key=lambda device: device.order)


def tier_of(facts: Facts, devices: list[Device]) -> Device:
    """The tier a machine belongs to.

    Raises:
        RoboError: none fits.
    """
    for device in devices:
        if device.match.fits(facts):
            return device
    raise RoboError(f"no tier of configs/devices fits {facts}; add one, or name one with --device")


def named(name: str, devices: list[Device]) -> Device:
    """The tier of this name.

    Raises:
        RoboError: there is none; lists those there are.
    """
    for device in devices:
        if device.name == name:
            return device
    raise RoboError(f"unknown device tier {name!r}; known: {', '.join(d.name for d in devices)}")
