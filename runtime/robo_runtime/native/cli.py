"""`robo native-data`: what the native core reads beside a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.files import atomic_file
from robo_runtime.native import native_data

app = typer.Typer(help="Write the data file that the native core reads beside a model.")


@app.command()
def write(
    output: Annotated[Path, typer.Argument(help="the file, e.g. esp32.robo")],
    board: Annotated[str, typer.Option(help="a name of configs/boards")] = "esp32",
) -> None:
    """Write the grammar, names and types of a board's programs, and what prompts are made of."""
    data = native_data(grammar_text(board), scope_table(), board)
    with atomic_file(output) as temporary:
        temporary.write_bytes(data)
    typer.echo(f"{output}: {len(data):,} bytes")
