"""Modules of the simulator as source that a real MicroPython reads.

The kit's functions, the display, buses and networks are the simulator's own definitions: both sides run the
same code for them, in two interpreters. `machine`, `time` and the drivers of parts are written twice.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

_SIMULATE = Path(__file__).resolve().parents[1] / "simulate"
_HOST = Path(__file__).resolve().parent / "host"
_CONVERTED = (
    "modules/display.py", "modules/buses.py", "modules/inbox.py", "modules/net.py", "modules/mqtt.py",
    "modules/radio.py", "modules/sockets.py", "kit/__init__.py", "kit/control.py", "kit/inputs.py",
    "kit/lights.py", "kit/motion.py", "kit/outputs.py", "kit/sound.py", "kit/wireless.py",
    "drive.py", "wheels.py", "encoders.py",
)  # fmt: skip
_ELSEWHERE = {
    "board": "board", "limits": "board", "world": "board", "lines": "lines", "native": "sim_native",
    "modules.pins": "sim_native", "modules.clock": "time", "modules.timers": "machine",
}  # fmt: skip
"""Where names live that the host defines itself."""
_PACKAGE = "robo_runtime.simulate"
_TYPES = {"typing", "collections.abc", "__future__", "types", "inspect", "importlib", "pydantic"}
_OWN = {"acts", "call_back", "bind", "names", "_callable", "nothing"}
"""Functions of the kit's module that `host/kit_names.py` defines for MicroPython."""
_SHOWN = "from sim_native import hsv_to_rgb\n"

_MODULES = {
    "ssd1306": "sim_modules_display", "framebuf": "sim_modules_display", "network": "sim_modules_net",
    "requests": "sim_modules_net", "urequests": "sim_modules_net", "socket": "sim_modules_sockets",
    "usocket": "sim_modules_sockets", "umqtt.simple": "sim_modules_mqtt",
    "umqtt.robust": "sim_modules_mqtt", "espnow": "sim_modules_radio", "bluetooth": "sim_modules_radio",
    "ubluetooth": "sim_modules_radio",
}  # fmt: skip
SUPPORTED = frozenset({
    "machine", "time", "utime", "random", "neopixel", "dht", "onewire", "ds18x20", "hcsr04", "math", "json",
    "struct", "collections", "binascii", "array", "gc", "micropython", "umqtt", *_MODULES,
})  # fmt: skip
"""Modules a cross-checked program may import."""


class _Convert(ast.NodeTransformer):
    """Takes out what MicroPython does not read: annotations, imports for types, `/`, `zip(strict=)`."""

    def __init__(self, module: str) -> None:
        self.module = module

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        kept = [a for a in node.names if a.name not in (*_TYPES, "colorsys")]
        return ast.Import(kept) if kept else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        name = node.module or ""
        if name in _TYPES or name.startswith("robo_runtime.registry"):
            return None
        if name in (f"{_PACKAGE}.operations", f"{_PACKAGE}.printing"):
            return ast.parse("shown_text, rounded = str, round").body[0]
        if name.startswith(_PACKAGE):
            inner = name[len(_PACKAGE) + 1 :]
            names = [a for a in node.names if a.name not in ("Message", "Event", "Trace", "Key")]
            target = _ELSEWHERE.get(inner, "sim_" + inner.replace(".", "_"))
            return ast.ImportFrom(target, names, 0) if names else None
        return node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value, lineno=1) if node.value is not None else None

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        if ast.unparse(node.targets[0]) in ("Act", "_HERE", "__slots__", "Scalar"):
            return None
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        if self.module == "sim_kit" and node.name in _OWN:
            return None
        node.returns = None
        node.args.args = [*node.args.posonlyargs, *node.args.args]
        node.args.posonlyargs = []
        for arg in (*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
            if arg is not None:
                arg.annotation = None
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "acts":
                needed = [ast.Constant(a.arg) for a in node.args.args[1:]]
                decorator.args.append(ast.Tuple(list(needed), ast.Load()))
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func) == "zip":
            node.keywords = []
        if ast.unparse(node.func) == "colorsys.hsv_to_rgb":
            node.func = ast.Name("hsv_to_rgb", ast.Load())
        return node

    def _joined(self, node: ast.Tuple | ast.List) -> ast.AST:
        """`(a, *b)` becomes a sum of lists."""
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or not any(isinstance(e, ast.Starred) for e in node.elts):
            return node
        parts = [
            f"list({ast.unparse(e.value)})" if isinstance(e, ast.Starred) else f"[{ast.unparse(e)}]"
            for e in node.elts
        ]
        kind = "tuple" if isinstance(node, ast.Tuple) else "list"
        return ast.parse(f"{kind}({' + '.join(parts)})", mode="eval").body

    visit_Tuple = visit_List = _joined

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """`{**a, "k": v}` becomes a call of `dict` on joined items."""
        self.generic_visit(node)
        if None not in node.keys:
            return node
        parts = []
        for key, value in zip(node.keys, node.values, strict=True):
            text = ast.unparse(value)
            parts.append(f"list(({text}).items())" if key is None else f"[({ast.unparse(key)}, {text})]")
        return ast.parse(f"dict({' + '.join(parts)})", mode="eval").body


def convert(source: str, module: str) -> str:
    """MicroPython source of one module of the simulator."""
    tree = _Convert(module).visit(ast.parse(source))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.body:
            node.body = [ast.Pass()]
    head = _SHOWN if "hsv_to_rgb" in source else ""
    return head + ast.unparse(ast.fix_missing_locations(tree)) + "\n"


@lru_cache(maxsize=1)
def library() -> dict[str, str]:
    """The files of MicroPython's file system, by path: the host, the converted modules, what names them."""
    files = {f"/host/{p.name}": p.read_text(encoding="utf-8") for p in _HOST.glob("*.py")}
    kit = files.pop("/host/kit_names.py")
    for name in _CONVERTED:
        path = _SIMULATE / name
        if not path.is_file():
            continue
        module = "sim_" + name.removesuffix(".py").removesuffix("/__init__").replace("/", "_")
        text = convert(path.read_text(encoding="utf-8"), module)
        files[f"/host/{module}.py"] = text + (kit if module == "sim_kit" else "")
    for name, module in _MODULES.items():
        files[f"/host/{name.replace('.', '/')}.py"] = _import_all(name, module)
    files["/host/umqtt/__init__.py"] = ""
    files["/host/utime.py"] = "from time import *\n"
    return files


def _import_all(name: str, module: str) -> str:
    return (
        f"from board import current\nfrom {module} import names\n"
        f"globals().update(names(current(), {name!r}))\n"
    )


def kit_file(module: str) -> dict[str, str]:
    """The kit's own module, by path."""
    text = "from board import current\nfrom sim_kit import names\nglobals().update(names(current()))\n"
    return {f"/host/{module}.py": text}
