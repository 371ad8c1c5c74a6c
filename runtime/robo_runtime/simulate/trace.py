"""What a simulated program did: events on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

Key = str | int


class Event(NamedTuple):
    """One change: virtual time in seconds, what kind of thing, which one, its new value.

    Kinds that hold a state (recorded when it changes): `pin` (0/1), `input` (0/1 seen by a pin), `pwm` (Hz,
    duty
    0-1), `angle` (degrees, for 0.5-2.5 ms pulses), `pulse` (servo pulse in µs), `tone` (Hz, 0 is silence),
    `pixels`
    (tuple of RGB), `display` (tuple of texts), `draw` (tuple of shapes), `led`, `servo`, `relay`, `motors`,
    `pose`.
    Kinds that happen: `print` (a line), `call` (arguments by name), `net` (a message sent), `sleep`,
    `reset`, `error`.
    """

    t: float
    kind: str
    key: Key
    value: Any


def _plain(value: Any, depth: int = 0) -> Any:
    """A value of exactly a built-in type."""
    kind = type(value)
    if value is None or kind in (int, float, str, bool):
        return value
    if kind is tuple or kind is list:
        return kind(_plain(item, depth + 1) for item in value) if depth < 20 else None
    if kind is dict:
        return {str(_plain(k)): _plain(v, depth + 1) for k, v in value.items()} if depth < 20 else None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    return f"<{kind.__name__}>"


@dataclass
class Trace:
    """Events in order of time.

    Attributes:
        events: what happened.
        ended: the main program ran to its end (timers may live on) or called `sys.exit`.
        duration: virtual seconds until it ended, failed or was stopped.
        error: "line 3: ValueError: invalid pin", also for a limit that was exceeded; None when all went well.
        output: printed lines.
        until: virtual seconds that were observed; pins keep their level up to here.
    """

    events: list[Event] = field(default_factory=list)
    ended: bool = False
    duration: float = 0.0
    error: str | None = None
    output: list[str] = field(default_factory=list)
    until: float = 10.0

    def of(self, kind: str, key: Key | None = None) -> Iterator[Event]:
        """The events of one kind, and of one key if given."""
        return (e for e in self.events if e.kind == kind and (key is None or e.key == key))

    def made_plain(self) -> Trace:
        """The same with nothing but built-in types: an object of the program must not leave its process."""
        events = [Event(e.t, e.kind, _plain(e.key), _plain(e.value)) for e in self.events]
        return replace(self, events=events, output=[str.__str__(line) for line in self.output])

    def to_dict(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return {
            "events": [[round(e.t, 6), e.kind, e.key, e.value] for e in self.events],
            "ended": self.ended,
            "duration": self.duration,
            "error": self.error,
            "output": self.output,
            "until": self.until,
        }
