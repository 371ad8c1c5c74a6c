"""`robo crosscheck`: the simulator against a real MicroPython."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robo_runtime.errors import RoboError
from robo_runtime.files import read_config, read_data, validate
from robo_runtime.programs import read_program
from robo_runtime.simulate.world import World

if TYPE_CHECKING:
    from robo_runtime.crosscheck.node import Program

_COMPOSE = """
import json, sys
from robo_train.compose import samples
from robo_train.compose.verify import observed
for s in samples(int(sys.argv[2]), int(sys.argv[1])):
    print(json.dumps({"id": s.id, "code": s.code, "world": s.world, "until": observed(s.checks)}), flush=True)
"""
SHOWN = 20


def crosscheck(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Programs (.py), projects of the syllabus (.yaml), or JSON lines with code."),
    ] = None,
    composed: Annotated[
        int, typer.Option(help="Also so many programs of the task composer (robo-train).", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of the composer.")] = 1,
    until: Annotated[float, typer.Option(help="Virtual seconds to observe .py files.", min=0.001)] = 10.0,
    world: Annotated[Path | None, typer.Option(help="World of the .py files.")] = None,
    lib: Annotated[
        list[Path] | None, typer.Option(help="Folder of modules for MicroPython, such as a firmware.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="First fetch MicroPython with npm (uses the network).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Run programs in the simulator and on a real MicroPython; exit 1 if any two traces differ."""
    from robo_runtime.crosscheck import check, node

    if install:
        typer.echo(f"MicroPython is in {node.install()}")
    if not files and not composed:
        if install:
            return
        raise RoboError("give programs, or --composed N; see robo crosscheck --help")
    node.interpreter()
    inputs = read_config(world, World) if world else World()
    programs = programs_of(files or (), composed, seed, inputs, until)
    counts: Counter[str] = Counter()
    differences: list[dict[str, str]] = []
    events = 0
    for outcome in check.crosscheck(programs, lib or ()):
        counts["skipped" if outcome.skipped else "different" if outcome.difference else "equal"] += 1
        if outcome.skipped or outcome.difference:
            why = outcome.difference or f"skipped: {outcome.skipped}"
            differences.append({"program": outcome.program.name, "what": why})
            if not as_json and len(differences) <= SHOWN:
                typer.echo(f"{outcome.program.name}: {why}")
        elif outcome.ours is not None:
            events += len(outcome.ours.events)
    if as_json:
        report = {name: counts[name] for name in ("equal", "different", "skipped")}
        typer.echo(json.dumps({**report, "events": events, "differences": differences}, indent=1))
    else:
        typer.echo(
            f"{counts['equal']} programs with equal traces ({events} events), "
            f"{counts['different']} different, {counts['skipped']} skipped"
        )
    if counts["different"]:
        raise typer.Exit(1)


def programs_of(
    files: Iterable[Path], composed: int = 0, seed: int = 1, world: World | None = None, until: float = 10.0
) -> tuple[Program, ...]:
    """Programs from files as the command takes them, and of the composer.

    Raises:
        RoboError: a file cannot be read, or the composer is not installed.
    """
    return (*_given(files, world or World(), until), *(_composed(composed, seed) if composed else ()))


def _given(files: Iterable[Path], world: World, until: float) -> Iterator[Program]:
    from robo_runtime.crosscheck.node import Program

    for file in files:
        if file.suffix in (".yaml", ".yml"):
            yield from project_programs(file.stem, read_data(file), str(file))
        elif file.suffix == ".jsonl":
            yield from _records(read_program(file), str(file))
        else:
            yield Program(str(file), read_program(file), world, until)


def project_programs(name: str, data: Any, where: str) -> Iterator[Program]:
    """Both programs of a project of the syllabus.

    Raises:
        RoboError: `data` is no project, or its world is not one.
    """
    from robo_runtime.crosscheck.node import Program

    if not isinstance(data, dict):
        raise RoboError(f"{where}: expected a project of the syllabus, with the key micropython_code")
    world = validate(data.get("world", {}), World, f"{where}: world")
    for key in ("micropython_code", "robokit_code"):
        if data.get(key):
            yield Program(f"{name}: {key}", data[key], world, float(data.get("until", 10.0)))


def _records(text: str, where: str) -> Iterator[Program]:
    from robo_runtime.crosscheck.node import Program

    for number, line in enumerate(text.splitlines(), 1):
        try:
            data = json.loads(line)
            code = data["code"]
        except (ValueError, KeyError, TypeError) as e:
            raise RoboError(
                f'{where}, line {number}: expected {{"code": …, "world"?, "until"?}}: {e}'
            ) from None
        world = validate(data.get("world") or {}, World, f"{where}, line {number}: world")
        yield Program(str(data.get("id", number)), code, world, float(data.get("until", 10.0)))


def _composed(count: int, seed: int) -> Iterator[Program]:
    """Programs of the composer, which is another package: asked in a process of its own."""
    asked = [sys.executable, "-c", _COMPOSE, str(count), str(seed)]
    done = subprocess.run(asked, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise RoboError(f"--composed: the composer of robo-train failed (pip install robo-train?): {last}")
    yield from _records(done.stdout, "composer")
