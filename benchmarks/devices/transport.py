"""How a device is reached: commands and files through adb, through ssh, or on this machine itself."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import NamedTuple, Protocol

from robo_runtime.errors import RoboError

MARK = "robo-bench-exit:"
"""Printed after every command with its status: where it is missing, the connection was lost."""


class DeviceError(RoboError):
    """A device that is not there, cannot be used, or went away."""


class Done(NamedTuple):
    """A command that came to its end on the device."""

    status: int
    out: str
    err: str


class Transport(Protocol):
    """A device that commands can be run on."""

    name: str
    """As messages call it."""
    root: str
    """The folder in which a folder of our own can be made and programs be run."""

    def shell(self, script: str, *, idle_s: float = 60, show: bool = False) -> Done:
        """Run a script of POSIX sh.

        Args:
            idle_s: seconds without a line after which the device counts as lost.
            show: repeat what it says on standard error.

        Raises:
            DeviceError: the connection was lost.
        """

    def push(self, files: Sequence[Path], folder: str) -> None:
        """Copy files there. Raises DeviceError."""

    def pull(self, remote: str, local: Path) -> None:
        """Copy a file here. Raises DeviceError."""


class Local:
    """This machine."""

    def __init__(self, root: Path) -> None:
        self.name, self.root = "this machine", str(root)

    def shell(self, script: str, *, idle_s: float = 60, show: bool = False) -> Done:
        """See `Transport`."""
        done = watch(["sh", "-c", marked(script)], idle_s=idle_s, show=show)
        return finished(done, lambda: f"{self.name}: the program was ended: {done.said()}")

    def push(self, files: Sequence[Path], folder: str) -> None:
        """See `Transport`."""
        for file in files:
            shutil.copy(file, folder)

    def pull(self, remote: str, local: Path) -> None:
        """See `Transport`."""
        shutil.copy(remote, local)


class Watched(NamedTuple):
    """What a program on this machine printed."""

    status: int
    out: str
    err: str
    silent: bool
    """It was ended because nothing came from it."""

    def said(self) -> str:
        """The last line of its errors, or else of its output."""
        lines = [line for line in (self.err or self.out).splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"


def marked(script: str) -> str:
    """The script, with its exit status printed at the end: old adb tells none."""
    return f"( {script}\n) ; echo {shlex.quote(MARK)}$?"


def finished(done: Watched, lost: Callable[[], str]) -> Done:
    """What the command on the device came to.

    Raises:
        DeviceError: its end was never heard of; `lost` says what that means.
    """
    body, mark, status = done.out.rpartition(MARK)
    if not mark or not status.strip().isdigit():
        raise DeviceError(lost())
    return Done(int(status), body, done.err)


def watch(command: Sequence[str], *, idle_s: float, show: bool = False) -> Watched:
    """Run a program to its end, or until it has been silent for `idle_s`.

    Raises:
        DeviceError: the program cannot be started.
    """
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except OSError as e:
        raise DeviceError(f"{command[0]}: cannot be started: {e.strerror}") from None
    lines: Queue[tuple[str, str] | None] = Queue()

    def read(name: str) -> None:
        for line in getattr(process, name):
            lines.put((name, line))
        lines.put(None)

    readers = [threading.Thread(target=read, args=(name,), daemon=True) for name in ("stdout", "stderr")]
    for reader in readers:
        reader.start()
    parts: dict[str, deque[str]] = {"stdout": deque(), "stderr": deque(maxlen=200)}
    silent, open_ends = False, 2
    try:
        while open_ends:
            try:
                got = lines.get(timeout=idle_s)
            except Empty:
                silent = True
                break
            if got is None:
                open_ends -= 1
                continue
            parts[got[0]].append(got[1])
            if show and got[0] == "stderr":
                sys.stderr.write(got[1])
    finally:
        if process.poll() is None and (silent or open_ends):
            process.kill()
    return Watched(process.wait(), "".join(parts["stdout"]), "".join(parts["stderr"]), silent)


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until it is so, or the time is over."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
