"""Taking a file out of the page cache, so that loading it is a cold start; and saying whether that worked."""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path


def evict(path: Path) -> float | None:
    """Ask the system to forget the pages of a file, or of all files in a folder; no rights are needed.

    Returns:
        The share of pages that are in memory afterwards; None where the system cannot be asked. Above zero
        (a file system in memory, pages that another process has mapped) the next start is not a cold one.
    """
    if not hasattr(os, "posix_fadvise"):
        return None
    files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
    left = pages = 0
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # pages not yet written would stay
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            found = _resident(descriptor)
        finally:
            os.close(descriptor)
        if found is None:
            return None
        left, pages = left + found[0], pages + found[1]
    return left / pages if pages else 0.0


def _resident(descriptor: int) -> tuple[int, int] | None:
    """Pages of an open file in memory, and all its pages (mincore(2)); None where that is unknown."""
    size = os.fstat(descriptor).st_size
    if not size:
        return 0, 0
    try:
        library = ctypes.CDLL(None, use_errno=True)
        mincore = library.mincore
    except (OSError, AttributeError):
        return None
    pages = -(-size // mmap.PAGESIZE)
    states = (ctypes.c_ubyte * pages)()
    # A private mapping may be written to, which is what ctypes asks of a buffer; looking reads no page.
    with mmap.mmap(descriptor, size, access=mmap.ACCESS_COPY) as mapped:
        start = ctypes.c_char.from_buffer(mapped)
        failed = mincore(ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(size), states)
        del start
    return None if failed else (sum(state & 1 for state in states), pages)
