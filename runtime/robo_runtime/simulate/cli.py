"""`robo simulate`: run a program on the simulated board and show what happens when."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from robo_runtime.errors import RoboError
from robo_runtime.files import read_config
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.pool import Job, simulate_many
from robo_runtime.simulate.trace import Event, Trace
from robo_runtime.simulate.world import World

_COLORS = {
    "print": "white",
    "call": "cyan",
    "net": "magenta",
    "error": "red",
    "input": "yellow",
    "sleep": "blue",
}


def simulate(
    file: Annotated[Path, typer.Argument(help="MicroPython program; - reads standard input.")],
    until: Annotated[float, typer.Option(help="Virtual seconds to observe.", min=0.001, max=86_400)] = 10.0,
    world: Annotated[
        Path | None, typer.Option(help="YAML or JSON with buttons, voltages, distances…")
    ] = None,
    firmware: Annotated[
        Path | None, typer.Option(help="Run the kit's functions from MicroPython sources, as data/firmware.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
    limit: Annotated[int, typer.Option(help="Longest timeline to print.", min=1)] = 200,
) -> None:
    """Run a program on a simulated board and print its timeline; exit 1 if the program fails."""
    inputs = read_config(world, World) if world else World()
    if firmware is not None:
        load_firmware(firmware)  # a wrong folder is told before a worker starts
    trace = next(simulate_many([Job(_read(file), inputs, until, firmware)], 1))
    if json:
        typer.echo(json_module.dumps(trace.to_dict(), ensure_ascii=False))
    else:
        _timeline(trace, limit)
    if trace.error:
        raise typer.Exit(1)


def _read(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RoboError(f"{file}: no such file; give the path of a MicroPython program") from None
    except (OSError, UnicodeDecodeError) as e:
        raise RoboError(f"{file}: cannot be read as UTF-8 text: {e}") from None


def _timeline(trace: Trace, limit: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, pad_edge=False)
    for heading in ("seconds", "what", "value"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left", overflow="fold")
    for event in trace.events[:limit]:
        what = event.kind if event.key in ("", "robot", "kit") else f"{event.kind} {event.key}"
        table.add_row(
            f"{event.t:.3f}", Text(what, style=_COLORS.get(event.kind, "green")), Text(_value(event))
        )
    console.print(table)
    if len(trace.events) > limit:
        console.print(f"… {len(trace.events) - limit} more events; --limit shows them")
    if trace.error:
        console.print(Text(trace.error, style="bold red"))
    elif trace.ended:
        console.print(f"ended after {trace.duration:.3f} s")
    else:
        console.print(f"still running after {trace.until:g} s")


def _value(event: Event) -> str:
    value: Any = event.value
    if event.kind == "pwm":
        return f"{value[0]} Hz, {value[1]:.1%}" if value[0] else "off"
    if event.kind in ("pin", "input"):
        return "high" if value else "low"
    units = {"angle": "°", "servo": "°", "tone": " Hz", "pulse": " µs"}
    if event.kind in units and value is not None:
        return f"{value:g}{units[event.kind]}"
    if isinstance(value, dict):
        return ", ".join(f"{k}={v!r}" for k, v in value.items())
    return str(value)
