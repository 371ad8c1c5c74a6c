"""`robo simulate`: run a program on the simulated board and show what happens when."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robo_runtime.files import read_config, read_data
from robo_runtime.programs import read_program
from robo_runtime.registry import load_registry
from robo_runtime.simulate.duration import seconds
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.pool import Job, simulate_many
from robo_runtime.simulate.trace import Event, Trace
from robo_runtime.simulate.world import World

if TYPE_CHECKING:
    from robo_runtime.checks import Check

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
    until: Annotated[str, typer.Option(help="Virtual time to observe: 10, 10s, 500ms, 2m.")] = "10s",
    world: Annotated[
        Path | None, typer.Option(help="YAML or JSON with buttons, voltages, distances…")
    ] = None,
    firmware: Annotated[
        Path | None, typer.Option(help="Run the kit's functions from MicroPython sources, as data/firmware.")
    ] = None,
    checks: Annotated[
        Path | None, typer.Option(help="YAML or JSON list of checks that the trace must pass.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Also draw the trace: FILE.html or FILE.png.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
    limit: Annotated[int, typer.Option(help="Longest timeline to print.", min=1)] = 200,
) -> None:
    """Run a program on a simulated board and print its timeline; exit 1 if it or a check fails."""
    span = seconds(until)
    inputs = read_config(world, World) if world else World()
    if firmware is not None:
        load_firmware(firmware, load_registry().module)  # a wrong folder is told before a worker starts
    wanted = _checks(checks)
    trace = next(simulate_many([Job(_read(file), inputs, span, firmware)], 1))
    if plot is not None:
        from robo_runtime.simulate.plot import write_plot

        write_plot(trace, plot, "standard input" if str(file) == "-" else file.name)
    failures = [failure for check in wanted if (failure := check.judge(trace)) is not None]
    if json:
        report = trace.to_dict() | ({"failures": failures} if checks else {})
        typer.echo(json_module.dumps(report, ensure_ascii=False))
    else:
        _timeline(trace, limit)
        for failure in failures:
            typer.echo(f"check failed: {failure}")
        if wanted and not failures:
            typer.echo(f"all {len(wanted)} checks hold")
    if trace.error or failures:
        raise typer.Exit(1)


def _checks(file: Path | None) -> list[Check]:
    if file is None:
        return []
    from robo_runtime.checks import check_list

    return check_list(read_data(file), str(file))


def _read(file: Path) -> str:
    return sys.stdin.read() if str(file) == "-" else read_program(file)


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
