"""The machine that trains: its device, its free memory, whether it can compile."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from robo_train.provenance import cpu_name

_COMPILERS = ("c++", "g++", "clang++") if os.name != "nt" else ("cl",)


@dataclass(frozen=True)
class Machine:
    """What the recipe is fitted to."""

    kind: Literal["cpu", "cuda", "mps"]
    name: str
    cores: int
    """Threads torch uses on the CPU."""
    memory: int
    """Bytes free for training now, on the device that trains."""
    amx: bool = False
    """The CPU has tile instructions for bfloat16."""
    cannot_compile: str = ""
    """Why torch.compile cannot work here; empty where it should."""


def this_machine() -> Machine:
    """Look at the device that Lightning would take."""
    import torch

    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        name = torch.cuda.get_device_name()
        return Machine("cuda", name, os.cpu_count() or 1, free, cannot_compile=_missing("cuda"))
    if torch.backends.mps.is_available():
        return Machine(
            "mps", "Apple GPU", os.cpu_count() or 1, memory_available(), cannot_compile="Apple GPU"
        )
    return Machine("cpu", cpu_name(), torch.get_num_threads(), memory_available(), has_amx(), _missing("cpu"))


def has_amx() -> bool:
    """True where the CPU multiplies bfloat16 in tiles."""
    import torch

    probe = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(probe()) if probe else False


def cpp_compiler() -> str | None:
    """Path of the C++ compiler that torch.compile would use on a CPU."""
    named = os.environ.get("CXX", "").split()
    return next((path for name in (*named[:1], *_COMPILERS) if (path := shutil.which(name))), None)


def compile_problem(kind: str) -> str:
    """Why torch.compile fails on a small function; empty where it works. Takes some seconds."""
    import torch

    try:
        compiled = torch.compile(lambda x: torch.nn.functional.silu(x) * 2 + 1)
        compiled(torch.ones(64, device=kind))
    except Exception as e:  # whatever a toolchain can do wrong
        return str(e).strip().splitlines()[0][:120] if str(e).strip() else type(e).__name__
    return ""


def _missing(kind: str) -> str:
    if cpp_compiler() is None:
        return "no C++ compiler"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return "no Python headers (Python.h)"
    if kind == "cuda" and find_spec("triton") is None:
        return "no Triton"
    return ""


def memory_available() -> int:
    """Bytes that can be used without swapping: what the system has free, or a container's limit allows."""
    import psutil  # type: ignore[import-untyped]

    return min(int(psutil.virtual_memory().available), _container_limit())


def _container_limit(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes left below the memory limit of a control group (version 2); file cache counts as free."""
    try:
        limit = (root / "memory.max").read_text(encoding="ascii").strip()
        if limit == "max":
            return sys.maxsize
        stat = (root / "memory.stat").read_text(encoding="ascii").split()
        cache = int(stat[stat.index("inactive_file") + 1])
        used = int((root / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return sys.maxsize
    return max(0, int(limit) - used + cache)
