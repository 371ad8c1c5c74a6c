"""Rarer parts of machine: bit streams, I2S and SD cards."""

from __future__ import annotations

from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.modules.pins import line_of
from robo_runtime.simulate.native import Native, as_bytes, as_int


def bitstream_on(board: Board) -> Any:
    """`bitstream` of a run: what is sent to a strip of pixels is shown by it."""

    def bitstream(pin: Any, encoding: Any, timing: Any, data: Any, /) -> None:
        if as_int(encoding) != 0:
            raise ValueError("encoding must be 0")
        content = as_bytes(data)
        board.busy(len(content) * 10)
        grb = zip(content[0::3], content[1::3], content[2::3], strict=False)
        board.record("pixels", line_of(pin).number, tuple((r, g, b) for g, r, b in grb))

    return bitstream


class I2S(Native):
    """A digital sound bus: it takes samples at their rate, and records silence."""

    RX, TX, MONO, STEREO = 0, 1, 0, 1

    __slots__ = ("_board", "_bytes_per_second", "_id")

    def __init__(
        self, id: Any, *, sck: Any, ws: Any, sd: Any, mode: Any, bits: Any, format: Any, rate: Any, ibuf: Any
    ) -> None:
        if as_int(id) not in (0, 1):
            raise ValueError("invalid id")
        for pin in (sck, ws, sd):
            line_of(pin)
        if as_int(bits) not in (16, 32) or as_int(rate) <= 0:
            raise ValueError("invalid bits or rate")
        self._board = current()
        self._id = id
        self._bytes_per_second = rate * bits // 8 * (2 if format else 1)

    def write(self, buf: Any) -> int:
        data = as_bytes(buf)
        self._board.emit("net", f"i2s{self._id}", len(data))
        self._board.sleep(len(data) * 1_000_000 // self._bytes_per_second)
        return len(data)

    def readinto(self, buf: Any) -> int:
        self._board.sleep(len(buf) * 1_000_000 // self._bytes_per_second)
        return len(buf)

    def irq(self, handler: Any) -> None:
        if handler is not None and not callable(handler):
            raise ValueError("callback must be callable")

    def deinit(self) -> None:
        """Nothing to release."""


class SDCard(Native):
    """A slot without a card."""

    __slots__ = ()

    def __init__(self, **options: Any) -> None:
        raise OSError(116, "ESP_ERR_NOT_FOUND")

    def info(self) -> tuple[int, int]:
        return (0, 512)

    def readblocks(self, block_num: Any, buf: Any) -> None:
        raise OSError(5, "EIO")

    def writeblocks(self, block_num: Any, buf: Any) -> None:
        raise OSError(5, "EIO")

    def ioctl(self, op: Any, arg: Any) -> int:
        return -1

    def deinit(self) -> None:
        """Nothing to release."""
