"""The modules a simulated program can import. Each is built for the run at its first import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from robo_runtime.registry import load_registry
from robo_runtime.simulate import kit
from robo_runtime.simulate.board import Board
from robo_runtime.simulate.firmware import run_module
from robo_runtime.simulate.native import Module

_HERE = "robo_runtime.simulate.modules."
_MAKERS = {
    "machine": "machine", "umachine": "machine", "time": "clock", "utime": "clock",
    "neopixel": "drivers", "dht": "drivers", "onewire": "drivers", "ds18x20": "drivers", "hcsr04": "drivers",
    "framebuf": "display", "ssd1306": "display",
    "network": "net", "requests": "net", "urequests": "net",
    "socket": "sockets", "usocket": "sockets", "ntptime": "sockets",
    "umqtt": "mqtt", "umqtt.simple": "mqtt", "umqtt.robust": "mqtt",
    "espnow": "radio", "bluetooth": "radio", "ubluetooth": "radio",
    "random": "standard", "urandom": "standard", "math": "standard", "json": "standard", "ujson": "standard",
    "struct": "standard", "ustruct": "standard", "array": "standard", "collections": "standard",
    "ucollections": "standard", "binascii": "standard", "ubinascii": "standard",
    "gc": "system", "os": "system", "uos": "system", "sys": "system", "usys": "system",
    "micropython": "system",
    "esp32": "system", "_thread": "threads", "asyncio": "tasks", "uasyncio": "tasks",
}  # fmt: skip
"""The host module whose `names(board, module)` makes each fake one."""


def importer(board: Board) -> Callable[..., Any]:
    """The `__import__` of one run."""
    modules: dict[str, Any] = board.parts.setdefault("modules", {})

    def load(name: str, built_ins: Any) -> Any:
        if name not in modules:
            code = board.firmware.code(name) if board.firmware is not None else None
            if code is None:
                modules[name] = Module(name, _names(board, name))
            else:
                if "." in name:
                    load(name.rpartition(".")[0], built_ins)
                return run_module(code, name, modules, built_ins)
        return modules[name]

    def import_(
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if level:
            raise ImportError("can't perform relative import")
        built_ins = globals["__builtins__"] if globals else None
        module = load(name, built_ins)
        if fromlist:
            for wanted in fromlist:
                if wanted != "*" and not hasattr(module, wanted):
                    if board.firmware is None or board.firmware.code(f"{name}.{wanted}") is None:
                        raise ImportError(f"can't import name {wanted}")
                    load(f"{name}.{wanted}", built_ins)
            return module
        return load(name.split(".")[0], built_ins) if "." in name else module

    return import_


def _names(board: Board, name: str) -> Mapping[str, Any]:
    if maker := _MAKERS.get(name):
        names: Mapping[str, Any] = import_module(_HERE + maker).names(board, name)
        return names
    registry = board.registry or load_registry()
    if name != registry.module:
        raise ImportError(f"no module named '{name}'")
    return kit.names(board, registry)
