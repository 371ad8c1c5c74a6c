"""What the motor pins of the kit drive: two wheels that take the robot along and turn their encoders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit.motion import TOP_CM_S, drive
from robo_runtime.simulate.lines import IN
from robo_runtime.simulate.trace import Key

SETTLE_US = 2000
"""The four inputs of the motor driver are set one after the other; a motor does not follow that fast."""


class Chassis:
    """Follows the duties of the motor pins."""

    def __init__(self, board: Board, settings: Mapping[str, Any]) -> None:
        self.board = board
        self.motors: tuple[int, ...] = settings["PINS"]["motor"]
        left, right = settings["PINS"]["encoder"]
        self.encoders = [Encoder(board, pin, settings["CM_PER_EDGE"]) for pin in (left, right)]
        self.settling = False

    def heard(self, kind: str, key: Key, value: Any) -> None:
        """The board recorded a change."""
        if kind == "pwm" and key in self.motors and not self.settling:
            self.settling = True
            self.board.schedule(self.board.now + SETTLE_US, self._settle)

    def _settle(self) -> None:
        self.settling = False
        duty = [self.board.last("pwm", pin, (0, 0.0))[1] * 100 for pin in self.motors]
        speeds = [round(duty[i] - duty[i + 1], 2) for i in (0, 2)]
        drive(self.board).wheels(*speeds)
        for encoder, speed in zip(self.encoders, speeds, strict=True):
            encoder.turn(speed)


class Encoder:
    """Edges on a pin as a wheel turns."""

    def __init__(self, board: Board, pin: int, cm_per_edge: float) -> None:
        self.board, self.pin, self.cm_per_edge = board, pin, cm_per_edge
        self.speed = 0.0
        self.since = 0
        self.gone = 0.0
        """Centimetres since the last edge."""
        self.run = 0

    def turn(self, percent: float) -> None:
        """The wheel goes on at another speed."""
        now = self.board.now
        self.gone += abs(self.speed) * TOP_CM_S / 100 * (now - self.since) / 1e6
        self.speed, self.since = percent, now
        self.run += 1
        self._plan(self.run)

    def _plan(self, run: int) -> None:
        if self.speed:
            us = max(self.cm_per_edge - self.gone, 0.0) / (abs(self.speed) * TOP_CM_S / 100) * 1e6
            self.board.schedule(self.board.now + round(us), lambda: self._edge(run))

    def _edge(self, run: int) -> None:
        if run != self.run:
            return
        self.gone, self.since = 0.0, self.board.now
        line = self.board.parts.get("lines", {}).get(self.pin)
        if line is not None and line.mode == IN:
            line.driven(1 - line.read())
        self._plan(run)
