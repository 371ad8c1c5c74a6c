"""`robo registry`: look at what a program may use, check it, write its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from robo_runtime.errors import RoboError

app = typer.Typer(no_args_is_help=True, help="What a program may use: functions, modules, boards.")


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="A function or module, e.g. robot.stop or machine.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the functions of the kit and the MicroPython modules, or describe one."""
    from robo_runtime.registry import load_registry
    from robo_runtime.registry.docs import function_page, module_page, nearest

    registry = load_registry()
    if name is None:
        if as_json:
            typer.echo(
                json.dumps({"functions": sorted(registry.functions), "modules": sorted(registry.modules)})
            )
            return
        for function in registry.functions.values():
            typer.echo(f"{function.category:9} {function.signature}")
        typer.echo(f"{'modules':9} {', '.join(registry.modules)}")
    elif name in registry.functions:
        function = registry.functions[name]
        typer.echo(function.model_dump_json(indent=1) if as_json else function_page(function))
    elif name in registry.modules:
        module = registry.modules[name]
        typer.echo(module.model_dump_json(indent=1) if as_json else module_page(module))
    else:
        raise RoboError(f"no function or module {name!r}{nearest(name, registry)}")


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder with firmware/, micropython/ and boards/.")
    ] = None,
) -> None:
    """Check the registry: names, ranges, defaults, and that every example passes the API check."""
    from robo_runtime.check import check_program
    from robo_runtime.registry import load_registry

    registry = load_registry(folder)
    wrong = [
        f"firmware/{function.category}.yaml: functions.{name}.example: {problem}"
        for name, function in registry.functions.items()
        for problem in check_program(function.program, registry)
    ]
    if wrong:
        raise RoboError("\n".join(wrong))
    counts = f"{len(registry.functions)} functions, {len(registry.modules)} modules"
    typer.echo(f"{counts} and {len(registry.boards)} boards are in order")


@app.command()
def docs(out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("docs/api")) -> None:
    """Write the API documentation as Markdown, a page for each category and module."""
    from robo_runtime.registry import load_registry
    from robo_runtime.registry.docs import write_pages

    typer.echo(f"{write_pages(load_registry(), out)} pages in {out}")
