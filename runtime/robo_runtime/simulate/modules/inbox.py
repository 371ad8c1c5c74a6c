"""Scripted messages as they arrive on one channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.world import Message


class Inbox:
    """Messages of a channel that have arrived and were not taken yet."""

    __slots__ = ("_buffer", "board", "waiting")

    def __init__(
        self,
        board: Board,
        channel: str,
        on_arrival: Callable[[Message], Any] | None = None,
        *,
        late: bool = False,
    ) -> None:
        """`late`: what arrived before now is lost, as without a receiver it is."""
        self.board = board
        self.waiting: list[Message] = []
        self._buffer = b""
        for message in sorted(board.world.messages, key=lambda m: m.t):
            if message.channel != channel:
                continue
            at = round(message.t * 1e6)
            if at >= board.now:
                board.schedule(at, lambda message=message: self._arrive(message, on_arrival))  # type: ignore[misc]
            elif not late:
                self.waiting.append(message)

    def _arrive(self, message: Message, on_arrival: Callable[[Message], Any] | None) -> None:
        self.board.version += 1
        self.waiting.append(message)
        if on_arrival is not None:
            on_arrival(message)

    def next(self) -> Message | None:
        """Take the oldest message."""
        return self.waiting.pop(0) if self.waiting else None

    def stream(self) -> bytes:
        """All text waiting, as a stream."""
        while self.waiting:
            self._buffer += self.waiting.pop(0).text.encode()
        return self._buffer

    def take(self, count: int | None) -> bytes:
        """Take bytes from the stream."""
        data = self.stream()
        count = len(data) if count is None or count < 0 else min(count, len(data))
        self._buffer = data[count:]
        return data[:count]
