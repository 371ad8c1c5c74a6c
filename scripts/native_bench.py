#!/usr/bin/env python3
"""Build `robo-bench`, the benchmark program for phones and boards, as static programs for several processors.

    scripts/native_bench.py                  aarch64 and x86_64, into mobile/native/build-bench/<target>/
    scripts/native_bench.py --target x86_64  one of them
    scripts/native_bench.py --here           for this machine alone, beside the library of ./justw native

The compiler is zig's (the package `ziglang`; `./justw bench-device-build` installs it), which brings the C
library along: the programs run on any Linux of the processor's kind, and in Android's shell. What was built
is kept; another call compiles what changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import native

SOURCE = native.NATIVE / "bench"
BUILD = native.NATIVE / "build-bench"
MOST_BYTES = {"robo-bench-v3": 4_100_000}
"""Where it is not 3,500,000: AVX2 kernels for x86-64 computers, which phones never carry."""
ZIG_CLANG = "20.1.2"
"""The clang within ziglang 0.15.2 (scripts/env.py)."""


@dataclass(frozen=True)
class Target:
    """A kind of processor: its base, and faster variants for those that have more."""

    cpu: str
    base: str
    variants: dict[str, str]
    options: tuple[str, ...] = ()


# Half-precision arithmetic (fullfp16) is left out of the ARM variants on purpose: sums in 16 bits would let a
# newer processor choose other tokens than an older one.
TARGETS = {
    "aarch64": Target(
        "generic", "plain",
        {"i8mm": "-mcpu=generic+v8_2a+dotprod+i8mm", "dotprod": "-mcpu=generic+v8_2a+dotprod"},
    ),
    "x86_64": Target(
        "x86_64_v2", "v2", {"v3": "-mcpu=x86_64_v3"},
        tuple(f"-DGGML_{name}=OFF" for name in ("AVX", "AVX2", "FMA", "F16C", "BMI2")),
    ),
}  # fmt: skip


def main() -> None:
    """Fetch, configure, compile, check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--target", action="append", choices=TARGETS, help="a kind of processor; all by default"
    )
    parser.add_argument("--here", action="store_true", help="for this machine, with its own compiler")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="compilers at a time")
    options = parser.parse_args()
    if shutil.which("cmake") is None:
        sys.exit("cmake is missing; install it (Debian and Ubuntu: apt install cmake)")
    if options.here:
        build_here(options.jobs)
    else:
        if not native.fetched():
            native.fetch()
        for name in options.target or TARGETS:
            build_target(name, options.jobs)


def build_here(jobs: int) -> None:
    """A program for this machine, which needs the shared library where it was built."""
    library = native.NATIVE / "build" / "librobo.so"
    if not library.is_file():
        sys.exit(f"{library} is not built: ./justw native")
    build(
        BUILD / "here", [f"-DROBO_BENCH_BASE={os.uname().machine}", f"-DROBO_BENCH_LIBRARY={library}"], jobs
    )


def build_target(name: str, jobs: int) -> None:
    """The static programs of one kind of processor."""
    target, folder = TARGETS[name], BUILD / name
    variants = ";".join(f"{variant}={flag}" for variant, flag in target.variants.items())
    arguments = [
        f"-DCMAKE_TOOLCHAIN_FILE={toolchain(name, folder)}", "-DGGML_NATIVE=OFF", "-DROBO_BENCH_STATIC=ON",
        f"-DROBO_BENCH_BASE={target.base}", f"-DROBO_BENCH_VARIANTS={variants}", *target.options,
    ]  # fmt: skip
    build(folder, arguments, jobs)
    check_sizes([folder / "robo-bench", *(folder / f"robo-bench-{variant}" for variant in target.variants)])


def build(folder: Path, arguments: list[str], jobs: int) -> None:
    """Configure and compile into `folder`."""
    start = time.monotonic()
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    subprocess.run(
        ["cmake", *generator, "-S", str(SOURCE), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release",
         f"-DROBO_BENCH_LLAMA={native.PACKAGE} {native.VERSION}", *arguments],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    subprocess.run(["cmake", "--build", str(folder), "--parallel", str(jobs)], check=True)
    print(f"{folder}: {time.monotonic() - start:.0f} s")


def check_sizes(programs: list[Path]) -> None:
    """Say how large the programs are; end where one has outgrown its limit."""
    for program in programs:
        size = program.stat().st_size
        print(f"{program}: {size:,} bytes")
        most = MOST_BYTES.get(program.name, 3_500_000)
        if size > most:
            sys.exit(f"{program} has {size:,} bytes, more than the {most:,} that it may have")


def toolchain(name: str, folder: Path) -> Path:
    """CMake's description of zig for a kind of processor; CMake wants one word for each tool, zig has two."""
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        sys.exit("the package ziglang is missing; ./justw bench-device-build installs it and builds")
    zig = Path(spec.origin).parent / "zig"
    tools = folder / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    for tool in ("cc", "c++", "ar", "ranlib"):
        write(tools / tool, f'#!/bin/sh\nexec "{zig}" {tool} "$@"\n')
        (tools / tool).chmod(0o755)
    flags = f"-target {name}-linux-musl -mcpu={TARGETS[name].cpu}"
    lines = [
        "set(CMAKE_SYSTEM_NAME Linux)", f"set(CMAKE_SYSTEM_PROCESSOR {name})",
        # zig compiles the C library for every set of flags that it links with: checks must not link.
        "set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)",
    ]  # fmt: skip
    for language, tool in (("C", "cc"), ("CXX", "c++")):
        lines += [
            f'set(CMAKE_{language}_COMPILER "{tools}/{tool}")', f'set(CMAKE_{language}_FLAGS_INIT "{flags}")',
            f"set(CMAKE_{language}_COMPILER_ID_RUN TRUE)", f"set(CMAKE_{language}_COMPILER_ID Clang)",
            f"set(CMAKE_{language}_COMPILER_VERSION {ZIG_CLANG})",
        ]  # fmt: skip
    lines += [
        f'set(CMAKE_AR "{tools}/ar" CACHE FILEPATH "")',
        f'set(CMAKE_RANLIB "{tools}/ranlib" CACHE FILEPATH "")',
        f'set(CMAKE_ASM_FLAGS_INIT "{flags}")', "set(CMAKE_C_STANDARD_COMPUTED_DEFAULT 17)",
        "set(CMAKE_CXX_STANDARD_COMPUTED_DEFAULT 17)", 'set(CMAKE_EXE_LINKER_FLAGS_INIT "-s")',
    ]  # fmt: skip
    return write(folder / "zig.cmake", "\n".join(lines) + "\n")


def write(path: Path, text: str) -> Path:
    """Leave a file that says the same alone: a newer one would have everything compiled again."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as e:
        sys.exit(f"{' '.join(e.cmd[:2])} failed with {e.returncode}; its message is above")
