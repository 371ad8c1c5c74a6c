"""What the program `robo-bench` prints (mobile/native/bench): kind robo-bench-device, version 1."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from robo_runtime.files import ConfigError, Strict, validate

KIND = "robo-bench-device"
VERSION = 1


class Summary(Strict):
    """Values and what they come to; p95 of less than 20 and p99 of less than 100 values are not told."""

    n: int = Field(ge=0)
    min: float = 0
    p50: float = 0
    p95: float | None = None
    p99: float | None = None
    max: float = 0
    mean: float = 0
    values: list[float] = []


class Program(Strict):
    """Which build ran."""

    version: str
    variant: str
    best_variant: str
    """The variant that this processor would run fastest; another ran if it was told to, or was alone."""
    llama: str
    compiler: str


class Part(Strict):
    """One processor of an ARM chip."""

    implementer: str
    part: str
    processor: int
    max_hz: float


class Device(Strict):
    """What the device says of itself."""

    model: str
    cpu: str
    features: str
    arch: str
    kernel: str
    cores: int = Field(ge=1)
    parts: list[Part]
    memory_bytes: int
    memory_available_bytes: int


class Settings(Strict):
    """What was asked for."""

    protocols: list[Literal["cold", "warm", "sustained"]]
    threads: int
    cpus: str
    processors: list[int]
    context: int
    max_tokens: int
    mapped: bool
    constrained: bool
    runs: int
    loads: int
    sustained_runs: int
    cool_down_s: float


class File(Strict):
    """A file that was read."""

    file: str
    bytes: int
    sha256: str


class Cold(Strict):
    """Loaded with the files dropped from the page cache, then the first prompt."""

    load_s: Summary
    first_token_s: Summary
    program_s: Summary
    still_cached_bytes: list[int]
    """What the kernel kept in memory although it was asked to drop it; -1 where it does not tell."""


class Warm(Strict):
    """Every prompt, again and again, the model loaded."""

    load_s: Summary
    first_token_s: Summary
    prefill_tokens_per_s: Summary
    decode_tokens_per_s: Summary
    token_s: Summary
    program_s: Summary
    tokens_100_s: Summary
    cpu_s: Summary


class Step(Strict):
    """One program of the series without a pause."""

    at_s: float
    program_s: float
    decode_tokens_per_s: float
    hz: float
    celsius: float | None


class Answer(Strict):
    """What a prompt was answered with; the same SHA-256 on two devices is the same program."""

    id: str
    lang: str
    prompt: str
    sha256: str
    same_every_time: bool
    bytes: int
    prompt_tokens: int
    tokens: int
    refused: int
    undone: int
    stopped: str
    code: str | None = None


class Memory(Strict):
    """Resident memory, of which mapped files can be given back by the kernel."""

    peak_rss_bytes: int
    anonymous_bytes: int
    file_bytes: int


class Zone(Strict):
    """A thermal sensor."""

    type: str
    celsius: float


class Battery(Strict):
    """A battery."""

    name: str
    status: str
    percent: float | None = None
    celsius: float | None = None
    volts: float | None = None
    amperes: float | None = None


class Heat(Strict):
    """How warm and how charged the device was."""

    celsius: float | None
    zones: list[Zone]
    batteries: list[Battery]


class DeviceResult(Strict):
    """One run of robo-bench."""

    kind: Literal["robo-bench-device"]
    schema_version: Literal[1]
    created: str
    seconds: float
    program: Program
    device: Device
    settings: Settings
    model: File
    data: File
    prompts: File
    cold: Cold | None = None
    warm: Warm | None = None
    sustained: list[Step] = []
    answers: list[Answer]
    memory: Memory
    heat_before: Heat
    heat_after: Heat
    waited_s: list[float]
    load_average: list[float]
    other_cores: float | None
    """Mean number of cores that other programs used meanwhile; None where the system does not tell."""

    def answers_sha256(self) -> str:
        """One sum over all programs: equal on devices that wrote the same."""
        lines = "".join(f"{answer.id} {answer.sha256}\n" for answer in self.answers)
        return hashlib.sha256(lines.encode()).hexdigest()


class Android(BaseModel):
    """What Android tells beside; empty elsewhere."""

    model_config = ConfigDict(frozen=True)
    maker: str = ""
    model: str = ""
    release: str = ""
    soc: str = ""

    def __bool__(self) -> bool:
        return bool(self.release)


def parse_result(text: str, where: str) -> DeviceResult:
    """Read the program's JSON.

    Raises:
        ConfigError: it is no such JSON, or of a version that is not read here.
    """
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as e:
        raise ConfigError(f"{where}: {e}: not what robo-bench prints") from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise ConfigError(f"{where}: kind: {KIND!r} expected: not a result of robo-bench")
    if data.get("schema_version") != VERSION:
        raise ConfigError(
            f"{where}: schema_version: {VERSION} expected, got {data.get('schema_version')!r}: robo-bench is"
            " of another version than this checkout; build it again with ./justw bench-device-build"
        )
    return validate(data, DeviceResult, where)
