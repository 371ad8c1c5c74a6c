"""Where the configuration lives: the workspace's `configs/`, or the copy inside an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def configs_dir() -> Path:
    """`$ROBO_CONFIGS` if set, else the workspace's `configs/`, else the copy shipped in the wheel."""
    if named := os.environ.get("ROBO_CONFIGS"):
        return Path(named)
    workspace = _PACKAGE.parents[1] / "configs"
    return workspace if workspace.is_dir() else _PACKAGE / "_configs"


def firmware_dir() -> Path:
    """The kit's MicroPython sources: the workspace's `data/firmware/`, else the copy in the wheel."""
    sources = _PACKAGE.parents[1] / "data" / "firmware"
    return sources if sources.is_dir() else _PACKAGE / "_firmware"


def workspace() -> Path:
    """The checkout's root, or the current folder when the package runs from a wheel."""
    root = _PACKAGE.parents[1]
    return root if (root / "configs").is_dir() else Path.cwd()
