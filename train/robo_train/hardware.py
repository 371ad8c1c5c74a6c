"""What this machine does well: the precision that is really faster here, the devices, the load."""

from __future__ import annotations

import ctypes
import os
import sys
import time

import torch


def matmul_gflops(dtype: torch.dtype, seconds: float = 0.15) -> float:
    """Measured GFLOP/s of matrices as a small model uses them, on the CPU."""
    x, w = torch.randn(1024, 384).to(dtype), torch.randn(1024, 384).to(dtype)
    for _ in range(3):
        x @ w.T
    start, runs = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        x @ w.T
        runs += 1
    return 2 * 1024 * 384 * 1024 * runs / (time.perf_counter() - start) / 1e9


def choose_precision() -> tuple[str, str]:
    """Lightning's precision for this machine and the reason, in words.

    bfloat16 is 30 times slower than float32 on CPUs that emulate it and over twice as fast on those that
    do not, so on a CPU it is measured.
    """
    if torch.cuda.is_available():
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16-mixed", "the GPU has bfloat16"
        return "16-mixed", "the GPU has no bfloat16"
    if torch.backends.mps.is_available():
        return "32-true", "Apple GPU"
    full, half = matmul_gflops(torch.float32), matmul_gflops(torch.bfloat16)
    reason = f"measured: float32 {full:.0f}, bfloat16 {half:.0f} GFLOP/s"
    return ("bf16-mixed" if half > 1.4 * full else "32-true"), reason


def keep_freed_memory() -> bool:
    """Tell glibc to keep large freed blocks; True where that could be done.

    By default it gives every block over 32 MB back to the system, and each step faults the logits' pages in
    again: keeping them made a step of nano 1.28 times as fast.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library
        return False
    m_trim_threshold, m_mmap_threshold = -1, -3  # malloc.h
    return bool(mallopt(m_mmap_threshold, 1 << 30) and mallopt(m_trim_threshold, (1 << 31) - 1))


def load_average() -> float:
    """Processes wanting a core in the last minute; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
