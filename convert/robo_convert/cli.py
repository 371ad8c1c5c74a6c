"""`robo-convert`: a command for each format, all, verify, ship, show."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from robo_runtime import command

from robo_convert.formats import FORMATS, Format, export_folder

if TYPE_CHECKING:
    from rich.table import Table

    from robo_convert.manifest import Manifest
    from robo_convert.parity import Figures, Functional

app = typer.Typer(
    help="Turn a checkpoint into files that run anywhere, each proved equal to it first.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point of the command line."""
    # numpy's BLAS threads spin while they wait: one for each core makes a busy machine several times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // 2)))
    command.run(app)


_FUNCTIONAL: Any = typer.Option(
    None, min=0,
    help="Held-out prompts for files and checkpoint; when left out as many of 200 as a minute allows.",
)  # fmt: skip


def _add_command(form: Format) -> None:
    """The command of one format; what GGUF alone takes, the others refuse and do not show."""
    alone = form.name == "gguf"

    def command_of_format(
        checkpoint: Path = typer.Argument(
            None, help="Checkpoint folder, or a tier's name; the newest of checkpoints/ when left out."
        ),
        quant: str = typer.Option(
            form.default, help=f"Precisions, comma-separated: {', '.join(form.quants)}."
        ),
        out: Path = typer.Option(
            None, help=f"Folder to write; exports/<checkpoint name>{form.suffix} when left out."
        ),
        board: str = typer.Option("esp32", help="Board whose pins the grammar allows."),
        functional: int = _FUNCTIONAL,
        tensor_type: list[str] = typer.Option(
            [],
            hidden=not alone,
            metavar="PATTERN=TYPE",
            help="Type of the tensors in whose names a regular expression is found, as ffn_down=Q6_K; may be"
            " repeated, the first that fits counts.",
        ),
        imatrix: Path = typer.Option(
            None, hidden=not alone, help="Importance matrix of llama.cpp, by which block types round."
        ),
        bundle: bool = typer.Option(
            False,
            "--bundle",
            hidden=form.name != "litert",
            help="Write bundles for LiteRT-LM, too.",
        ),
        as_json: bool = typer.Option(False, "--json", help="Print the manifest instead of a table."),
    ) -> None:
        options: dict[str, Any] = {"functional": functional}
        if bundle:
            if form.name != "litert":
                raise typer.BadParameter("--bundle is for litert alone")
            options["bundle"] = True
        if tensor_type or imatrix:
            if not alone:
                raise typer.BadParameter("--tensor-type and --imatrix are for gguf alone")
            options |= {"tensor_types": tensor_type, "imatrix": imatrix}
        source = _checkpoint(checkpoint)
        folder = out or _folder(form, source)
        manifest = _export(form, source, quant, folder, board, **options)
        if as_json:
            _print_json(manifest.model_dump(exclude_none=True))
        else:
            _print_manifest(manifest, folder)

    app.command(form.name, help=form.help)(command_of_format)
    if form.alias:
        app.command(form.alias, help=form.help, hidden=True)(command_of_format)


for _form in FORMATS.values():
    _add_command(_form)


@app.command("all")
def all_formats(
    checkpoint: Path = typer.Argument(
        None, help="Checkpoint folder, or a tier's name; the newest of checkpoints/ when left out."
    ),
    out: Path = typer.Option(None, help="Folder of the export folders; exports/ when left out."),
    board: str = typer.Option("esp32", help="Board whose pins the grammar allows."),
    functional: int = _FUNCTIONAL,
    as_json: bool = typer.Option(False, "--json", help="Print the manifests instead of tables."),
) -> None:
    """Write every format at its usual precisions; one that fails does not keep the others from it."""
    from robo_runtime.errors import RoboError

    source = _checkpoint(checkpoint)
    manifests, failed = {}, {}
    for form in FORMATS.values():
        folder = _folder(form, source, out)
        try:
            manifests[form.name] = _export(form, source, form.default, folder, board, functional=functional)
        except RoboError as e:
            failed[form.name] = str(e)
            continue
        if not as_json:
            _print_manifest(manifests[form.name], folder)
    if as_json:
        _print_json({name: manifest.model_dump(exclude_none=True) for name, manifest in manifests.items()})
    if failed:
        reasons = "\n".join(f"{name}: {reason}" for name, reason in failed.items())
        raise RoboError(f"{len(failed)} of {len(FORMATS)} formats were not written\n{reasons}")


def _checkpoint(named: Path | None) -> Path:
    from robo_convert.checkpoint import find_checkpoint

    return find_checkpoint(named)


