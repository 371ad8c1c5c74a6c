"""`robo registry`: look at what a program may use, check it, write its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from robo_runtime.errors import RoboError

app = typer.Typer(no_args_is_help=True, help="What a program may use: functions, modules, boards.")


@app.command()
def show(
    name: Annotated[
        str | None,
        typer.Argument(help="A function, module, class, board or enum, e.g. robot.stop, machine.PWM."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List what there is, or describe one thing."""
    from robo_runtime.registry import load_registry

    registry = load_registry()
    if name is None:
        if as_json:
            names = {
                key: sorted(getattr(registry, key)) for key in ("functions", "modules", "boards", "enums")
            }
            typer.echo(json.dumps(names))
            return
        for function in registry.functions.values():
            typer.echo(f"{function.category:9} {function.signature}")
        for key in ("modules", "boards", "enums"):
            typer.echo(f"{key:9} {', '.join(getattr(registry, key))}")
        return
    found, page = _find(name, registry)
    if as_json:
        data = found if isinstance(found, tuple) else found.model_dump(mode="json")
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        typer.echo(page)


def _find(name: str, registry: Any) -> tuple[Any, str]:
    """The thing of that name and its page. `board:` and `module:` tell the two `esp32` apart."""
    from robo_runtime.registry import docs

    kind, _, plain = name.rpartition(":")
    module, _, klass = plain.rpartition(".")
    if plain in registry.functions and not kind:
        return registry.functions[plain], docs.function_page(registry.functions[plain])
    if plain in registry.boards and kind != "module":
        note = f"\nThe module of that name: `robo registry show module:{plain}`.\n"
        page = docs.board_page(registry.boards[plain])
        return registry.boards[plain], page + (note if plain in registry.modules and not kind else "")
    if plain in registry.modules and kind in ("", "module"):
        return registry.modules[plain], docs.module_page(registry.modules[plain])
    if module in registry.modules and klass in registry.modules[module].classes and not kind:
        found = registry.modules[module].classes[klass]
        return found, docs.class_page(klass, found, docs.docstrings(module))
    if plain in registry.enums and not kind:
        return registry.enums[plain], ", ".join(registry.enums[plain])
    raise RoboError(f"nothing is called {name!r}{docs.nearest(plain, registry)}")


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder with firmware/, micropython/ and boards/.")
    ] = None,
) -> None:
    """Check the registry: names, ranges, defaults, and that every example passes the API check."""
    from robo_runtime.registry import load_registry
    from robo_runtime.registry.verify import registry_problems

    registry = load_registry(folder)
    if wrong := registry_problems(registry):
        raise RoboError("\n".join(wrong))
    counts = f"{len(registry.functions)} functions, {len(registry.modules)} modules"
    typer.echo(f"{counts} and {len(registry.boards)} boards are in order")


@app.command()
def docs(out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("docs/api")) -> None:
    """Write the API documentation as Markdown, a page for each category, module and board."""
    from robo_runtime.registry import load_registry
    from robo_runtime.registry.docs import write_pages

    typer.echo(f"{write_pages(load_registry(), out)} pages in {out}")


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="A folder with firmware/, micropython/ and boards/.")],
    after: Annotated[Path | None, typer.Argument(help="Another; the one in use when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Tell what was added, removed and changed between two registries."""
    from robo_runtime.registry import load_registry
    from robo_runtime.registry.diff import registry_diff

    changes = registry_diff(load_registry(before), load_registry(after))
    if as_json:
        typer.echo(json.dumps([c._asdict() for c in changes], ensure_ascii=False, indent=1))
        return
    for change in changes:
        typer.echo(str(change))
    counts = {what: sum(c.what == what for c in changes) for what in ("added", "removed", "changed")}
    typer.echo(", ".join(f"{n} {what}" for what, n in counts.items()))


@app.command()
def extract(
    firmware: Annotated[Path, typer.Option(help="Folder of the firmware's Python sources.")],
    out: Annotated[Path, typer.Option(help="Folder to write the registry to.")],
    blocks: Annotated[Path | None, typer.Option(help="Blockly block definitions, JSON.")] = None,
    module: Annotated[
        str, typer.Option(help="What programs import from; the folder's name if left out.")
    ] = "",
    grade: Annotated[int, typer.Option(min=1, max=10, help="Grade from which functions are used.")] = 3,
) -> None:
    """Make a registry for a kit of your own from its blocks and its firmware, then check it."""
    from robo_runtime.registry import load_registry
    from robo_runtime.registry.extract import extract as read
    from robo_runtime.registry.extract import write_registry
    from robo_runtime.registry.verify import registry_problems

    found = read(blocks, firmware, module, grade)
    write_registry(found, out)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if wrong := registry_problems(load_registry(out)):
        raise RoboError("\n".join(wrong))
    names = ", ".join(f"{category} {len(f)}" for category, f in sorted(found.categories.items()))
    typer.echo(f"{found.count} functions of `{found.module}` in {out}: {names}")


@app.command()
def derive(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a file would change.")
    ] = False,
) -> None:
    """Make configs/micropython again from the installed type stubs and the overlay beside it."""
    from robo_runtime.files import write_text
    from robo_runtime.paths import configs_dir
    from robo_runtime.registry.derive import generated_files, stub_roots

    roots, source = stub_roots()
    files = generated_files(configs_dir() / "micropython", roots, source)
    old = [p for p, text in files.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if check and old:
        raise RoboError(f"not as derived: {', '.join(p.name for p in old)}; run `robo registry derive`")
    for path in old:
        write_text(path, files[path])
    typer.echo(f"{len(files)} files from {source}; {len(old)} written")
