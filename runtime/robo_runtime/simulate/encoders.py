"""The encoders at the kit's wheels: edges on their pins as the wheels turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.drive import drive
from robo_runtime.simulate.lines import IN
from robo_runtime.simulate.trace import Key


class Encoders:
    """Both wheels; they follow the speeds that the board's motors are recorded with."""

    def __init__(self, board: Board, settings: Mapping[str, Any]) -> None:
        left, right = settings["PINS"]["encoder"]
        self.both = [Encoder(board, pin, settings["CM_PER_EDGE"]) for pin in (left, right)]

    def heard(self, kind: str, key: Key, value: Any) -> None:
        """The board recorded a change."""
        if kind == "motors":
            for encoder, percent in zip(self.both, value, strict=True):
                encoder.turn(percent)


class Encoder:
    """Edges on one pin."""

    def __init__(self, board: Board, pin: int, cm_per_edge: float) -> None:
        self.board, self.pin, self.cm_per_edge = board, pin, cm_per_edge
        self.speed = 0.0
        """Centimetres per second."""
        self.since = 0
        self.gone = 0.0
        """Centimetres since the last edge."""
        self.run = 0

    def turn(self, percent: float) -> None:
        """The wheel goes on at another speed."""
        now = self.board.now
        self.gone += self.speed * (now - self.since) / 1e6
        self.speed, self.since = drive(self.board).speed(percent), now
        self.run += 1
        self._plan(self.run)

    def _plan(self, run: int) -> None:
        if self.speed:
            us = max(self.cm_per_edge - self.gone, 0.0) / self.speed * 1e6
            self.board.schedule(self.board.now + round(us), lambda: self._edge(run))

    def _edge(self, run: int) -> None:
        if run != self.run:
            return
        self.gone, self.since = 0.0, self.board.now
        line = self.board.parts.get("lines", {}).get(self.pin)
        if line is not None and line.mode == IN and self.pin not in self.board.world.buttons:
            line.driven(1 - line.read(), quiet=True)  # hundreds a second would drown the rest
        self._plan(run)
