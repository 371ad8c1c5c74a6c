"""A progress bar for work in named steps; lines in a log where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

Step = Callable[[str, int, int], None]
"""Told the name of the step, how much is done and how much is expected (0 where nobody knows)."""


@contextmanager
def progress_bar() -> Iterator[Step]:
    """Yield a function that moves the bar of a step; a step's first call shows it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def step(name: str, done: int, expected: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=expected or None)
                if not console.is_terminal:
                    typer.echo(f"{name} …", err=True)
            bar.update(tasks[name], completed=done, total=expected or None)

        yield step
