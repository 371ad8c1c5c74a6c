"""An importance matrix of llama.cpp: how large what goes into a matrix was, column by column, on some text.

Its quantisers then round the columns that matter more carefully. Made with `llama-imatrix -m FILE -f TEXT`;
formats: tools/imatrix/imatrix.cpp, GGUF since 2025, and the older file of counted entries.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError

Importance = dict[str, NDArray[np.float32]]
_SUMS, _COUNTS = ".in_sum2", ".counts"


def read_imatrix(path: Path, columns: Mapping[str, int]) -> Importance:
    """Mean square of what goes into each column, by tensor.

    Args:
        columns: row length of each matrix of the model.

    Raises:
        RoboError: missing, no importance matrix, or of another model.
    """
    if not path.is_file():
        raise RoboError(f"{path}: no such file; make one with llama.cpp: llama-imatrix -m FILE -f TEXT")
    with path.open("rb") as file:
        found = _gguf(path) if file.read(4) == b"GGUF" else _counted(path)
    for name, values in found.items():
        if name in columns and len(values) != columns[name]:
            raise RoboError(
                f"{path}: has {len(values)} values for {name}, whose rows are {columns[name]} long; it"
                " belongs to another model"
            )
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise RoboError(f"{path}: {name} has values that are no mean squares; make it again")
    if not set(found) & set(columns):
        raise RoboError(f"{path}: names none of the model's matrices; it belongs to another model")
    return {name: values for name, values in found.items() if name in columns}


def _gguf(path: Path) -> Importance:
    from gguf import GGUFReader

    try:
        tensors = {t.name: np.array(t.data, np.float32).reshape(-1) for t in GGUFReader(path).tensors}
    except (ValueError, IndexError, KeyError, TypeError) as e:
        raise RoboError(f"{path}: not a readable GGUF file ({e}); copy it again") from None
    found = {}
    for name in (n.removesuffix(_SUMS) for n in tensors if n.endswith(_SUMS)):
        counts = tensors.get(name + _COUNTS)
        if counts is None or len(counts) != 1:
            raise RoboError(f"{path}: no count for {name}, or several, as of experts, which our models lack")
        if counts[0] > 0:
            found[name] = tensors[name + _SUMS] / counts[0]
    return found


def _counted(path: Path) -> Importance:
    """Entries of a name, how often it was seen, and the sums, one after the other."""
    data, at, found = path.read_bytes(), 4, {}
    try:
        for _ in range(struct.unpack_from("<i", data)[0]):
            (length,) = struct.unpack_from("<i", data, at)
            if length < 0:
                raise struct.error("a name of negative length")
            name = data[at + 4 : at + 4 + length].decode()
            calls, count = struct.unpack_from("<ii", data, at + 4 + length)
            at += 12 + length
            found[name] = np.array(struct.unpack_from(f"<{count}f", data, at), np.float32) / max(calls, 1)
            at += 4 * count
    except (struct.error, UnicodeDecodeError) as e:
        raise RoboError(f"{path}: no importance matrix of llama.cpp, or cut short ({e})") from None
    return found
