"""Which model answers when none is named."""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace


def default_model(root: Path | None = None) -> Path:
    """The newest q4_0 export of the workspace, else the largest q4_0 model of `models/`.

    Raises:
        RoboError: there is none; says how to make one.
    """
    root = root or workspace()
    exports = sorted(root.glob("exports/*/*q4_0*.gguf"), key=lambda path: path.stat().st_mtime)
    if exports:
        return exports[-1]
    shipped = sorted(root.glob("models/robo-*-q4_0.gguf"), key=lambda path: path.stat().st_size)
    if shipped:
        return shipped[-1]
    raise RoboError(
        f"no model in {root / 'exports'} or {root / 'models'}; make one with "
        "./justw train nano && ./justw export gguf, or name one with --model"
    )
