"""Reading a GGUF header, to refuse a bad file with a clear sentence before llama.cpp sees it.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.errors import RoboError

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# ggml type id -> (name, weights per block, bytes per block)
TYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18),
    30: ("BF16", 1, 2),
}  # fmt: skip


class ModelError(RoboError):
    """A model file this runtime cannot use; the text says why and what to do."""


class Tensor(NamedTuple):
    name: str
    shape: tuple[int, ...]
    """Fastest dimension first, as in the file."""
    type: int
    offset: int
    """Bytes from the start of the data section."""

    @property
    def nbytes(self) -> int:
        """Size in bytes; 0 for a type unknown here, so that only its offset is checked."""
        _, block, size = TYPES.get(self.type, ("", 1, 0))
        n = 1
        for extent in self.shape:
            n *= extent
        return n // block * size


class Header(NamedTuple):
    """Everything of a GGUF file but the weights."""

    metadata: dict[str, Any]
    """Values by key; arrays are tuples, and strings within arrays stay bytes."""
    tensors: list[Tensor]
    data_offset: int
    file_bytes: int


def read_header(path: Path) -> Header:
    """Parse the header of the GGUF file at `path` and check that every tensor lies inside the file.

    Raises:
        ModelError: missing, unreadable, not GGUF, an unsupported version, or cut short.
    """
    try:
        with path.open("rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != b"GGUF":
                raise ModelError(f"{path}: not a GGUF file (it starts with {bytes(data[:4])!r}); {_REMEDY}")
            return _parse(data, path)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such model file; {_REMEDY}") from None
    except ValueError:  # mmap refuses an empty file
        raise ModelError(f"{path}: the file is empty; {_REMEDY}") from None
    except OSError as e:
        raise ModelError(f"{path}: cannot be read: {e.strerror or e}") from None
    except (struct.error, IndexError):
        raise ModelError(f"{path}: cut short inside its header; {_COPY_AGAIN}") from None


_REMEDY = "make a model with: ./justw train nano && ./justw export gguf"
_COPY_AGAIN = "copy, download or export it again"


class _Cursor:
    """A position in the file that reads values and moves on; raises struct.error past the end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 4

    def scalar(self, code: str) -> Any:
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def string(self) -> bytes:
        n = self.scalar("Q")
        self._room(n)
        self.at += n
        return self.data[self.at - n : self.at]

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string().decode("utf-8", "replace")
        if kind == _ARRAY:
            return self._array()
        return self.scalar(_scalar_code(kind))

    def _array(self) -> tuple[Any, ...]:
        kind, n = self.scalar("I"), self.scalar("Q")
        if kind == _STRING:
            return tuple(self._strings(n))
        code = _scalar_code(kind)
        size = n * struct.calcsize("<" + code)
        self._room(size)
        self.at += size
        return struct.unpack_from(f"<{n}{code}", self.data, self.at - size)

    def _strings(self, n: int) -> Iterator[bytes]:
        data, at, end = self.data, self.at, len(self.data)
        length_at = struct.Struct("<Q").unpack_from
        for _ in range(n):
            (length,) = length_at(data, at)
            at += 8 + length
            if at > end:
                raise struct.error
            yield data[at - length : at]
        self.at = at

    def _room(self, n: int) -> None:
        if self.at + n > len(self.data):
            raise struct.error


def _scalar_code(kind: int) -> str:
    try:
        return _SCALARS[kind]
    except KeyError:
        raise struct.error from None


def _parse(data: mmap.mmap, path: Path) -> Header:
    cursor = _Cursor(data)
    if (version := cursor.scalar("I")) not in (2, 3):
        raise ModelError(f"{path}: GGUF version {version}; versions 2 and 3 are read: export it again")
    n_tensors, n_metadata = cursor.scalar("Q"), cursor.scalar("Q")
    metadata: dict[str, Any] = {}
    for _ in range(n_metadata):
        key = cursor.string().decode("utf-8", "replace")
        metadata[key] = cursor.value(cursor.scalar("I"))
    tensors = []
    for _ in range(n_tensors):
        name, n_dims = cursor.string().decode("utf-8", "replace"), cursor.scalar("I")
        if n_dims > 4:
            raise struct.error
        shape = tuple(cursor.scalar("Q") for _ in range(n_dims))
        tensors.append(Tensor(name, shape, cursor.scalar("I"), cursor.scalar("Q")))
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
        raise ModelError(f"{path}: general.alignment is {alignment!r}, not a power of two; export it again")
    header = Header(metadata, tensors, -(-cursor.at // alignment) * alignment, len(data))
    _check_extents(header, path)
    return header


def _check_extents(header: Header, path: Path) -> None:
    end = max((t.offset + t.nbytes for t in header.tensors), default=0) + header.data_offset
    if end > header.file_bytes:
        raise ModelError(
            f"{path}: cut short: its tensors need {end:,} bytes, the file has {header.file_bytes:,}; "
            + _COPY_AGAIN
        )
