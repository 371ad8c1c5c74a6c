"""Cross-checking programs: which can be, and what came out."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from robo_runtime.crosscheck.compare import difference
from robo_runtime.crosscheck.convert import SUPPORTED
from robo_runtime.crosscheck.instrument import imported
from robo_runtime.crosscheck.node import Program, run_real
from robo_runtime.registry import load_registry
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.limits import Limits
from robo_runtime.simulate.run import simulate
from robo_runtime.simulate.trace import Trace
from robo_runtime.simulate.wiring import wired

LIMITS = Limits(cpu=60.0)


class Outcome(NamedTuple):
    """One program: `difference` is None when both traces are equal, `skipped` says why none was made."""

    program: Program
    difference: str | None = None
    skipped: str | None = None
    ours: Trace | None = None
    real: Trace | None = None


def unfit(code: str) -> str | None:
    """Why a program cannot be cross-checked; None if it can."""
    try:
        tree = ast.parse(code)
    except SyntaxError as e:
        return f"not a program: line {e.lineno}: {e.msg}"
    if any(isinstance(n, (ast.AsyncFunctionDef, ast.Await)) for n in ast.walk(tree)):
        return "the host has no asyncio"
    missing = sorted(imported(code) - SUPPORTED - {load_registry().module})
    return f"the host has no module {', '.join(missing)}" if missing else None


def crosscheck(programs: Iterable[Program], libraries: Iterable[Path] = ()) -> Iterator[Outcome]:
    """Run each program in the simulator and on a real MicroPython, and compare.

    If one of the `libraries` holds the kit's own module, both sides run that firmware from its sources, on
    the pins its `board.py` names. I2C chips whose readings change are the simulator's alone.
    """
    libraries = list(libraries)
    module = load_registry().module
    folder = next((lib for lib in libraries if (lib / module / "board.py").is_file()), None)
    settings = load_firmware(folder, module).settings if folder is not None else {}
    todo: list[Program] = []
    skipped: list[Outcome] = []

    def runnable() -> Iterator[Program]:
        for program in programs:
            if (why := unfit(program.code)) is not None:
                skipped.append(Outcome(program, skipped=why))
                continue
            todo.append(program)
            world = wired(program.world, program.code, settings) if settings else program.world
            yield program._replace(world=world)

    for real in run_real(runnable(), limits=LIMITS, libraries=libraries, wiring=settings or None):
        yield from skipped
        skipped.clear()
        program = todo.pop()
        ours = simulate(
            program.code, program.world, program.until, limits=LIMITS, firmware=folder
        ).made_plain()
        yield Outcome(program, difference(ours, real), None, ours, real)
    yield from skipped
