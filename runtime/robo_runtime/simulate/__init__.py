"""Run MicroPython programs against simulated hardware on a virtual clock."""

from robo_runtime.simulate.kit.lights import COLORS
from robo_runtime.simulate.limits import Limits
from robo_runtime.simulate.pool import Job, simulate_many
from robo_runtime.simulate.run import simulate
from robo_runtime.simulate.trace import Event, Trace
from robo_runtime.simulate.world import Message, Page, World

__all__ = [
    "COLORS",
    "Event",
    "Job",
    "Limits",
    "Message",
    "Page",
    "Trace",
    "World",
    "simulate",
    "simulate_many",
]
