"""One page of all results, and pictures of it for documents.

    .venv/bin/python -m benchmarks.report [--results FOLDER] [--output FILE.html] [--no-pictures] [--json]

Reads every JSON file of benchmarks/results/ and the folders in it. Phones, boards and browsers join by
dropping their file into benchmarks/results/devices/. What cannot be read is named here and on the page.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from robo_runtime.command import run as run_command
from robo_runtime.files import write_text

from benchmarks.matrix.devices import read_devices
from benchmarks.report.page import page
from benchmarks.report.pictures import draw
from benchmarks.report.sources import gather

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def main(
    results: Annotated[Path, typer.Option(help="the folder of JSON files")] = RESULTS,
    output: Annotated[Path | None, typer.Option(help="report.html in that folder when left out")] = None,
    images: Annotated[Path, typer.Option(help="folder of the PNG files")] = ROOT / "docs" / "pictures",
    draws: Annotated[bool, typer.Option("--pictures/--no-pictures", help="draw them")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="print what was read and written as JSON")] = False,
) -> None:
    """The command; see the module."""
    devices = {device.name: device for device in read_devices()}
    found = gather(results)
    where = output or results / "report.html"
    write_text(where, page(found, devices, results))
    drawn = draw(found, images) if draws else []
    for problem in found.problems:
        sys.stderr.write(f"not on the page: {problem.file}: {problem.why}\n")
    if as_json:
        unread = {problem.file: problem.why for problem in found.problems}
        typer.echo(json.dumps({"page": str(where), "pictures": list(map(str, drawn)), "files": found.files,
                               "unread": unread}, indent=1))  # fmt: skip
    else:
        typer.echo(f"{where}: {found.files} files, {len(found.problems)} could not be read")
        for path in drawn:
            typer.echo(str(path))


if __name__ == "__main__":
    run_command(app)