def _folder(form: Format, checkpoint: Path, out: Path | None = None) -> Path:
    from robo_runtime.paths import workspace

    return export_folder(form.name, checkpoint, out or workspace() / "exports")


def _export(form: Format, source: Path, quant: str, folder: Path, board: str, **options: Any) -> Manifest:
    quants = [name.strip() for name in quant.split(",") if name.strip()]
    with _progress() as progress:
        return form.load()(source, folder, quants, board=board, progress=progress, **options)


def _print_manifest(manifest: Manifest, folder: Path) -> None:
    _print(_manifest_table(manifest))
    for name, model in manifest.models().items():
        if model.tensors.exact < model.tensors.tensors:
            _print(f"{name}: {model.tensors.worst} lost most, relative error {model.tensors.worst_error:.2g}")
    _print_checkpoint([model.functional for model in manifest.models().values()])
    if manifest.note:
        _print(manifest.note)
    _print(f"{folder}: {len(manifest.files)} files of {manifest.name} ({manifest.parameters:,} parameters)")


@app.command("import")
def import_folder(
    folder: Path = typer.Argument(..., help="A Hugging Face Llama folder that others made."),
    out: Path = typer.Option(None, help="Checkpoint folder to write; checkpoints/<name> when left out."),
    licence: str = typer.Option(None, help="SPDX identifier; what the folder's README names when left out."),
) -> None:
    """Make a checkpoint of somebody else's model, from which every format exports."""
    from robo_runtime.paths import workspace

    from robo_convert.imports.folder import UNKNOWN, import_model

    target = out or workspace() / "checkpoints" / folder.resolve().name
    with _progress() as progress:
        found = import_model(folder, target, licence=licence, progress=progress)
    _print(f"{target}: {found.parameters:,} parameters; it knows no prompt format, robo cannot ask it")
    if found.training.licence == UNKNOWN:
        _print("its card names no licence: find out under which it may be passed on, and name it (--licence)")


