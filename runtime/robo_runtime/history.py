"""What was typed before, one line each in a private file of the user's state folder."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

KEEP = 1000
"""Lines kept."""


def history_file() -> Path:
    """`$XDG_STATE_HOME/robolm/history`, by default under `~/.local/state`; `%LOCALAPPDATA%` on Windows."""
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local) / "robolm" / "history"
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "robolm" / "history"


class History:
    """Lines in a file that only its owner may read; where it cannot be used, nothing is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = self._read()
        if len(self.lines) > KEEP:
            del self.lines[:-KEEP]
            self._rewrite()

    def add(self, line: str) -> None:
        """Keep a line, unless it is empty or the one before said the same."""
        line = " ".join(line.split())
        if not line or (self.lines and self.lines[-1] == line):
            return
        self.lines.append(line)
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _append(self.path, f"{line}\n", os.O_APPEND)

    def _read(self) -> list[str]:
        try:
            self.path.chmod(0o600)
            return [
                line for line in self.path.read_text(encoding="utf-8", errors="replace").split("\n") if line
            ]
        except OSError:
            return []

    def _rewrite(self) -> None:
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
        with contextlib.suppress(OSError):
            _append(temporary, "".join(f"{line}\n" for line in self.lines), os.O_TRUNC)
            temporary.replace(self.path)


def _append(path: Path, text: str, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(text)
