"""Serial ports: which one a board is on, and why one cannot be opened."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.errors import RoboError


class Port(NamedTuple):
    """A serial port of this computer."""

    device: str
    what: str
    """What its driver calls it; may be empty."""
    usb: bool

    def __str__(self) -> str:
        return f"{self.device} ({self.what})" if self.what else self.device


class NoBoard(RoboError):
    """There is no board, or no telling which port it is on."""


def ports() -> list[Port] | None:
    """The serial ports of this computer, those of boards first; None without pyserial."""
    try:
        listing: Any = import_module("serial.tools.list_ports")
    except ImportError:
        return None
    found = [Port(p.device, _described(p), p.vid is not None) for p in sorted(listing.comports())]
    return sorted(found, key=lambda port: not port.usb)


def _described(port: Any) -> str:
    told = port.product or port.description or ""
    return "" if told in ("n/a", port.device) else str(told)


def board_port(named: str | None = None) -> str:
    """The port of the board: `named`, else the only USB port; `auto` where nothing can list the ports.

    Raises:
        NoBoard: no USB port, or several, and none named.
    """
    if named:
        return named
    if (found := ports()) is None:
        return "auto"
    boards = [port for port in found if port.usb]
    if not boards:
        raise NoBoard(f"no board was found; {seen(found)}. {_PLUG}")
    if len(boards) > 1:
        raise NoBoard(f"{len(boards)} boards could be meant: {_list(boards)}; name the port with --port")
    return boards[0].device


_PLUG = (
    "Plug it in with a USB cable that carries data, install the driver of its USB chip (CP210x, CH340) if "
    "the system lacks it, or name the port with --port"
)


def seen(found: list[Port] | None = None) -> str:
    """The ports as part of a sentence."""
    found = ports() or [] if found is None else found
    return f"serial ports seen: {_list(found)}" if found else "this computer shows no serial port"


def _list(found: list[Port]) -> str:
    return ", ".join(map(str, found[:8])) + (f" and {len(found) - 8} more" if len(found) > 8 else "")


def why_closed(device: str) -> str:
    """Why a port cannot be opened, and what to do."""
    path = Path(device)
    if sys.platform != "win32" and path.is_absolute():
        if not path.exists():
            return f"{device}: there is no such port; {seen()}. {_PLUG}"
        if not os.access(path, os.R_OK | os.W_OK):
            return f"{device}: permission denied; {_permission(path)}"
    elif (found := ports()) and device.upper() not in {port.device.upper() for port in found}:
        return f"{device}: there is no such port; {seen(found)}. {_PLUG}"
    return (
        f"{device}: another program uses it; close what may talk to the board (Thonny, the Arduino IDE, a "
        "serial monitor, a second robo), then try again"
    )


def _permission(path: Path) -> str:
    group = "dialout"
    with contextlib.suppress(OSError, KeyError, ImportError):
        group = import_module("grp").getgrgid(path.stat().st_gid).gr_name
    if group == "root" or sys.platform != "linux":
        return f"allow your user to read and write it: sudo chmod a+rw {path}"
    return (
        f"it belongs to the group {group}: sudo usermod -aG {group} $USER, then log out and in again "
        f"(for now only: sudo chmod a+rw {path})"
    )
