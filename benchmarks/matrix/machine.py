"""This machine in the terms of the schema, and in those of the device tiers."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from robo_train.provenance import cpu_name, versions

from benchmarks.matrix.devices import Facts
from benchmarks.matrix.schema import Machine

PACKAGES = (
    "robo-runtime", "llama-cpp-python", "onnxruntime", "ai-edge-litert", "torch", "transformers", "numpy",
)  # fmt: skip
"""Whose versions a result names."""
FEATURES = (
    "neon", "asimd", "asimddp", "i8mm", "sve", "sse4_2", "avx", "avx2", "f16c", "avx_vnni", "avx512f",
    "avx512_vnni", "avx512_bf16", "amx_int8",
)  # fmt: skip
"""Instructions that decide how fast models run, as Linux calls them."""
_LEAST, _MOST = 1 << 28, 1 << 30  # bytes that are read for the bandwidth


def this_machine(*, bandwidth: bool = True) -> Machine:
    """What the figures of a run here depend on.

    Args:
        bandwidth: measure it, in about a second.
    """
    gpus = nvidia_gpus()
    return Machine(
        cpu=cpu_name(),
        arch=platform.machine(),
        cores=os.cpu_count() or 1,
        memory_bytes=memory_bytes(),
        os=platform.platform(terse=True),
        gpu=", ".join(name for name, _ in gpus),
        battery=has_battery(),
        features=cpu_features(),
        bandwidth_bytes_per_s=read_bandwidth() if bandwidth else None,
    )


def these_facts(machine: Machine) -> Facts:
    """What tells the tier of the machine this runs on."""
    return Facts(
        cores=machine.cores,
        memory_mb=machine.memory_bytes // 1_000_000,
        gpu_memory_mb=max((mb for _, mb in nvidia_gpus()), default=0),
        battery=machine.battery,
        phone=hasattr(sys, "getandroidapilevel") or "ANDROID_ROOT" in os.environ,
        device_tree=device_tree(),
    )


def library_versions() -> dict[str, str]:
    """Versions of what is measured; what is not installed is left out."""
    return versions(*PACKAGES)


def memory_bytes() -> int:
    """Bytes of memory in the machine."""
    import psutil  # type: ignore[import-untyped]

    return int(psutil.virtual_memory().total)


def has_battery(root: Path = Path("/sys/class/power_supply")) -> bool:
    """Whether the machine runs on a battery of its own; false where nothing tells.

    Args:
        root: a folder as Linux has it; elsewhere psutil is asked.
    """
    if root.is_dir():
        return any(
            _read(supply / "type") == "Battery" and _read(supply / "scope") != "Device"
            for supply in root.iterdir()
        )  # a mouse has a battery, too: its scope is Device
    import psutil

    ask = getattr(psutil, "sensors_battery", None)
    return ask is not None and ask() is not None


def device_tree(path: Path = Path("/proc/device-tree/model")) -> str:
    """The name of a board; empty where there is none, as on PCs."""
    return _read(path).rstrip("\0")


def cpu_features(path: Path = Path("/proc/cpuinfo")) -> list[str]:
    """Those instructions of the processor that decide how fast models run, as Linux calls them."""
    words: set[str] = set()
    for line in _read(path).splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            words |= {*value.split()}
    return [name for name in FEATURES if name in words]


def nvidia_gpus() -> list[tuple[str, int]]:
    """Name and megabytes of each GPU that nvidia-smi lists."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
        rows = [line.rsplit(",", 1) for line in done.stdout.splitlines() if line.strip()]
        return [(name.strip(), int(memory)) for name, memory in rows]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def read_bandwidth(bytes_read: int | None = None, runs: int = 8) -> float:
    """Bytes a second that one thread reads from memory: the best of some passes over a large array.

    Args:
        bytes_read: size of the array; when None twice the last cache, between 0.25 and 1 GiB.
    """
    size = bytes_read or min(max(2 * _last_cache(), _LEAST), _MOST)
    array = np.ones(size // 8, np.int64)
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        array.max()
        seconds.append(time.perf_counter() - start)
    return array.nbytes / min(seconds)


def _last_cache(root: Path = Path("/sys/devices/system/cpu/cpu0/cache")) -> int:
    sizes = [_read(path) for path in root.glob("index*/size")]
    return max(
        (int(size[:-1]) * 1024 for size in sizes if size.endswith("K") and size[:-1].isdigit()), default=0
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
