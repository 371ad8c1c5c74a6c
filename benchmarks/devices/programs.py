"""The built programs, by the kind of processor that they run on."""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

BUILD = workspace() / "mobile" / "native" / "build-bench"
_KINDS = {"aarch64": "aarch64", "arm64": "aarch64", "x86_64": "x86_64", "amd64": "x86_64"}


def programs_for(machine: str, where: str, build: Path = BUILD, *, here: bool = False) -> list[Path]:
    """The program and its variants for what `uname -m` calls a machine.

    Args:
        where: the device, for messages.
        here: it is this machine, which may have a program of its own.

    Raises:
        RoboError: no program can run there, or it is not built.
    """
    kind = _KINDS.get(machine.lower())
    if kind is None:
        bits = "a 32-bit system" if machine.startswith(("arm", "i")) else "of another kind"
        raise RoboError(
            f"{where} is {machine!r}, {bits}: robo-bench is built for aarch64 and x86_64;"
            " install a 64-bit system on it, or measure another device"
        )
    folder = build / ("here" if here and (build / "here" / "robo-bench").is_file() else kind)
    if not (folder / "robo-bench").is_file():
        raise RoboError(f"{folder / 'robo-bench'} is not built: ./justw bench-device-build --target {kind}")
    found = sorted(path for path in folder.glob("robo-bench*") if path.is_file())
    return [path for path in found if path.suffix == ""]
