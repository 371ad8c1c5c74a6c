"""gc, os, sys, micropython and esp32: what a program may ask of the system it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.errors import describe
from robo_runtime.simulate.native import Native, as_bytes, as_int

VERSION = (1, 26, 0)
RELEASE = ".".join(map(str, VERSION))
FREE = 110_000


def _gc(board: Board) -> dict[str, Any]:
    return {
        "collect": lambda: None, "mem_free": lambda: FREE, "mem_alloc": lambda: 50_000,
        "enable": lambda: None,
        "disable": lambda: None, "isenabled": lambda: True, "threshold": lambda *amount: -1,
    }  # fmt: skip


def _path(path: Any) -> str:
    return str(path).strip("/")


def _os(board: Board) -> dict[str, Any]:
    def existing(path: Any) -> str:
        if _path(path) not in board.files:
            raise OSError(2, "ENOENT")
        return _path(path)

    def listdir(path: Any = "/") -> list[str]:
        inside = f"{_path(path)}/" if _path(path) else ""
        return sorted({name[len(inside) :].split("/")[0] for name in board.files if name.startswith(inside)})

    def remove(path: Any) -> None:
        del board.files[existing(path)]

    def rename(old: Any, new: Any) -> None:
        board.files[_path(new)] = board.files.pop(existing(old))

    def stat(path: Any) -> tuple[int, ...]:
        return (0x8000, 0, 0, 0, 0, 0, len(board.files[existing(path)].encode()), 0, 0, 0)

    def urandom(n: Any) -> bytes:
        if not 0 <= as_int(n) <= 65_536:
            raise MemoryError("memory allocation failed")
        board.version += 1
        return bytes(board.random.getrandbits(8) for _ in range(n))

    return {
        "listdir": listdir, "remove": remove, "unlink": remove, "rename": rename, "stat": stat,
        "urandom": urandom,
        "mkdir": lambda path: None, "rmdir": lambda path: None, "chdir": lambda path: None,
        "getcwd": lambda: "/",
        "sync": lambda: None, "statvfs": lambda path: (4096, 4096, 512, 480, 480, 0, 0, 0, 0, 255),
        "uname": lambda: ("esp32", "esp32", RELEASE, f"v{RELEASE}", "Generic ESP32 module with ESP32"),
    }  # fmt: skip


class _Output(Native):
    __slots__ = ("_write",)

    def __init__(self, write: Any) -> None:
        self._write = write

    def write(self, data: Any) -> int:
        return self._write(data if isinstance(data, str) else as_bytes(data).decode())

    def flush(self) -> None:
        """Everything is written at once."""


class _Input(Native):
    """What is typed: the lines of `World.answers`."""

    __slots__ = ("_board",)

    def __init__(self, board: Board) -> None:
        self._board = board

    def readline(self) -> str:
        line = self._board.parts["ask"]()
        return f"{line}\n"

    def read(self, size: Any = -1) -> str:
        return self.readline()[: None if as_int(size) < 0 else size]


def _sys(board: Board) -> dict[str, Any]:
    write = board.parts["write"]

    def leave(status: Any = None) -> NoReturn:
        raise SystemExit(status)

    def print_exception(error: Any, file: Any = None) -> None:
        write(describe(error) + "\n")

    return {
        "exit": leave, "print_exception": print_exception, "platform": "esp32", "byteorder": "little",
        "maxsize": 2147483647, "version": f"3.4.0; MicroPython v{RELEASE}", "version_info": (3, 4, 0),
        "implementation": ("micropython", (*VERSION, ""), "Generic ESP32 module with ESP32", 10246),
        "argv": [],
        "path": ["", ".frozen", "/lib"], "modules": {}, "stdin": _Input(board), "stdout": _Output(write),
        "stderr": _Output(write),
    }  # fmt: skip


def _micropython(board: Board) -> dict[str, Any]:
    def schedule(func: Any, arg: Any) -> None:
        board.interrupt(func, arg)

    def same(function: Any) -> Any:
        return function

    return {
        "const": same, "native": same, "viper": same, "schedule": schedule, "mem_info": lambda *verbose: None,
        "qstr_info": lambda *verbose: None, "stack_use": lambda: 1000, "opt_level": lambda *level: 0,
        "alloc_emergency_exception_buf": lambda size: None, "heap_lock": lambda: None,
        "heap_unlock": lambda: 0,
        "kbd_intr": lambda char: None,
    }  # fmt: skip


class NVS(Native):
    """Values kept in flash; they survive a reset once committed (here at once)."""

    __slots__ = ("_kept",)

    def __init__(self, namespace: Any) -> None:
        self._kept: dict[str, Any] = current().kept.setdefault(f"nvs:{namespace}", {})

    def _get(self, key: Any, kind: type) -> Any:
        if not isinstance(self._kept.get(key), kind):
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")
        return self._kept[key]

    def set_i32(self, key: Any, value: Any) -> None:
        self._kept[str(key)] = as_int(value)

    def get_i32(self, key: Any) -> int:
        return int(self._get(key, int))

    def set_blob(self, key: Any, value: Any) -> None:
        self._kept[str(key)] = as_bytes(value)

    def get_blob(self, key: Any, buffer: Any) -> int:
        data: bytes = self._get(key, bytes)
        memoryview(buffer)[: len(data)] = data
        return len(data)

    def erase_key(self, key: Any) -> None:
        self._get(key, object)
        del self._kept[key]

    def commit(self) -> None:
        """Kept at once."""


def _esp32(board: Board) -> dict[str, Any]:
    def wake(name: str) -> Any:
        def arm(*arguments: Any, **options: Any) -> None:
            board.emit("call", f"esp32.{name}", {})

        return arm

    return {
        "NVS": NVS, "HEAP_DATA": 4, "HEAP_EXEC": 1, "gpio_deep_sleep_hold": lambda enable: None,
        "raw_temperature": lambda: 128, "mcu_temperature": lambda: 53, "hall_sensor": lambda: 30,
        "wake_on_ext0": wake("wake_on_ext0"), "wake_on_ext1": wake("wake_on_ext1"),
        "wake_on_touch": wake("wake_on_touch"), "WAKEUP_ALL_LOW": 0, "WAKEUP_ANY_HIGH": 1,
    }  # fmt: skip


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of one of these modules."""
    makers = {
        "gc": _gc,
        "os": _os,
        "uos": _os,
        "sys": _sys,
        "usys": _sys,
        "micropython": _micropython,
        "esp32": _esp32,
    }
    return makers[module](board)
