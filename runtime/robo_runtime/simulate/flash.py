"""Files of the board's flash, in memory."""

from __future__ import annotations

import io
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.operations import MAX_ITEMS


class VirtualFile(io.StringIO):
    """A file of the board's flash, in memory."""

    def __init__(self, board: Board, name: str, mode: str) -> None:
        self._board, self._name, self._mode = board, str(name).lstrip("/"), mode
        files = board.files
        if not set(mode) <= set("rwab+t") or len(board.files) > 200:
            raise ValueError(f"invalid mode: {mode!r}")
        if "r" in mode and self._name not in files:
            raise OSError(2, "ENOENT")
        super().__init__("" if "w" in mode else files.get(self._name, ""), newline="")
        if "a" in mode:
            self.seek(0, io.SEEK_END)
        if "r" not in mode:
            files[self._name] = self.getvalue()

    def write(self, data: Any) -> int:
        """Text, or bytes in a binary file."""
        if "r" in self._mode and "+" not in self._mode:
            raise OSError(9, "EBADF")
        if self.tell() + len(data) > MAX_ITEMS:
            raise OSError(28, "ENOSPC")
        written = super().write(data if isinstance(data, str) else bytes(data).decode("latin-1"))
        self._board.emit("file", self._name, data if isinstance(data, str) else bytes(data).decode("latin-1"))
        return written

    def flush(self) -> None:
        """Make what was written visible to other openings of the file."""
        if not self.closed and ("r" not in self._mode or "+" in self._mode):
            self._board.files[self._name] = self.getvalue()

    def read(self, size: int | None = -1) -> Any:
        """Text, or bytes in a binary file."""
        data = super().read(size)
        return data.encode("latin-1", "replace") if "b" in self._mode else data

    def close(self) -> None:
        """Keep what was written."""
        self.flush()
        super().close()
