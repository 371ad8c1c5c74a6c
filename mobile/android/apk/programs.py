"""The program that the APK starts, linked from the native core that `./justw bench-device-build` compiled."""

from __future__ import annotations

import subprocess
from pathlib import Path

from robo_runtime.errors import RoboError

HERE = Path(__file__).resolve().parent
NATIVE = HERE.parents[1] / "native"
COMPILED = NATIVE / "build-bench" / "aarch64"
VARIANTS = {
    "robo-exec": "librobo_exec.so",
    "robo-exec-dotprod": "librobo_exec_dotprod.so",
    "robo-exec-i8mm": "librobo_exec_i8mm.so",
}
"""Programs for any aarch64 processor and for newer ones, and their names in the APK (Processor.java)."""
ARCHIVES = ("librobo", "libllama", "libggml", "libggml-cpu", "libggml-base")


def link(folder: Path, compiled: Path = COMPILED) -> Path:
    """Static programs in `folder`; a variant has ggml's kernels of its own, the rest is the same.

    Raises:
        RoboError: the native core was not compiled for aarch64.
    """
    compiler, archives = compiled / "tools" / "c++", [_archive(compiled, name) for name in ARCHIVES]
    if not compiler.is_file() or None in archives:
        raise RoboError(f"{compiled} has no compiled core: ./justw bench-device-build --target aarch64")
    folder.mkdir(parents=True, exist_ok=True)
    sources = [HERE / "exec" / "robo_exec.cpp", *(path for path in archives if path)]
    for name in VARIANTS:
        kernels = _kernels(compiled, name.removeprefix("robo-exec").lstrip("-"))
        if kernels is None:
            continue
        program = folder / name
        newest = max(path.stat().st_mtime for path in sources)
        if program.is_file() and program.stat().st_mtime > newest:
            continue
        done = subprocess.run(
            [compiler, "-target", "aarch64-linux-musl", "-mcpu=generic", "-std=c++17", "-O2", "-s", "-static",
             "-I", NATIVE / "include", sources[0], *kernels, *sources[1:], "-Wl,--gc-sections",
             "-Wl,-z,max-page-size=16384", "-o", program],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RoboError(f"{program.name} does not link: {done.stderr.strip()[-800:]}")
    return folder


def _archive(compiled: Path, name: str) -> Path | None:
    return next(compiled.rglob(f"{name}.a"), None)


def _kernels(compiled: Path, variant: str) -> list[Path] | None:
    """Objects that take the place of those in the archive; none for the plain program, None: not compiled."""
    if not variant:
        return []
    found = sorted((compiled / "CMakeFiles" / f"kernels-{variant}.dir").rglob("*.o*"))
    return found or None
