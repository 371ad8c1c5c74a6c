"""The commands of `robo chat`: their list, its text, the nearest to a wrong one, the completion of words."""

from __future__ import annotations

import difflib
import os
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from robo_runtime.errors import RoboError

Takes = Literal["", "file", "lang", "board", "port"]


class Command(NamedTuple):
    """One command."""

    name: str
    form: str
    """How its argument is shown."""
    help: str
    takes: Takes = ""
    """What completes its argument."""


COMMANDS = (
    Command("lang", "CODE", "language of the requests (alone: let the model see)", "lang"),
    Command("hardware", "TEXT", "parts at hand, e.g. /hardware LED on pin 4, servo (alone: none)"),
    Command("board", "NAME", "the board whose pins are allowed", "board"),
    Command("samples", "N", "up to N tries a request, judged by the simulator"),
    Command("show", "", "the program once more"),
    Command("undo", "", "back to the program before"),
    Command("load", "FILE", "take a program from FILE", "file"),
    Command("save", "FILE", "write the program to FILE", "file"),
    Command("check", "", "check the program again"),
    Command("run", "SECONDS", "run the program in the simulator and draw what happens"),
    Command("flash", "PORT", "put the program on the board and restart it", "port"),
    Command("help", "", "this text"),
    Command("quit", "", "leave (or Ctrl-D)"),
)
NAMES = tuple(command.name for command in COMMANDS)
_COLUMN = 20


def help_text(width: int) -> str:
    """What there is, for a terminal of so many columns."""
    width = max(width - 1, 24)
    lines = textwrap.wrap(
        "Say what the program should do. Every request starts a new program. Ctrl-C stops one that is being "
        "written. Commands:",
        width,
    )
    for command in COMMANDS:
        head = f"  /{command.name} {command.form}".rstrip()
        if width >= 2 * _COLUMN + 10:
            text = textwrap.wrap(command.help, width - _COLUMN)
            lines += [f"{head:{_COLUMN}}{text[0]}", *(" " * _COLUMN + line for line in text[1:])]
        else:
            lines += [
                head,
                *textwrap.wrap(command.help, width, initial_indent="    ", subsequent_indent="    "),
            ]
    return "\n".join(lines)


def unknown(name: str) -> RoboError:
    """The error for a wrong command: names the nearest right one."""
    near = difflib.get_close_matches(name.lower(), NAMES, 1, 0.5) or [
        n for n in NAMES if name and n.startswith(name)
    ]
    meant = f"did you mean /{near[0]}? " if near else ""
    return RoboError(f"/{name} is no command; {meant}/help lists them")


def completions(line: str) -> list[str]:
    """What the last word of a line may become; nothing outside commands."""
    if not line.startswith("/"):
        return []
    name, space, argument = line[1:].partition(" ")
    if not space:
        return [f"/{command}" for command in NAMES if command.startswith(name)]
    takes: Takes = next((command.takes for command in COMMANDS if command.name == name), "")
    if takes == "file":
        return _files(argument)
    return [word for word in _words(takes) if word.startswith(argument)]


def _words(takes: Takes) -> Iterable[str]:
    if takes == "lang":
        from robo_runtime.languages import languages

        return list(languages())
    if takes == "board":
        from robo_runtime.paths import configs_dir

        return sorted(path.stem for path in (configs_dir() / "boards").glob("*.yaml"))
    if takes == "port":
        from robo_runtime.board_ports import ports

        return [port.device for port in ports() or []]
    return []


def _files(typed: str) -> list[str]:
    """Python files and folders that begin as `typed`; only its last word is given back."""
    folder, name = os.path.split(typed)
    shown = typed.rpartition(" ")[2]
    start = shown[: len(shown) - len(name)] if len(name) <= len(shown) else ""
    try:
        found = sorted(Path(folder or ".").expanduser().iterdir())
    except OSError:
        return []
    kept = [
        path for path in found
        if path.name.startswith(name) and (path.is_dir() or path.suffix == ".py")
        and (name.startswith(".") or not path.name.startswith("."))
    ]  # fmt: skip
    hidden = len(name) - len(shown) if len(name) > len(shown) else 0
    return [start + path.name[hidden:] + ("/" if path.is_dir() else "") for path in kept]
