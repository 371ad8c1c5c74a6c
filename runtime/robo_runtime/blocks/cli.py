"""`robo blocks`: programs as Blockly blocks and back, and what a web page needs to show them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    from robo_runtime.blocks import Blocks

app = typer.Typer(no_args_is_help=True, add_completion=False)

_OUTPUT = typer.Option(None, "--output", "-o", help="File to write; standard output when not given.")
_FILES = typer.Argument(
    None, help="Programs (.py), projects of the syllabus (.yaml), or JSON lines with code."
)
_COMPOSED = typer.Option(
    0, "--composed", min=0, help="Also so many programs of the task composer (robo-train)."
)


@app.command("to")
def to_blocks(
    program: Path = typer.Argument(..., help="A MicroPython program; - reads standard input."),
    output: Path | None = _OUTPUT,
) -> None:
    """Print a program as the workspace JSON that Blockly loads."""
    from robo_runtime.programs import read_program

    code = sys.stdin.read() if str(program) == "-" else read_program(program)
    _write(json.dumps(_blocks().workspace(code, str(program)), ensure_ascii=False, indent=1) + "\n", output)


@app.command("from")
def from_blocks(
    workspace: Path = typer.Argument(..., help="What Blockly saved, as JSON; - reads standard input."),
    output: Path | None = _OUTPUT,
) -> None:
    """Print the MicroPython program of a workspace."""
    from robo_runtime.blocks.loading import parsed
    from robo_runtime.programs import read_program

    text = sys.stdin.read() if str(workspace) == "-" else read_program(workspace)
    _write(_blocks().program(parsed(text, str(workspace)), str(workspace)), output)


@app.command()
def definitions(output: Path | None = _OUTPUT) -> None:
    """Print the JSON with all `definitions` that Blockly lacks and a `toolbox` of all blocks."""
    from robo_runtime.blocks.toolbox import page

    _write(json.dumps(page(_blocks().library), ensure_ascii=False, indent=1) + "\n", output)


@app.command()
def coverage(files: list[Path] | None = _FILES, composed: int = _COMPOSED) -> None:
    """Tell how many statements of programs are blocks, and print those that are shown as text.

    Without FILES: of the projects of the syllabus. Import lines are left out; they are no blocks.
    """
    from robo_runtime.blocks.control import RAW, RAW_VALUE
    from robo_runtime.blocks.convert import share

    blocks = _blocks()
    programs = total = real = 0
    for name, code in _programs(files, composed):
        tree = blocks.tree(code, name)
        for block in tree.walk():
            if block.type in (RAW, RAW_VALUE):
                typer.echo(f"{name}: {str(block.fields['CODE']).splitlines()[0]}")
        programs += 1
        counts = share(tree)
        total, real = total + counts[0], real + counts[1]
    percent = 100 * real / total if total else 100.0
    typer.echo(
        f"{programs} programs, {total} statements, {real} of them blocks through and through: {percent:.1f} %"
    )


@app.command()
def verify(
    files: list[Path] | None = _FILES,
    composed: int = _COMPOSED,
    install: bool = typer.Option(False, "--install", help="First fetch Blockly with npm (uses the network)."),
) -> None:
    """Load definitions and programs into a real Blockly and compare what it saves; exit 1 on a difference.

    Without FILES: the projects of the syllabus.
    """
    import ast

    from robo_runtime.blocks import real

    if install:
        typer.echo(f"Blockly is in {real.PACKAGE.install()}")
    blocks = _blocks()
    count, wrong = 0, 0
    with real.blockly(blocks.library.definitions) as blockly:
        for name, code in _programs(files, composed):
            count += 1
            ours = blocks.workspace(code, name)
            try:
                theirs = blockly.saved(ours)
                why = real.lost(ours, theirs)
                if not why and ast.dump(ast.parse(blocks.program(theirs, name))) != ast.dump(ast.parse(code)):
                    why = "what Blockly saved is another program"
            except RoboError as e:
                why = str(e)
            if why:
                wrong += 1
                typer.echo(f"{name}: {why}")
    number = len(blocks.library.definitions)
    typer.echo(
        f"{number} definitions and {count} workspaces in Blockly {real.PACKAGE.version}: {wrong} differ"
    )
    if wrong:
        raise typer.Exit(1)


def _blocks() -> Blocks:
    from robo_runtime.blocks import Blocks
    from robo_runtime.cache import configured_registry

    return Blocks(configured_registry())


def _programs(files: list[Path] | None, composed: int) -> Iterator[tuple[str, str]]:
    """Name and code of each."""
    from robo_runtime.crosscheck.cli import programs_of

    if not files and not composed:
        from robo_runtime.paths import workspace

        files = sorted((workspace() / "data" / "syllabus").glob("*.yaml"))
        if not files:
            raise RoboError(
                "no projects in data/syllabus here; give programs, see robo blocks coverage --help"
            )
    for program in programs_of(files or [], composed):
        yield program.name, program.code


def _write(text: str, output: Path | None) -> None:
    from robo_runtime.files import write_text

    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
