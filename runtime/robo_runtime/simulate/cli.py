"""`robo simulate`: run a program on the simulated board and show what happens when."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robo_runtime.files import read_config, read_data
from robo_runtime.programs import read_program
from robo_runtime.registry import load_registry
from robo_runtime.simulate.duration import seconds
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.pool import Job, simulate_many
from robo_runtime.simulate.world import World

if TYPE_CHECKING:
    from robo_runtime.checks import Check


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
    plot: Annotated[
        Path | None, typer.Option(help="Also draw the trace: FILE.html, FILE.png or FILE.txt.")
    ] = None,
    chart: Annotated[
        bool, typer.Option("--chart", help="Print rows over time in place of the list.")
    ] = False,
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
        from rich.console import Console

        from robo_runtime.simulate.show import show_chart, show_events, show_outcome

        console = Console()
        if chart:
            show_chart(trace, console)
        else:
            show_events(trace, console, limit)
        show_outcome(trace, console)
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
