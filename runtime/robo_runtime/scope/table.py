"""What a program can name, as a table that the scope follows: data alone, so that any core can follow it too.

Members of modules, classes and the kit, each with its signatures: a name, the words of its type, how it may
be given and whether it must be. `compiler.py` makes it from the registry.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from robo_runtime.scope import types
from robo_runtime.scope.types import T

CALLBACKS: dict[str, tuple[str, ...]] = {
    "machine.Pin.irq": ("machine.Pin",), "machine.Timer.init": ("machine.Timer",),
    "timer.every": (), "timer.after": (), "button.on_press": (), "mqtt.on_message": ("str", "str"),
    "umqtt.simple.MQTTClient.set_callback": ("bytes", "bytes"), "machine.Timer": ("machine.Timer",),
    "espnow.ESPNow.irq": ("espnow.ESPNow",), "machine.I2S.irq": ("machine.I2S",),
    "bluetooth.BLE.irq": ("int", "tuple"), "micropython.schedule": ("any",),
}  # fmt: skip
"""What a callback is called with, by who takes it."""
AS_MANY_AS_IT_TAKES = frozenset(["mqtt.on_message"])
"""Who leaves out the arguments that a callback has no parameters for."""


class Param(NamedTuple):
    """One parameter."""

    name: str
    words: tuple[str, ...]
    """Types that it takes; empty for anything."""
    kind: str
    """`pos`, `both`, `kw`, `var` or `varkw`."""
    required: bool


class Overload(NamedTuple):
    """One way to call something."""

    params: tuple[Param, ...]
    returns: str
    """In words: `int`, `list int`, `optional:bytes`, `instance:machine.Pin`."""


class Table(NamedTuple):
    """Everything that a program can name, with what may be done with it."""

    modules: dict[str, dict[str, T]]
    """Members of each module."""
    classes: dict[str, dict[str, T]]
    """Members of the instances of each class (and of the class itself), by `module.Class`."""
    calls: dict[str, tuple[Overload, ...]]
    """Overloads by qualified name: functions, methods, constructors, kit functions, instances (`Pin()`)."""
    items: frozenset[str]
    """Classes whose instances have numbered items."""
    kit: dict[str, T]
    """Names of the kit's module."""
    kit_members: dict[str, dict[str, T]]
    kit_module: str


def returned(words: str) -> T:
    """The type that `Overload.returns` stands for."""
    head, _, rest = words.partition(" ")
    if rest:
        return T(head, tuple(returned(w) for w in rest.split(" ")))
    kind, _, inner = head.partition(":")
    if kind == "optional":
        return T("optional", (returned(inner),))
    if kind == "instance":
        return T("instance", (inner,))
    return T("mixed") if kind in ("mixed", "function") else types.named(kind, frozenset())


def to_json(table: Table) -> str:
    """The table as a file holds it."""
    plain = lambda members: {name: _plain(kind) for name, kind in members.items()}  # noqa: E731
    calls = {
        name: [[[list(p) for p in o.params], o.returns] for o in overloads]
        for name, overloads in table.calls.items()
    }
    data = {
        "modules": {m: plain(v) for m, v in table.modules.items()},
        "classes": {c: plain(v) for c, v in table.classes.items()},
        "calls": calls, "items": sorted(table.items), "kit": plain(table.kit),
        "kit_members": {k: plain(v) for k, v in table.kit_members.items()}, "kit_module": table.kit_module,
    }  # fmt: skip
    return json.dumps(data, separators=(",", ":"))


def from_json(text: str) -> Table:
    """The table of a file.

    Raises:
        ValueError: the text is no table.
    """
    try:
        data = json.loads(text)
        calls = {
            name: tuple(
                Overload(tuple(Param(n, tuple(w), kind, must) for n, w, kind, must in params), returns)
                for params, returns in overloads
            )
            for name, overloads in data["calls"].items()
        }
        members = lambda found: {name: _type(kind) for name, kind in found.items()}  # noqa: E731
        return Table(
            {m: members(v) for m, v in data["modules"].items()},
            {c: members(v) for c, v in data["classes"].items()},
            calls, frozenset(data["items"]), members(data["kit"]),
            {k: members(v) for k, v in data["kit_members"].items()}, data["kit_module"],
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError(f"no table of a scope: {e}") from None


def _plain(kind: T) -> list[Any]:
    return [kind.kind, *(_plain(part) if isinstance(part, T) else part for part in kind.of)]


def _type(data: list[Any]) -> T:
    return T(data[0], tuple(_type(part) if isinstance(part, list) else part for part in data[1:]))
