"""What a client may see of an answer while it is written: nothing that is taken back later."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence

from robo_runtime.decode import Decoded


class Output:
    """Gathers text, hands on what stays, and ends the decoding at a stop sequence.

    Of a program only whole legal lines are handed on. Text that may be the beginning of a stop sequence waits
    until it is not. Tool calls wait until they are complete.

    Args:
        lines: the text is a program.
        stops: sequences that end the answer and are no part of it.
        calls: text that starts with `[` is a list of tool calls, handed on by no one but the caller.
        emit: gets each piece.
        stop: set when a stop sequence was written.
    """

    def __init__(
        self,
        *,
        lines: bool,
        stops: Sequence[str],
        calls: bool,
        emit: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        self.text = ""
        self.cut: int | None = None
        self._lines, self._stops, self._calls = lines, stops, calls
        self._emit, self.stop = emit, stop
        self._ends: list[int] = []
        self._sent = 0

    @property
    def is_calls(self) -> bool:
        """Whether tool calls are being written."""
        return self._calls and self.text.startswith("[")

    def add(self, piece: str) -> None:
        """`on_text` of the decoder."""
        start = len(self.text)
        self.text += piece
        if self.cut is None and self._stops and not self.is_calls:
            found = [self.text.find(stop, max(0, start - len(stop) + 1)) for stop in self._stops]
            if found := [at for at in found if at >= 0]:
                self.cut = min(found)
                self.stop.set()
        if not self._lines:
            self._send(self._safe())

    def legal(self) -> None:
        """`on_legal` of the decoder: the text so far is a program."""
        self._ends += [len(self.text) - 1, len(self.text)]  # a program also without its last line feed
        self._send(self._whole(self._safe()))

    def finish(self, done: Decoded) -> str:
        """The whole answer; hands on what is left of it."""
        if self.cut is None:
            text = done.code
        else:
            text = self.text[: self._whole(self.cut) if self._lines else self.cut]
        if not self.is_calls:
            self.text = text
            self._send(len(text))
        return text

    def _whole(self, most: int) -> int:
        """The end of the last legal program of at most so many characters."""
        at = bisect_right(self._ends, most)
        return self._ends[at - 1] if at else 0

    def _safe(self) -> int:
        """How much of the text is no beginning of a stop sequence."""
        if self.cut is not None:
            return self.cut
        held = 0
        for stop in self._stops:
            for n in range(min(len(stop) - 1, len(self.text)), held, -1):
                if self.text.endswith(stop[:n]):
                    held = n
                    break
        return len(self.text) - held

    def _send(self, end: int) -> None:
        if end > self._sent and not self.is_calls:
            self._emit(self.text[self._sent : end])
            self._sent = end
