"""Reading the program that a command is given."""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError


def read_program(path: Path) -> str:
    """Text of a program.

    Raises:
        RoboError: there is no such file, or it is not UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RoboError(f"{path}: no such file; give the path of a MicroPython program") from None
    except (OSError, UnicodeDecodeError) as e:
        raise RoboError(
            f"{path}: cannot be read as UTF-8 text: {getattr(e, 'strerror', None) or e}"
        ) from None
