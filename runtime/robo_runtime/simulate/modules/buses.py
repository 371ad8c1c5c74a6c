"""machine.I2C, SPI and UART and their software twins."""

from __future__ import annotations

from typing import Any

from robo_runtime.simulate.board import current
from robo_runtime.simulate.modules.inbox import Inbox
from robo_runtime.simulate.modules.pins import line_of
from robo_runtime.simulate.native import Native, as_bytes, as_int, text_of

ENODEV = 19
MAX_BYTES = 65_536


class I2C(Native):
    """A bus with the devices the world puts on it; a device is its registers."""

    __slots__ = ("_board", "_freq", "_pointer")

    def __init__(
        self, id: Any = 0, *, scl: Any = None, sda: Any = None, freq: Any = 400_000, timeout: Any = 50_000
    ) -> None:
        if as_int(id) not in (-1, 0, 1):
            raise ValueError(f"I2C({id}) doesn't exist")
        self._set(scl, sda, freq)

    def _set(self, scl: Any, sda: Any, freq: Any) -> None:
        self._board = current()
        for pin in (scl, sda):
            if pin is not None:
                line_of(pin)
        self._freq = max(as_int(freq), 1000)
        self._pointer: dict[int, int] = {}

    def init(self, *, scl: Any = None, sda: Any = None, freq: Any = 400_000) -> None:
        self._set(scl, sda, freq)

    def deinit(self) -> None:
        """Nothing to release."""

    def _reach(self, addr: Any, length: int = 1) -> dict[int, list[int]]:
        """The registers of a device that answers."""
        board, addr = self._board, as_int(addr)
        board.busy((length + 2) * 9_000_000 // self._freq)
        if addr not in board.world.i2c or board.world.faulty("i2c", board.t):
            raise OSError(ENODEV, "ENODEV")
        memory: dict[int, dict[int, list[int]]] = board.parts.setdefault("i2c", {})
        if addr not in memory:
            memory[addr] = {r: list(values) for r, values in board.world.i2c[addr].items()}
        return memory[addr]

    def _read(self, addr: Any, register: int, length: int) -> bytes:
        if not 0 <= length <= MAX_BYTES:
            raise MemoryError("memory allocation failed")
        registers = self._reach(addr, length)
        flat = {start + i: byte for start, values in registers.items() for i, byte in enumerate(values)}
        return bytes(flat.get(register + i, 0) for i in range(length))

    def scan(self) -> list[int]:
        self._board.busy(20_000)
        found = [] if self._board.world.faulty("i2c", self._board.t) else sorted(self._board.world.i2c)
        return [addr for addr in found if 8 <= addr < 0x78]

    def readfrom(self, addr: Any, nbytes: Any, stop: Any = True) -> bytes:
        return self._read(addr, self._pointer.get(as_int(addr), 0), as_int(nbytes))

    def readfrom_into(self, addr: Any, buf: Any, stop: Any = True) -> None:
        memoryview(buf)[:] = self.readfrom(addr, len(buf))

    def readfrom_mem(self, addr: Any, memaddr: Any, nbytes: Any, *, addrsize: Any = 8) -> bytes:
        return self._read(addr, as_int(memaddr), as_int(nbytes))

    def readfrom_mem_into(self, addr: Any, memaddr: Any, buf: Any, *, addrsize: Any = 8) -> None:
        memoryview(buf)[:] = self.readfrom_mem(addr, memaddr, len(buf))

    def writeto(self, addr: Any, buf: Any, stop: Any = True) -> int:
        data = as_bytes(buf)
        registers = self._reach(addr, len(data))
        if data:
            self._pointer[as_int(addr)] = data[0]
            if len(data) > 1:
                registers[data[0]] = list(data[1:])
                self._wrote(addr, data[0], data[1:])
        return len(data)

    def writevto(self, addr: Any, vector: Any, stop: Any = True) -> int:
        return self.writeto(addr, b"".join(map(as_bytes, vector)))

    def writeto_mem(self, addr: Any, memaddr: Any, buf: Any, *, addrsize: Any = 8) -> None:
        data = as_bytes(buf)
        self._reach(addr, len(data))[as_int(memaddr)] = list(data)
        self._wrote(addr, as_int(memaddr), data)

    def _wrote(self, addr: Any, register: int, data: bytes) -> None:
        self._board.record("i2c", f"0x{as_int(addr):02x}:{register}", tuple(data))


class SoftI2C(I2C):
    """The same on any pins."""

    __slots__ = ()

    def __init__(self, scl: Any, sda: Any, *, freq: Any = 400_000, timeout: Any = 50_000) -> None:
        self._set(scl, sda, freq)


class SPI(Native):
    """A bus on which nothing answers; what is written is recorded."""

    MSB, LSB, CONTROLLER = 0, 1, 0

    __slots__ = ("_board", "_key")

    def __init__(
        self, id: Any = 1, baudrate: Any = 500_000, *, polarity: Any = 0, phase: Any = 0, bits: Any = 8,
        firstbit: Any = 0, sck: Any = None, mosi: Any = None, miso: Any = None,
    ) -> None:  # fmt: skip
        if as_int(id) not in (1, 2):
            raise ValueError(f"SPI({id}) doesn't exist")
        self._set(f"spi{id}", sck, mosi, miso)

    def _set(self, key: str, *pins: Any) -> None:
        self._board = current()
        self._key = key
        for pin in pins:
            if pin is not None:
                line_of(pin)

    def init(self, baudrate: Any = 1_000_000, **options: Any) -> None:
        as_int(baudrate)

    def deinit(self) -> None:
        """Nothing to release."""

    def write(self, buf: Any) -> None:
        self._board.emit("net", self._key, as_bytes(buf)[:64].hex())

    def read(self, nbytes: Any, write: Any = 0) -> bytes:
        if not 0 <= (nbytes := as_int(nbytes)) <= MAX_BYTES:
            raise MemoryError("memory allocation failed")
        return bytes(nbytes)

    def readinto(self, buf: Any, write: Any = 0) -> None:
        memoryview(buf)[:] = bytes(len(buf))

    def write_readinto(self, write_buf: Any, read_buf: Any) -> None:
        self.write(write_buf)
        self.readinto(read_buf)


class SoftSPI(SPI):
    """The same on any pins."""

    __slots__ = ()

    def __init__(
        self, baudrate: Any = 500_000, *, polarity: Any = 0, phase: Any = 0, bits: Any = 8, firstbit: Any = 0,
        sck: Any, mosi: Any, miso: Any,
    ) -> None:  # fmt: skip
        self._set("softspi", sck, mosi, miso)


class UART(Native):
    """A serial port; scripted messages of channel "uart" arrive on every one."""

    __slots__ = ("_board", "_inbox", "_key")

    RTS, CTS, INV_TX, INV_RX = 1, 2, 32, 4

    def __init__(self, id: Any, baudrate: Any = 115_200, *arguments: Any, **options: Any) -> None:
        if as_int(id) not in (0, 1, 2):
            raise ValueError(f"UART({id}) does not exist")
        self._board = current()
        self._key = f"uart{id}"
        self._inbox = Inbox(self._board, "uart")
        self.init(baudrate, *arguments, **options)

    def init(
        self, baudrate: Any = 115_200, bits: Any = 8, parity: Any = None, stop: Any = 1, *, tx: Any = None,
        rx: Any = None, rts: Any = None, cts: Any = None, txbuf: Any = None, rxbuf: Any = None, timeout: Any
        = 0,
        timeout_char: Any = 0, invert: Any = 0, flow: Any = 0,
    ) -> None:  # fmt: skip
        as_int(baudrate)
        for pin in (tx, rx):
            if pin is not None:
                line_of(pin)

    def deinit(self) -> None:
        """Nothing to release."""

    def any(self) -> int:
        return len(self._inbox.stream())

    def read(self, *nbytes: Any) -> bytes | None:
        return self._inbox.take(as_int(nbytes[0]) if nbytes else None) or None

    def readline(self) -> bytes | None:
        waiting = self._inbox.stream()
        end = waiting.find(b"\n")
        return self._inbox.take(end + 1 if end >= 0 else None) or None

    def readinto(self, buf: Any, *nbytes: Any) -> int | None:
        data = self._inbox.take(min(len(buf), as_int(nbytes[0]) if nbytes else len(buf)))
        memoryview(buf)[: len(data)] = data
        return len(data) or None

    def write(self, buf: Any) -> int:
        data = as_bytes(buf)
        self._board.emit("net", self._key, text_of(data))
        return len(data)

    def flush(self) -> None:
        """Everything is sent at once."""

    def sendbreak(self) -> None:
        self._board.emit("net", self._key, "break")

    def txdone(self) -> bool:
        return True