@app.command()
def adapter(
    folder: Path = typer.Argument(..., help="A LoRA adapter as peft saves it."),
    base: Path = typer.Option(..., help="The checkpoint it was trained on, or a tier's name."),
    merged: bool = typer.Option(
        False, "--merged", help="Write a checkpoint with the adapter merged into it."
    ),
    out: Path = typer.Option(
        None, help="Folder to write; exports/<base>-<adapter>, or checkpoints/… of a merged one."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the manifest instead of a table."),
) -> None:
    """Write a LoRA adapter as a GGUF file that llama.cpp puts on its base, or merge it."""
    from robo_runtime.paths import workspace

    from robo_convert.adapters.export import export_adapter, merge_adapter

    source = _checkpoint(base)
    name = f"{source.resolve().name}-{folder.resolve().name}"
    with _progress() as progress:
        if merged:
            target = out or workspace() / "checkpoints" / name
            found = merge_adapter(folder, source, target, progress=progress)
        else:
            target = out or workspace() / "exports" / name
            manifest = export_adapter(folder, source, target, progress=progress)
    if merged:
        _print(f"{target}: {found.parameters:,} parameters; every format exports from it")
    elif as_json:
        _print_json(manifest.model_dump(exclude_none=True))
    else:
        _print_manifest(manifest, target)


@app.command()
def ship(
    export: Path = typer.Argument(..., help="An export folder."),
    checkpoint: Path = typer.Option(None, help="What it was made from; checkpoints/<name> when left out."),
    quality: Path = typer.Option(
        Path("benchmarks/results/quality.json"), help="Figures of benchmarks/quality, of this very model."
    ),
    quant: str = typer.Option("q4_0", help="The precision that ships."),
    out: Path = typer.Option(None, help="models/ when left out."),
) -> None:
    """Put an exported model and its card into models/; file, checkpoint and figures must agree."""
    from robo_runtime.paths import workspace

    from robo_convert.ship import ship as ship_model

    source = checkpoint or workspace() / "checkpoints" / export.resolve().name
    _print(f"{ship_model(export, source, quality, out or workspace() / 'models', quant)}: the card")


@app.command()
def verify(
    folder: Path = typer.Argument(..., help="An export folder."),
    functional: int = typer.Option(
        None,
        min=0,
        help="Held-out prompts that are asked again; when left out as many of those asked before as a minute"
        " allows.",
    ),
    layers: bool = typer.Option(
        False, "--layers", help="Compare what comes out of each layer instead; needs the checkpoint."
    ),
    checkpoint: Path = typer.Option(
        None, help="The checkpoint, for --layers; checkpoints/<name> when left out."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
) -> None:
    """Check an export again from its own files, and in llama.cpp where it is installed."""
    from robo_convert.verify import verify_export

    if layers:
        _compare_layers(folder, checkpoint, as_json)
        return

    with _progress() as progress:
        found = verify_export(folder, functional=functional, progress=progress)
    if as_json:
        _print_json([v.model_dump() for v in found])
        return
    asked = ["pass@1"] if any(v.functional for v in found) else []
    table = _table("file", "against", "positions", "max diff", "top-1", "KL", *asked)
    for v in found:
        for against, figures in (("checkpoint", v.checkpoint), ("llama.cpp", v.llama_cpp)):
            if figures:
                row = [v.file, against, str(figures.positions), *_figures(figures)]
                table.add_row(*row, *([_passed(v.functional)] if asked and against == "checkpoint" else []))
        if v.greedy:
            written = v.greedy.figures
            table.add_row(v.file, "written", str(written.positions), *_figures(written))
    _print(table)
    _print_checkpoint([v.functional for v in found])
    engine = ""
    if found and found[0].texts:
        engine = f"; llama.cpp cuts all {found[0].texts} texts as sentencepiece does"
    elif any(v.file.endswith(".gguf") and not v.llama_cpp for v in found):
        engine = "; llama-cpp-python is not installed"
    _print(f"{folder}: every file is whole and passes{engine}")


def _compare_layers(folder: Path, checkpoint: Path | None, as_json: bool) -> None:
    from robo_convert.layers import compare_layers

    with _progress() as progress:
        found = compare_layers(folder, checkpoint, progress)
    if as_json:
        _print_json([drift.model_dump() for drift in found])
        return
    table = _table("relative error behind", *(drift.file for drift in found))
    for name in found[0].errors:
        table.add_row(name, *(f"{drift.errors[name]:.2g}" for drift in found))
    _print(table)
    for drift in found:
        _print(f"{drift.file} in {drift.engine}: {drift}")


@app.command()
def show(
    file: Path = typer.Argument(..., help="A GGUF file."),
    as_json: bool = typer.Option(False, "--json", help="Print metadata and tensors as JSON."),
) -> None:
    """List the metadata and tensors of a GGUF file."""
    from robo_runtime.gguf_file import read_gguf

    found = read_gguf(file)
    tensors = {
        name: {"shape": list(t.shape), "type": t.kind, "bytes": t.n_bytes}
        for name, t in found.tensors.items()
    }
    if as_json:
        _print_json({"metadata": found.metadata, "tokens": len(found.vocabulary), "tensors": tensors})
        return
    metadata = _table("key", "value")
    for key, value in found.metadata.items():
        metadata.add_row(key, repr(value) if len(repr(value)) <= 100 else repr(value)[:97] + "...")
    table = _table("tensor", "shape", "type", "bytes")
    for name, t in found.tensors.items():
        table.add_row(name, " x ".join(map(str, t.shape)), t.kind, f"{t.n_bytes:,}")
    _print(metadata)
    _print(table)
    _print(
        f"{file}: {len(tensors)} tensors, {len(found.vocabulary):,} tokens, {found.bits_per_weight:.2f} bits"
        f" per weight, {file.stat().st_size:,} bytes"
    )


def _manifest_table(manifest: Manifest) -> Table:
    table = _table("file", "bytes", "bpw", "exact", "max diff", "top-1", "KL", "pass@1")
    for name, entry in manifest.files.items():
        row = [name, f"{entry.bytes:,}"]
        if model := entry.model:
            exact = f"{model.tensors.exact}/{model.tensors.tensors}"
            row += [f"{model.bits_per_weight:.2f}", exact, *_figures(model.parity)]
            row.append(_passed(model.functional))
        table.add_row(*row)
    return table


def _figures(figures: Figures) -> list[str]:
    return [f"{figures.max_difference:.2g}", f"{figures.top1:.1%}", f"{figures.kl:.2g}"]


def _passed(found: Functional | None) -> str:
    return f"{found.passed}/{found.prompts}" if found else ""


def _print_checkpoint(found: Sequence[Functional | None]) -> None:
    """What the figures of the files are to be held against."""
    for asked in [f for f in found if f][:1]:
        _print(f"of {asked.prompts} held-out prompts the checkpoint passes {asked.checkpoint}")


def _table(*columns: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, no_wrap=i < 2, overflow="fold")
    return table


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A spinner with the current step on a terminal, silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step: None
        return
    with console.status("starting") as status:
        yield lambda step: status.update(step)


def _print(what: Table | str) -> None:
    from rich.console import Console

    # Into a file or a pipe rich would fold tables at 80 columns.
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
    Console(highlight=False, soft_wrap=isinstance(what, str), width=width).print(what, markup=False)


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
