"""From the registry to the table that the scope follows."""

from __future__ import annotations

from robo_runtime.registry import Argument, Callable, Registry
from robo_runtime.scope import types
from robo_runtime.scope.table import Overload, Param, Table
from robo_runtime.scope.types import T

_KEYWORD_METHODS = ("init", "irq")
_RETURNS = {
    "ds18x20.DS18X20.scan": "list bytearray", "onewire.OneWire.scan": "list bytearray",
    "machine.I2C.scan": "list int", "machine.SoftI2C.scan": "list int", "os.listdir": "list str",
    "network.WLAN.scan": "list any", "network.WLAN.ifconfig": "many str", "wifi.scan": "list str",
    "espnow.ESPNow.recv": "tuple bytes optional:bytes", "espnow.ESPNow.irecv": "tuple bytes optional:bytes",
    "json.loads": "any", "json.load": "any", "requests.Response.json": "any",
    "urequests.Response.json": "any", "math.modf": "many float", "random.choice": "element",
    "struct.unpack": "many mixed", "struct.unpack_from": "many mixed",
    "socket.socket.accept": "tuple instance:socket.socket any", "machine.UART.read": "optional:bytes",
    "machine.UART.readline": "optional:bytes", "network.WLAN.config": "any",
    "bluetooth.BLE.gatts_register_services": "many any",
}  # fmt: skip
"""What the registry's return types leave open."""
_NESTED = frozenset(["services_definition"])
"""Tuples of something else than numbers."""


def compile_table(registry: Registry) -> Table:
    """The table of a registry."""
    names = frozenset(f"{m}.{c}" for m, module in registry.modules.items() for c in module.classes)
    calls: dict[str, tuple[Overload, ...]] = {}
    modules: dict[str, dict[str, T]] = {}
    classes: dict[str, dict[str, T]] = {}
    items = set()
    for m, module in registry.modules.items():
        found = modules.setdefault(m, {})
        for parent in _parents(m):
            modules.setdefault(parent[0], {})[parent[1]] = T("module", (f"{parent[0]}.{parent[1]}",))
        for name, annotation in module.constants.items():
            found[name] = types.named(annotation, names)
        for name, function in module.functions.items():
            found[name] = T("function", (f"{m}.{name}",))
            calls[f"{m}.{name}"] = _overloads(f"{m}.{name}", function, m, names)
        for name, cls in module.classes.items():
            full = f"{m}.{name}"
            found[name] = T("class", (full,))
            made = _overloads(full, cls.constructor, m, names, by_name=True)
            calls[full] = tuple(o._replace(returns=f"instance:{full}") for o in made)
            members = {c: types.named(a, names) for c, a in cls.constants.items()}
            for method, callable_ in cls.methods.items():
                if not method.startswith("_"):
                    members[method] = T("method", (f"{full}.{method}",))
                    calls[f"{full}.{method}"] = _overloads(
                        f"{full}.{method}", callable_, m, names, by_name=method in _KEYWORD_METHODS
                    )
            classes[full] = members
            if cls.call:
                calls[f"{full}()"] = _overloads(f"{full}()", cls.call, m, names)
            if cls.item:
                items.add(full)
    kit, kit_members = _kit(registry, calls)
    return Table(modules, classes, calls, frozenset(items), kit, kit_members, registry.module)


def _parents(module: str) -> list[tuple[str, str]]:
    parent, dot, name = module.rpartition(".")
    return [(parent, name)] if dot else []


def _kit(
    registry: Registry, calls: dict[str, tuple[Overload, ...]]
) -> tuple[dict[str, T], dict[str, dict[str, T]]]:
    kit: dict[str, T] = {}
    members: dict[str, dict[str, T]] = {}
    for f in registry.functions.values():
        params = tuple(
            Param(n, {"enum": ("str",)}.get(p.type, (p.type,)), "both", p.required)
            for n, p in f.parameters.items()
        )
        returns = _RETURNS.get(f.qualified_name) or {"enum": "str", "tuple": "many int"}.get(
            f.returns.type, f.returns.type
        )
        calls[f.qualified_name] = (Overload(params, returns),)
        name, dot, member = f.qualified_name.partition(".")
        if dot:
            kit.setdefault(name, T("object", (name,)))
            members.setdefault(name, {})[member] = T("function", (f.qualified_name,))
        else:
            kit[name] = T("function", (name,))
    return kit, members


def _overloads(
    name: str, callable_: Callable, module: str, classes: frozenset[str], by_name: bool = False
) -> tuple[Overload, ...]:
    out = []
    for s in callable_.signatures:
        keywords = by_name or any(a.kind in ("kw", "varkw") for a in s.arguments)
        params = tuple(
            Param(
                a.name,
                _words(a),
                ("both" if keywords else "pos") if a.kind == "pos" else a.kind,
                a.required,
            )
            for a in s.arguments
        )
        out.append(Overload(params, _RETURNS.get(name) or _returned(s.returns, module, classes)))
    return tuple(out)


def _words(a: Argument) -> tuple[str, ...]:
    if a.pin:
        return ("int", "Pin")
    return ("object",) if a.name in _NESTED else tuple(a.type_names)


def _returned(annotation: str, module: str, classes: frozenset[str]) -> str:
    if f"{module}.{annotation}" in classes:
        return f"instance:{module}.{annotation}"
    return {"tuple": "many int", "list": "list any", "": "mixed", "object": "mixed"}.get(
        annotation, annotation
    )
