"""Little-endian numbers and strings, one after the other (`mobile/native/src/reader.h` reads them)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

Item = TypeVar("Item")


class Stream:
    """Bytes that grow."""

    def __init__(self) -> None:
        self.data = bytearray()

    def number(self, *values: int) -> None:
        """Numbers of 32 bits."""
        self.data += struct.pack(f"<{len(values)}I", *values)

    def string(self, text: str) -> None:
        """A length in bytes, and UTF-8."""
        data = text.encode()
        self.number(len(data))
        self.data += data

    def each(self, items: Collection[Item], put: Callable[[Item], Any]) -> None:
        """How many there are, and each of them."""
        self.number(len(items))
        for item in items:
            put(item)

    def strings(self, texts: Iterable[str]) -> None:
        """Sorted, as sets have no order that lasts."""
        self.each(sorted(texts), self.string)

    def table(self, entries: Mapping[str, Item], put: Callable[[Item], Any]) -> None:
        """Names with what stands behind each, in the order of the names."""

        def entry(name: str) -> None:
            self.string(name)
            put(entries[name])

        self.each(sorted(entries), entry)
