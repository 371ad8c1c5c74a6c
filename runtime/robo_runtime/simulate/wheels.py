"""Two motors on plain pins: what an H-bridge makes of their levels, and where it takes the robot.

A wheel turns by the difference of its `forward` and `back` inputs, each a level or the duty of a PWM; both
high is a brake. An `enable` input, if the world names one, multiplies it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.drive import drive
from robo_runtime.simulate.operations import rounded
from robo_runtime.simulate.trace import Key

if TYPE_CHECKING:
    from robo_runtime.simulate.world import Wheel, Wheels

SETTLE_US = 2000
"""The inputs of a driver are set one after the other; a motor does not follow that fast."""


class Bridge:
    """Follows the pins of both motors."""

    def __init__(self, board: Board, wheels: Wheels) -> None:
        self.board = board
        self.sides = (wheels.left, wheels.right)
        self.level: dict[Key, float] = {}
        self.pins = [p for s in self.sides for p in (s.forward, s.back, s.enable) if p is not None]
        self.settling = False

    def heard(self, kind: str, key: Key, value: Any) -> None:
        """The board recorded a change."""
        if key not in self.pins or kind not in ("pin", "pwm"):
            return
        self.level[key] = value[1] if kind == "pwm" else value
        if not self.settling:
            self.settling = True
            self.board.schedule(self.board.now + SETTLE_US, self._settle)

    def _settle(self) -> None:
        self.settling = False
        left, right = [self._percent(side) for side in self.sides]
        drive(self.board).wheels(left, right)

    def _percent(self, side: Wheel) -> float:
        turn = self.level.get(side.forward, 0) - self.level.get(side.back, 0)
        gate = 1 if side.enable is None else self.level.get(side.enable, 0)
        return float(rounded(100.0 * turn * gate, 2))


def attach(board: Board) -> None:
    """Connect the wheels that the world names; a run without them is left alone."""
    if board.world.wheels is None:
        return
    drive(board)
    board.listeners.append(Bridge(board, board.world.wheels).heard)
