"""Workspaces and definitions in the real Blockly, in Node.js."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.npm import Package

PACKAGE = Package(
    name="blockly", version="12.5.1", file="index.js",
    folder="blockly", variable="ROBO_BLOCKLY", command="robo blocks verify --install",
)  # fmt: skip
_RUNNER = Path(__file__).resolve().parent / "host" / "blockly.mjs"


class Blockly:
    """A Blockly that knows the blocks of a registry; made by `blockly`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, job: Any) -> dict[str, Any]:
        """The answer to one job of `host/blockly.mjs`.

        Raises:
            RoboError: Blockly refuses, or warns of, what it is given; or Node.js died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        if not (line := self._process.stdout.readline()):
            raise RoboError("Node.js stopped; is it version 18 or later?")
        answer: dict[str, Any] = json.loads(line)
        if wrong := answer.get("error") or "; ".join(answer.get("warnings", ())):
            raise RoboError(f"Blockly: {wrong}")
        return answer

    def saved(self, workspace: dict[str, Any]) -> dict[str, Any]:
        """The workspace, loaded and saved again. Raises as `ask`."""
        return dict(self.ask({"workspace": workspace})["saved"])

    def python(self, workspace: dict[str, Any]) -> str:
        """What Blockly's own Python generator writes for it. Raises as `ask`."""
        return str(self.ask({"workspace": workspace, "python": True})["python"])


@contextmanager
def blockly(definitions: list[dict[str, Any]]) -> Iterator[Blockly]:
    """A real Blockly with these blocks.

    Raises:
        RoboError: Node.js or the package is missing, or a definition is refused.
    """
    asked = ["node", str(_RUNNER), str(PACKAGE.find())]
    with subprocess.Popen(
        asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            made = Blockly(process)
            made.ask(definitions)
            yield made
        finally:
            process.kill()


def lost(ours: Any, theirs: Any, at: str = "") -> str:
    """Where something that we wrote is not in what Blockly saved, or more is; empty when all is kept."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ("next", "inputs"):
            if extra := theirs.keys() & {key} - ours.keys():
                return f"{at}: Blockly adds {extra}"
        if at.endswith("inputs") and (extra := theirs.keys() - ours.keys()):
            return f"{at}: Blockly adds {', '.join(extra)}"
        for key, value in ours.items():
            empty = isinstance(value, dict) and value.get("blocks") == []
            if key in ("x", "y", "variables") or empty:
                continue
            if key not in theirs:
                return f"{at}.{key}: not saved"
            if why := lost(value, theirs[key], f"{at}.{key}"):
                return why
        return ""
    if isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{at}: {len(ours)} items became {len(theirs)}"
        found = (lost(a, b, f"{at}.{i}") for i, (a, b) in enumerate(zip(ours, theirs, strict=True)))
        return next((why for why in found if why), "")
    return "" if ours == theirs else f"{at}: {ours!r:.60} became {theirs!r:.60}"
