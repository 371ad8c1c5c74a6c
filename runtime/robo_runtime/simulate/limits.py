"""How a run is stopped, and how much it may use."""

from __future__ import annotations

from dataclasses import dataclass


class Stop(BaseException):
    """The run is over. Not an Exception, so that no handler of the program can hold it up."""


class EndOfTime(Stop):
    """The observed span is over."""


class Exceeded(Stop):
    """A limit of the simulation was exceeded; the text says which."""


class Restart(Stop):
    """The board resets (`machine.reset`, a deep sleep that ends, a watchdog) and runs the program again."""

    def __init__(self, cause: int, after_us: int) -> None:
        super().__init__(cause, after_us)
        self.cause = cause
        self.after_us = after_us


@dataclass(frozen=True)
class Limits:
    """What one program may use.

    Attributes:
        steps: statements run.
        events: events recorded.
        cpu: seconds of processor time, checked every 2,048 statements; a busy machine makes no difference.
        memory: MiB that a worker of `simulate_many` may allocate beyond what it has.
    """

    steps: int = 1_500_000
    events: int = 50_000
    cpu: float = 5.0
    memory: int = 256
