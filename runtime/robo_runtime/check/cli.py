"""`robo check`: what is wrong with a program, in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    from robo_runtime.check import Problem


def check(
    file: Annotated[Path, typer.Argument(help="A MicroPython program; - reads standard input.")],
    board: Annotated[str, typer.Option(help="Name of a file in configs/boards.")] = "esp32",
    run: Annotated[
        str | None, typer.Option(help="Also run it in the simulator for so long: 10, 10s, 500ms, 2m.")
    ] = None,
    world: Annotated[
        Path | None, typer.Option(help="YAML or JSON with what the sensors feel, for --run.")
    ] = None,
    types: Annotated[bool, typer.Option("--types", help="Also check types with mypy.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list of problems.")] = False,
) -> None:
    """Check a program's syntax, calls, pins and ranges; exit status 1 when something is wrong."""
    if world is not None and run is None:
        raise RoboError("--world is for the run: add --run 10s")
    problems = _problems(_read(file), board, run, world, types)
    if as_json:
        typer.echo(json.dumps([p._asdict() for p in problems], ensure_ascii=False, indent=1))
    else:
        from robo_runtime.chat import sentence

        for problem in problems:
            typer.echo(sentence(problem, f"{file}:"))
    if problems:
        raise typer.Exit(1)


def _read(file: Path) -> str:
    import sys

    from robo_runtime.programs import read_program

    return sys.stdin.read() if str(file) == "-" else read_program(file)


def _problems(code: str, board: str, run: str | None, world: Path | None, types: bool) -> list[Problem]:
    """Those of the cheap check first; a program that cannot be read is neither run nor given to mypy."""
    from robo_runtime.cache import configured_registry
    from robo_runtime.check import check_program

    registry = configured_registry()
    problems = check_program(code, registry, board)
    if any(p.kind == "syntax" for p in problems):
        return problems
    if types:
        from robo_runtime.check.deep import type_problems

        [found] = type_problems([code], registry)
        told = {p.line for p in problems}
        problems += [p for p in found if p.line not in told]
    if run is not None:
        from robo_runtime.check.dry_run import dry_run
        from robo_runtime.files import read_config
        from robo_runtime.simulate import World
        from robo_runtime.simulate.duration import seconds

        told = {p.line for p in problems}
        scene = read_config(world, World) if world else None
        problems += [p for p in dry_run(code, seconds(run), scene, board) if p.line not in told]
    return sorted(problems)
