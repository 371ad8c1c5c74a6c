"""`robo tune`: measure which number of threads decodes fastest, and keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robo_runtime.models import default_model
from robo_runtime.threads import best, busy, measure, named_threads, remember, sentence


def tune(
    model: Annotated[
        Path | None,
        typer.Option(envvar="ROBO_MODEL", help="GGUF file; the newest export when not given."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to measure.", min=0.1, max=60)] = 2.0,
) -> None:
    """Measure how many CPU threads write programs fastest, and use so many from now on."""
    chosen = model or default_model()
    rates = measure(chosen, seconds)
    count = remember(chosen, best(rates))
    typer.echo(f"{chosen.name}: {sentence(rates, count)}")
    if busy():
        typer.echo("note: other programs kept this machine busy meanwhile; repeat it when they are done")
    if (named := named_threads()) is not None:
        typer.echo(f"note: ROBO_THREADS is set to {named} and wins")
