"""Speed and memory of the exports: python -m benchmarks.matrix --help."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace
from robo_runtime.progress import duration
from robo_runtime.threads import counts

from benchmarks.matrix.catalogue import chosen, combinations
from benchmarks.matrix.devices import named, read_devices, tier_of
from benchmarks.matrix.exports import find, make_missing
from benchmarks.matrix.machine import these_facts, this_machine
from benchmarks.matrix.measure import QUICK, Plan, measure
from benchmarks.matrix.noise import MOST
from benchmarks.matrix.run import Run, check_writable, lines, run

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_PUBLISHED = Path("benchmarks") / "results" / "matrix.json"
_SCRATCH = Path("runs") / "bench"
_QUICK_CELLS = ("nano/gguf/q4_0/robo+llama.cpp/1t/",)


def say(line: str) -> None:
    """Tell a person something while the work goes on."""
    sys.stderr.write(line + "\n")


@app.command()
def main(
    tier: Annotated[list[str] | None, typer.Option(help="Model tiers: nano, tiny …; all there are.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Cells with this in their id, or fitting it with * and ?.")
    ] = None,
    threads: Annotated[str, typer.Option(help="Counts, as 1,2; 1, 2, 4 … cores when left out.")] = "",
    device: Annotated[str, typer.Option(help="Device tier of this machine; detected when left out.")] = "",
    output: Annotated[
        Path | None, typer.Option(help=f"Result file; {_PUBLISHED}, and of a part runs/bench/part.json.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two cells in seconds: does everything work?")
    ] = False,
    make: Annotated[
        bool, typer.Option("--make", help="Export what is missing or of an older checkpoint.")
    ] = False,
    budget: Annotated[
        float | None, typer.Option(min=1, help="Seconds after which no further cell begins.")
    ] = None,
    max_busy: Annotated[
        float, typer.Option(min=0, help="Cores that other programs may use before a cell is noisy.")
    ] = MOST,
    wait: Annotated[
        float, typer.Option(min=0, help="Minutes to wait first for other programs to use less than that.")
    ] = 0.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on from an interrupted run.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only list the cells.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure every export there is: load, first token, tokens a second, programs, memory, energy.

    Each cell runs in processes of its own and is kept at once: a run that was stopped goes on where it was.
    """
    begun = time.monotonic()
    devices = read_devices()
    exports = find()
    if make and (failed := make_missing(exports, say=say)):
        say("\n".join(failed.values()))
    exports = find() if make else exports
    cells = combinations(exports, _threads(threads))
    if tier:
        known = list(dict.fromkeys(c.export.tier for c in cells))
        if unknown := {*tier} - {*known}:
            raise RoboError(f"--tier {sorted(unknown)[0]}: no such tier here; there are {', '.join(known)}")
        cells = [c for c in cells if c.export.tier in tier or c.kind == "micro"]
    cells = chosen(cells, only or (_QUICK_CELLS if quick else ()))
    if listed:
        print("\n".join(c.id for c in cells))
        return
    part = bool(only or tier or threads or quick)
    name = "quick" if quick else "part" if part else "matrix"
    target = output or workspace() / (_SCRATCH / f"{name}.json" if part else _PUBLISHED)
    check_writable(target)
    machine = this_machine(bandwidth=not quick)
    place = named(device, devices) if device else tier_of(these_facts(machine), devices)
    if wait:
        from benchmarks.training.busy import wait_until_idle

        wait_until_idle(max_busy, 60 * wait)
    results = run(
        Run(
            combinations=cells,
            plan=QUICK if quick else Plan(),
            machine=machine,
            device_tier=place.name,
            output=target,
            unfinished=workspace() / _SCRATCH / f"{name}.unfinished.json",
            budget=budget,
            max_busy=max_busy,
            fresh=fresh,
        ),
        measure,
        say,
    )
    if as_json:
        print(json.dumps(results.model_dump(exclude_none=True), ensure_ascii=False))
        return
    print(f"{machine.cpu}, {machine.cores} cores, {place.title} ({place.name})")
    print("\n".join(lines(results)))
    if results.noisy:
        print("noisy: other programs ran, more beside some cells than others; repeat it on an idle machine")
    print(f"written to {target}; {_spent(begun)}")


def _spent(begun: float) -> str:
    used = os.times()
    own = used.user + used.system + used.children_user + used.children_system
    return f"this took {duration(time.monotonic() - begun)}, {own:,.0f} processor seconds"


def _threads(text: str) -> list[int]:
    if not text:
        return counts(os.cpu_count() or 1)
    try:
        found = [int(word) for word in text.split(",")]
    except ValueError:
        found = [0]
    if min(found) < 1:
        raise RoboError(f"--threads {text}: whole numbers from 1 expected, as in 1,2")
    return sorted({*found})


if __name__ == "__main__":
    run_command(app)
