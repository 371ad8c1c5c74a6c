"""What the program on a board prints, until Ctrl-C."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from robo_runtime.board_ports import why_closed
from robo_runtime.errors import RoboError

STOP, FRIENDLY, RESTART = b"\r\x03\x03", b"\r\x02", b"\x04"
"""MicroPython's prompt: Ctrl-C stops a program, Ctrl-B leaves the raw mode, Ctrl-D restarts main.py."""
_SIGN = b"soft reboot\r\n"
_PATIENCE = 8.0  # seconds for a board to restart


def watch(port: str, show: Callable[[str], None]) -> None:
    """Restart the program on the board and show what it prints; Ctrl-C ends this, not the program.

    The restart comes from here, so that the first lines are not lost.

    Raises:
        RoboError: the port cannot be opened, nothing answers as MicroPython, or the board was unplugged.
    """
    try:
        serial: Any = import_module("serial")
    except ImportError:
        raise RoboError("pyserial: not found; pip install 'robo-runtime[flash]'") from None
    try:
        line = serial.Serial(port, 115200, timeout=0.1, exclusive=True)
    except (OSError, ValueError):  # SerialException is an OSError
        raise RoboError(why_closed(port)) from None
    with line:
        try:
            line.write(STOP + FRIENDLY + RESTART)
            early = _restarted(line)
            _pump(line, early, show)
        except OSError:
            raise RoboError(
                f"{port}: the board is gone; plug it in again, its program starts by itself"
            ) from None
        except KeyboardInterrupt:
            show("\n")


def _restarted(line: Any) -> bytes:
    """Wait for the restart; gives what came after it."""
    said = b""
    end = time.monotonic() + _PATIENCE
    while _SIGN not in said:
        said += line.read(max(1, line.in_waiting))
        if time.monotonic() > end:
            raise RoboError(
                f"{line.port}: nothing answers as MicroPython; press the board's reset button and try again"
            )
    return bytes(said.partition(_SIGN)[2])


def _pump(line: Any, early: bytes, show: Callable[[str], None]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    data = early
    while True:
        if data:
            show(decoder.decode(data).replace("\r\n", "\n"))
        data = line.read(max(1, line.in_waiting))
