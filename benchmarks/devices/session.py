"""One measurement on a device: look, copy, run, bring back, tidy up."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.errors import RoboError
from robo_runtime.native import native_data

from benchmarks.devices.programs import BUILD, programs_for
from benchmarks.devices.result import DeviceResult, parse_result
from benchmarks.devices.transport import DeviceError, Local, Transport

PROMPTS = Path(__file__).with_name("prompts.jsonl")
_SPARE = 4 << 20  # bytes: results, and what the device itself wants
_IDLE_S = 300.0
_CANNOT_RUN = (126, 127)


@dataclass(frozen=True)
class Work:
    """What to measure."""

    model: Path
    board: str = "esp32"
    prompts: Path = PROMPTS
    options: tuple[str, ...] = ()
    """Of robo-bench: --threads, --cpus, --runs and so on."""
    cool_down_s: int = 60
    build: Path = field(default=BUILD)


def measure(device: Transport, work: Work) -> DeviceResult:
    """Measure on a device; nothing is left there.

    Raises:
        RoboError: it cannot run the program, has no room, goes away, or the program refuses; with the remedy.
    """
    system, _, machine = device.shell("uname -sm").out.strip().partition(" ")
    if system != "Linux":
        raise DeviceError(
            f"{device.name} runs {system or 'no system that it names'}, robo-bench Linux and Android"
        )
    programs = programs_for(machine, device.name, work.build, here=isinstance(device, Local))
    with TemporaryDirectory() as local, folder_of(device) as folder:
        data = Path(local) / f"{work.board}.robo"
        data.write_bytes(native_data(grammar_text(work.board), scope_table(), work.board))
        files = [*programs, work.model, data, work.prompts]
        check_space(device, folder, files)
        say(f"copying {len(files)} files to {device.name}")
        device.push(files, folder)
        say("measuring: cold, warm and sustained; leave the device alone meanwhile")
        run(device, folder, files[-3:], work)
        result = Path(local) / "result.json"
        device.pull(f"{folder}/result.json", result)
        return parse_result(result.read_text(encoding="utf-8"), f"{device.name}: result.json")


@contextmanager
def folder_of(device: Transport) -> Iterator[str]:
    """A new folder on the device, removed at the end where the device still answers."""
    made = device.shell(
        f'd={shlex.quote(device.root)}/robo-bench-$$; umask 077; mkdir "$d" && cd "$d" && pwd'
    )
    folder = made.out.strip()
    if made.status or not folder.startswith("/"):
        raise DeviceError(
            f"{device.name}: no folder can be made in {device.root}: {(made.err or made.out).strip()};"
            " free some space, or name another folder with --folder"
        )
    try:
        yield folder
    finally:
        try:
            device.shell(f"rm -rf {shlex.quote(folder)}", idle_s=20)
        except DeviceError:
            say(f"{folder} is left on {device.name}, which does not answer: remove it there")


def check_space(device: Transport, folder: str, files: Sequence[Path]) -> None:
    """Make sure that the files fit.

    Raises:
        DeviceError: they do not.
    """
    needed = sum(file.stat().st_size for file in files) + _SPARE
    lines = device.shell(
        f"df -Pk {shlex.quote(folder)} 2>/dev/null || df -k {shlex.quote(folder)}"
    ).out.splitlines()
    words = lines[-1].split() if lines else []
    if len(words) < 4 or not words[3].isdigit():
        return  # an old df: a copy that fails says so, too
    free = int(words[3]) * 1024
    if free < needed:
        raise DeviceError(
            f"{device.name}: {free / 1e6:.0f} MB are free in {folder}, {needed / 1e6:.0f} MB are needed:"
            " free some space, or name another folder with --folder"
        )


def run(device: Transport, folder: str, inputs: Sequence[Path], work: Work) -> None:
    """Run the program there.

    Raises:
        RoboError: it cannot be started, refuses its arguments, or fails.
    """
    model, data, prompts = (shlex.quote(path.name) for path in inputs)
    options = shlex.join([*work.options, "--cool-down", str(work.cool_down_s)])
    script = (
        f"cd {shlex.quote(folder)} && chmod 700 robo-bench* && "
        f"./robo-bench --model ./{model} --data ./{data} --prompts ./{prompts} --output result.json {options}"
    )
    done = device.shell(script, idle_s=_IDLE_S + work.cool_down_s, show=True)
    if done.status == 0:
        return
    said = [line for line in (done.err or done.out).splitlines() if line.strip()]
    why = said[-1].strip().removeprefix("error: ") if said else f"it ended with status {done.status}"
    if done.status in _CANNOT_RUN or "Exec format error" in why:
        raise DeviceError(
            f"{device.name}: robo-bench cannot be run in {folder} ({why}): if programs are forbidden there"
            " (noexec), name another folder with --folder"
        )
    if done.status > 128:
        raise DeviceError(f"{device.name}: robo-bench was ended by signal {done.status - 128}: {why}")
    raise RoboError(f"{device.name}: {why}")


def say(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(text + "\n")
