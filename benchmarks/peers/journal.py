"""What a run has measured so far, a JSON line for each lap: a run that was stopped goes on behind it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any


class Journal:
    """A file of laps.

    Args:
        folder: where journals are kept.
        run: all that decides what is measured; another run has another file.
        fresh: begin anew.
    """

    def __init__(self, folder: Path, run: Any, *, fresh: bool = False) -> None:
        name = sha256(json.dumps(run, sort_keys=True, default=str).encode()).hexdigest()[:16]
        self.path = folder / f"{name}.jsonl"
        self._known: dict[str, dict[str, Any]] = {}
        self._begin = ""
        if fresh:
            self.path.unlink(missing_ok=True)
        elif self.path.is_file():
            text = self.path.read_text(encoding="utf-8")
            self._begin = "" if not text or text.endswith("\n") else "\n"
            for line in text.splitlines():
                try:
                    entry = json.loads(line)
                    self._known[entry["lap"]] = entry["found"]
                except (json.JSONDecodeError, KeyError, TypeError):
                    continue  # the line that was being written when the run was stopped

    def known(self, lap: str) -> dict[str, Any] | None:
        """What was found in a lap; None when it was not run yet."""
        return self._known.get(lap)

    def keep(self, lap: str, found: dict[str, Any]) -> None:
        """Add a lap."""
        self._known[lap] = found
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(self._begin + json.dumps({"lap": lap, "found": found}) + "\n")
        self._begin = ""
