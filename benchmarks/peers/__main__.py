"""Others and us, side by side: python -m benchmarks.peers --help."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

from benchmarks.matrix.__main__ import say
from benchmarks.matrix.run import check_writable
from benchmarks.peers.registry import FILE, Kind, only, read_registry
from benchmarks.peers.run import Run, run
from benchmarks.peers.table import lines

_OUTPUT = Path("benchmarks") / "results" / "peers.json"
_PART = Path("runs") / "peers" / "part.json"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    tier: Annotated[str, typer.Option(help="Model tier whose weights all run.")] = "nano",
    names: Annotated[
        list[str] | None, typer.Option("--only", help="Peers with this in their name; may be repeated.")
    ] = None,
    kind: Annotated[str, typer.Option(help="decode, program, or both with a comma.")] = "decode,program",
    threads: Annotated[str, typer.Option(help="Counts, as 1,2.")] = "1,2",
    prompts: Annotated[int | None, typer.Option(min=1, help="The first so many of peers.yaml; all.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each prompt is asked.")] = 1,
    tokens: Annotated[int, typer.Option(min=1, max=400, help="Of a turn of raw decoding.")] = 100,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Processor seconds after which a peer sits out the rest.")
    ] = 30.0,
    peers: Annotated[Path, typer.Option(help="Another file of peers.")] = FILE,
    output: Annotated[
        Path | None, typer.Option(help=f"Result file; {_OUTPUT}, and of a part {_PART}.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on from an interrupted run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure the libraries that others use beside our runtime: same weights, same prompts, turn by turn.

    Every peer is a process of its own that is kept alive and asked in turns. Raw decoding is compared with
    llama.cpp's own loop in C, the time to a finished program with ours. Every turn is kept at once: a run
    that was stopped goes on where it was.
    """
    registry = read_registry(peers)
    part = bool(names or prompts or peers != FILE)
    target = output or workspace() / (_PART if part else _OUTPUT)
    check_writable(target)
    started = time.monotonic()
    results = run(
        Run(
            registry=registry,
            entries=only(registry, names or []),
            tier=tier,
            kinds=_kinds(kind),
            threads=_counts(threads),
            prompts=registry.prompts[:prompts],
            rounds=rounds,
            tokens=tokens,
            seconds=seconds,
            output=target,
            command=shlex.join(["python", "-m", "benchmarks.peers", *sys.argv[1:]]),
            fresh=fresh,
        ),
        say,
    )
    if as_json:
        print(json.dumps(results.model_dump(exclude_none=True), ensure_ascii=False))
        return
    print("\n".join(lines(results)))
    print(f"written to {target} ({time.monotonic() - started:.0f} s)")


def _kinds(text: str) -> list[Kind]:
    known: tuple[Kind, ...] = ("decode", "program")
    words = text.split(",")
    if not {*words} <= {*known}:
        raise RoboError(f"--kind {text}: decode, program or decode,program expected")
    return [kind for kind in known if kind in words]


def _counts(text: str) -> Sequence[int]:
    found = [int(word) if word.isascii() and word.isdecimal() else 0 for word in text.split(",")]
    if min(found) < 1:
        raise RoboError(f"--threads {text}: whole numbers from 1 expected, as in 1,2")
    return sorted({*found})


if __name__ == "__main__":
    run_command(app)
