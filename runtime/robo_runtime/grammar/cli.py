"""`robo grammar`: print the grammar, or ask whether it accepts a program."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from robo_runtime.errors import RoboError

app = typer.Typer(no_args_is_help=True, add_completion=False)

_BOARD = typer.Option("esp32", "--board", help="Name of a file in configs/boards.")
_OUT = typer.Option(None, "--out", "-o", help="File to write; standard output when not given.")
_PROGRAM = typer.Argument(..., help="A MicroPython program; - reads standard input.")


@app.command()
def micropython(board: str = _BOARD, out: Path | None = _OUT) -> None:
    """Print the GBNF grammar of the programs a model may write for a board."""
    from robo_runtime.cache import grammar_text

    _print(grammar_text(board), out)


@app.command()
def blocks(board: str = _BOARD, out: Path | None = _OUT) -> None:
    """Print the GBNF grammar of the programs that Blockly can show: kit calls and control blocks."""
    from robo_runtime.cache import grammar_text

    _print(grammar_text(board, blocks=True), out)


@app.command()
def accepts(
    program: Path = _PROGRAM,
    board: str = _BOARD,
    blocks: bool = typer.Option(False, "--blocks", help="Ask the grammar of block programs."),
) -> None:
    """Tell whether the grammar accepts a program, and where it stops if not (exit 1)."""
    from robo_runtime.cache import grammar_text
    from robo_runtime.grammar.accept import first_rejected
    from robo_runtime.programs import read_program

    text = sys.stdin.read() if str(program) == "-" else read_program(program)
    at = first_rejected(grammar_text(board, blocks=blocks), text)
    if at is None:
        typer.echo(f"{program}: accepted")
        return
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    found = repr(text[at]) if at < len(text) else "the end"
    typer.echo(f"{program}:{line}:{column}: {found} may not stand here")
    raise typer.Exit(1)


@app.command()
def calls(
    style: str = typer.Option("json", "--style", help="json, or python: one call on each line."),
    tools: Path | None = typer.Option(
        None, "--tools", help="JSON or YAML with OpenAI tools; the kit's functions when not given."
    ),
    out: Path | None = _OUT,
) -> None:
    """Print the grammar of one or more tool calls with legal arguments."""
    from robo_runtime.grammar.calls import STYLES, calls_gbnf
    from robo_runtime.grammar.tools import read_tools, registry_tools

    if style not in STYLES:
        raise RoboError(f"--style is {style!r}; use {' or '.join(STYLES)}")
    if tools is None:
        from robo_runtime.cache import configured_registry

        found = registry_tools(configured_registry())
    else:
        found = read_tools(tools)
    _print(calls_gbnf(found, style), out)


@app.command()
def schema(
    file: Path = typer.Argument(..., help="A JSON schema, as JSON or YAML."),
    out: Path | None = _OUT,
) -> None:
    """Print the grammar of the JSON values that a schema allows, ranges included."""
    from robo_runtime.files import read_data
    from robo_runtime.grammar.schema import schema_gbnf

    _print(schema_gbnf(read_data(file)), out)


def _print(text: str, out: Path | None) -> None:
    from robo_runtime.files import write_text

    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)
        typer.echo(f"{out}: {len(text.splitlines()):,} rules, {len(text.encode()):,} bytes")
