"""The simulator against a real MicroPython: the same programs, the same virtual board, equal traces."""

from robo_runtime.crosscheck.check import Outcome, crosscheck
from robo_runtime.crosscheck.compare import difference
from robo_runtime.crosscheck.node import Program, install, interpreter, run_real

__all__ = ["Outcome", "Program", "crosscheck", "difference", "install", "interpreter", "run_real"]
