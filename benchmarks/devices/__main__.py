"""Measure the model on a phone, on a board, or on this machine, with the native core.

    ./justw bench-phone [--serial S]       an Android phone, through adb
    ./justw bench-ssh HOST                 a Raspberry Pi or another board with 64-bit Linux, through ssh
    .venv/bin/python -m benchmarks.devices here    this machine, in the same way

Writes `benchmarks/results/devices/NAME.json` (the schema of benchmarks/matrix) and adds what the program
printed to `raw/NAME.jsonl`, a line for every run. docs/devices.md says what the fields mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import write_text
from robo_runtime.models import default_model
from robo_runtime.paths import workspace

from benchmarks.devices.adb import Adb, with_battery
from benchmarks.devices.convert import to_results
from benchmarks.devices.result import Android, DeviceResult
from benchmarks.devices.session import PROMPTS, Work, measure, say
from benchmarks.devices.ssh import Ssh
from benchmarks.devices.transport import Local, Transport
from benchmarks.matrix.devices import named, read_devices
from benchmarks.matrix.schema import Results
from benchmarks.matrix.store import write_results

OUTPUT = workspace() / "benchmarks" / "results" / "devices"
app = typer.Typer(add_completion=False, help=__doc__, rich_markup_mode=None)


class Kind(str, Enum):
    """How the device is reached."""

    phone = "phone"
    ssh = "ssh"
    here = "here"


@app.command()
def main(
    kind: Annotated[
        Kind, typer.Argument(help="an Android phone through adb, a host through ssh, or this machine")
    ],
    host: Annotated[str | None, typer.Argument(help="of ssh: user@host, or a name of ~/.ssh/config")] = None,
    serial: Annotated[str | None, typer.Option(help="of phone: which one, as adb devices lists it")] = None,
    ssh_config: Annotated[
        Path | None, typer.Option(help="ssh's configuration, in place of the user's")
    ] = None,
    folder: Annotated[
        str, typer.Option(help="on the device; its folder for temporary files by default")
    ] = "",
    model: Annotated[Path | None, typer.Option(help="a GGUF file; the one that ships by default")] = None,
    board: Annotated[str, typer.Option(help="whose pins the grammar allows")] = "esp32",
    prompts: Annotated[Path, typer.Option(help="a prompt a line, or JSON lines")] = PROMPTS,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    cpus: Annotated[str, typer.Option(help="processors: 0-3,5 or big or little; all by default")] = "",
    runs: Annotated[int, typer.Option(min=1, help="times that every prompt is asked; 5 for a p99")] = 5,
    sustained: Annotated[int, typer.Option(min=1, help="programs without a pause")] = 20,
    cool_down: Annotated[int, typer.Option(min=0, help="seconds to wait at most for it to cool down")] = 60,
    tier: Annotated[
        str | None, typer.Option("--device", help="a tier of configs/devices; else found out")
    ] = None,
    output: Annotated[Path, typer.Option(help="folder for the results")] = OUTPUT,
    as_json: Annotated[bool, typer.Option("--json", help="print the results")] = False,
) -> None:
    """Measure and write the results."""
    if (kind is Kind.ssh) != (host is not None):
        raise RoboError("give a host with ssh, and only there: ./justw bench-ssh user@host")
    options = ["--threads", str(threads), "--runs", str(runs), "--sustained-runs", str(sustained)]
    if cpus:
        options += ["--cpus", cpus]
    work = Work(existing(model or default_model()), board, existing(prompts), tuple(options), cool_down)
    if tier:
        named(tier, read_devices())  # a wrong name is told before anything is measured
    with reached(kind, host, serial, ssh_config, folder) as device:
        android = Android()
        if isinstance(device, Adb):
            android, battery = device.android(), device.battery()
        found = measure(device, work)
        if isinstance(device, Adb):
            before, after = found.heat_before, found.heat_after
            heat = {
                "heat_before": with_battery(before, battery),
                "heat_after": with_battery(after, device.battery()),
            }
            found = found.model_copy(update=heat)
    tell(found, to_results(found, android, tier), output, as_json)


@contextmanager
def reached(
    kind: Kind, host: str | None, serial: str | None, config: Path | None, folder: str
) -> Iterator[Transport]:
    """The device, by what the command line says of it."""
    if kind is Kind.phone:
        phone = Adb(serial)
        phone.root = folder or phone.root
        yield phone
    elif kind is Kind.ssh:
        yield Ssh(host or "", config=config, root=folder)
    else:
        with TemporaryDirectory() as made:
            yield Local(Path(folder or made))


def existing(path: Path) -> Path:
    """The file, looked for before a device is."""
    if not path.is_file():
        raise RoboError(f"{path}: no such file")
    return path


def tell(found: DeviceResult, results: Results, folder: Path, as_json: bool) -> None:
    """Write both files and say what was found."""
    cell = results.cells[0]
    machine = results.machine.name or results.machine.cpu
    affinity = f"-{found.settings.cpus}" if found.settings.cpus else ""
    name = slug(f"{machine}-{Path(found.model.file).stem}-{found.settings.threads}t{affinity}")
    add_line(folder / "raw" / f"{name}.jsonl", found.model_dump_json())
    write_results(folder / f"{name}.json", results)
    if as_json:
        print(json.dumps(results.model_dump(exclude_none=True), ensure_ascii=False))
        return
    print(f"{machine} ({results.device_tier}): {cell.id}, variant {found.program.variant}")
    for key, value in cell.metrics.items():
        more = "".join(f", p{p} {v:.4g}" for p in (95, 99) if (v := getattr(value, f"p{p}")) is not None)
        print(f"  {key:28} {value.median:.4g} {value.unit} (n {value.n}{more})")
    if cell.reason:
        say(f"note: {cell.reason}")
    print(f"written: {folder / f'{name}.json'}")


def add_line(path: Path, line: str) -> None:
    """Keep every run of a device, a line each; the file is replaced as a whole."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    write_text(path, before + line + "\n")


def slug(text: str) -> str:
    """A name for a file."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-")


if __name__ == "__main__":
    run_command(app)
