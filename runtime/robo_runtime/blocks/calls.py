"""Blocks of what can be called: the kit's functions, MicroPython's modules, classes and methods, built-ins.

All come from the registry. One block stands for all overloads of a function that give something back, another
for those that do not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from robo_runtime.blocks.patterns import Import
from robo_runtime.grammar.language import BUILTINS, METHODS
from robo_runtime.registry import Callable, Function, Module, Registry, Signature

MAX_VAR = 6
"""Sockets of a function that takes any number of arguments."""
OBJECT = "OBJECT"
"""The socket of the thing whose method is called."""
_TYPES = {"int": ["Number", "Boolean"], "float": ["Number"], "bool": ["Boolean", "Number"], "str": ["String"]}
_NOTHING = frozenset([
    "append", "clear", "extend", "insert", "remove", "reverse", "sort", "update", "close", "flush", "print",
])  # fmt: skip
"""Of Python's own functions and methods those that give nothing back."""


class Slot(NamedTuple):
    """One argument: where on the block it is."""

    name: str
    place: str
    """Name of the field, socket or mouth."""
    kind: str = "pos"
    """As of an `Argument` of the registry; `both` may be given by name or by position."""
    required: bool = True
    default: Any = None
    type: str = ""
    """Of a kit function's parameter, as the registry names it."""


class Call(NamedTuple):
    """A block type and the call it stands for."""

    type: str
    name: str
    """`led.on`, `Pin`, `time.sleep`, `value` (a method), `len`."""
    kind: str
    """`kit`, `module`, `method` or `builtin`."""
    overloads: tuple[tuple[Slot, ...], ...]
    definition: dict[str, Any]
    imports: tuple[tuple[str, Import], ...] = ()
    """What to import for each way to spell the name; the usual one first."""
    module: str = ""
    by_name: frozenset[str] = frozenset()
    """Arguments that are usually given by name."""
    owner: str = ""
    """Class of a method."""

    @property
    def gives(self) -> bool:
        """Whether its block is a value."""
        return "output" in self.definition

    def places(self) -> dict[str, Slot]:
        """The slots of all overloads by field, socket or mouth."""
        return {slot.place: slot for overload in self.overloads for slot in overload}


def kit_calls(functions: Iterable[Function]) -> list[Call]:
    """The kit's functions whose generator is a plain call of them with the block's parts.

    Where a block has choices or mouths, a second block takes any value in their place.
    """
    found = []
    for f in functions:
        definition, template = f.block(), f.code_generator()["template"]
        slots, by_name = _template_slots(f, template)
        if slots is None:
            continue
        imports = ((f.qualified_name, (f.module, f.object)),)
        call = Call(
            definition["type"], f.qualified_name, "kit", (slots,), definition, imports, f.module, by_name
        )
        found.append(call)
        if any(a["type"] != "input_value" for a in definition.get("args0", ())):
            found.append(call._replace(type=f"{call.type}_with", definition=_open(definition)))
    return found


def _template_slots(f: Function, template: str) -> tuple[tuple[Slot, ...] | None, frozenset[str]]:
    """The arguments of a template that is a plain call, each a whole `${PART}`; None when it is not."""
    try:
        node = ast.parse(re.sub(r"\$\{(\w+)\}", r"\1", template), mode="eval").body
    except SyntaxError:
        return None, frozenset()
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != f.qualified_name:
        return None, frozenset()
    names = list(f.parameters)
    given = [*zip(names, node.args, strict=False), *((k.arg, k.value) for k in node.keywords)]
    if len(given) != len(names) or not all(isinstance(value, ast.Name) for _, value in given):
        return None, frozenset()
    slots = []
    for name, value in given:
        if name not in f.parameters or not isinstance(value, ast.Name):
            return None, frozenset()
        parameter = f.parameters[name]
        slots.append(Slot(name, value.id, "both", parameter.required, parameter.default, parameter.type))
    slots.sort(key=lambda slot: names.index(slot.name))
    return tuple(slots), frozenset(k.arg or "" for k in node.keywords)


def _open(definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with a socket in place of every choice and mouth."""
    args = [{"type": "input_value", "name": a["name"]} for a in definition["args0"]]
    return {**definition, "type": f"{definition['type']}_with", "args0": args, "inputsInline": True}


def module_calls(module: Module) -> list[Call]:
    """Functions, constructors and methods of a module of MicroPython."""
    found = []
    for name, function in module.functions.items():
        found += _grouped(module, name, function, "module")
    for name, cls in module.classes.items():
        found += _grouped(module, name, cls.constructor, "module", new=True)
        for method, callable_ in cls.methods.items():
            if not method.startswith("_"):
                found += _grouped(module, method, callable_, "method", owner=name)
    return found


def python_calls() -> list[Call]:
    """Python's own functions, and the methods of its types."""
    found = []
    for table, kind in ((BUILTINS, "builtin"), (METHODS, "method")):
        for name, texts in table.items():
            overloads = [Signature.parse(text) for text in texts]
            middle = "method_" if kind == "method" else ""
            found.append(
                _call(f"py_{middle}{name}", name, kind, overloads, name not in _NOTHING, 160, "", "")
            )
    return found


def _grouped(
    module: Module, name: str, callable_: Callable, kind: str, owner: str = "", new: bool = False
) -> list[Call]:
    giving = [s for s in callable_.signatures if new or s.returns not in ("", "None")]
    silent = [s for s in callable_.signatures if s not in giving]
    base = "_".join(["mp", module.name.replace(".", "_"), *([owner] if owner else []), name])
    found = []
    for signatures, gives in ((giving, True), (silent, False)):
        if signatures:
            type_ = f"{base}_set" if giving and silent and not gives else base
            doc = callable_.doc or f"{owner or module.name}: {name}."
            call = _call(type_, name, kind, signatures, gives, 15 if owner else 0, doc, owner)
            spelled = () if kind == "method" else _spellings(module, name)
            found.append(call._replace(
                name=spelled[0][0] if spelled else name, imports=spelled, module=module.name,
            ))  # fmt: skip
    return found


def _spellings(module: Module, name: str) -> tuple[tuple[str, Import], ...]:
    """How a member of a module is called: machine's, and classes of modules without constants, by name."""
    whole, short = (f"{module.name}.{name}", (module.name, "")), (name, (module.name, name))
    plain = module.name == "machine" or (name in module.classes and not module.constants)
    return (short, whole) if plain else (whole, short)


def constant_spellings(module: Module, owner: str) -> tuple[tuple[str, Import], ...]:
    """What stands before the dot of a constant of a class, or of the module itself."""
    return _spellings(module, owner) if owner else ((module.name, (module.name, "")),)


def _call(
    type_: str,
    name: str,
    kind: str,
    signatures: list[Signature],
    gives: bool,
    colour: int,
    doc: str,
    owner: str,
) -> Call:
    overloads, checks = [], {}
    for signature in signatures:
        slots = []
        for a in signature.arguments:
            if a.kind == "varkw":
                continue
            for i in range(MAX_VAR) if a.kind == "var" else [0]:
                word = f"{a.name}{i + 1}" if a.kind == "var" else a.name
                slots.append(Slot(word, word.upper(), a.kind, a.required and a.kind != "var", a.default))
                checks[word] = _types(a.type_names) if not (a.values or a.pin or a.role) else None
        overloads.append(tuple(slots))
    args: list[dict[str, Any]] = [{"type": "input_value", "name": OBJECT}] if kind == "method" else []
    for word, check in checks.items():
        args.append({"type": "input_value", "name": word.upper()} | ({"check": check} if check else {}))
    words = name.replace("_", " ")
    labels = [w.replace("_", " ") for w in checks]
    first = len(args) - len(labels) + 1
    message = " ".join([
        f"%1 {words}" if kind == "method" else words, *(f"{w} %{i}" for i, w in enumerate(labels, first)),
    ])  # fmt: skip
    returns = {s.returns for s in signatures}
    output = _types(list(returns)) if all(r in _TYPES for r in returns) else None
    shape: dict[str, Any] = (
        {"output": output} if gives else {"previousStatement": None, "nextStatement": None}
    )
    definition = {
        "type": type_, "message0": message, "args0": args, "colour": colour,
        "tooltip": doc.strip().split("\n")[0], "inputsInline": True, **shape,
    }  # fmt: skip
    return Call(type_, name, kind, tuple(overloads), definition, owner=owner)


def _types(names: list[str]) -> list[str] | None:
    """Blockly's types for annotations; None where anything fits."""
    if not names or any(name not in _TYPES for name in names):
        return None
    return sorted({word for name in names for word in _TYPES[name]})


def bound(
    call: Call, args: list[ast.expr], keywords: list[ast.keyword]
) -> tuple[dict[str, ast.expr], tuple[str, ...]] | None:
    """The arguments by their place on the block, and how they were given; None when none takes them."""
    if any(isinstance(a, ast.Starred) for a in args) or any(k.arg is None for k in keywords):
        return None
    for overload in call.overloads:
        positional = [s for s in overload if s.kind != "kw"]
        named = {s.name: s for s in overload if s.kind != "var"}
        if len(args) > len(positional) or not all(k.arg in named for k in keywords):
            continue
        found = {s.place: a for s, a in zip(positional, args, strict=False)}
        order = [s.name for s in positional[: len(args)]]
        for k in keywords:
            slot = named[k.arg or ""]
            if slot.place in found:
                break
            found[slot.place] = k.value
            order.append(f"{slot.name}=")
        else:
            if all(s.place in found for s in overload if s.required):
                return found, tuple(order)
    return None


def usual_order(call: Call, places: Iterable[str]) -> tuple[str, ...] | None:
    """How a call with these places filled is usually written; None when no overload has them."""
    given = set(places)
    for overload in call.overloads:
        if not given <= {s.place for s in overload} or any(
            s.required and s.place not in given for s in overload
        ):
            continue
        order: list[str] = []
        by_name = False
        for slot in overload:
            if slot.place not in given:
                by_name = by_name or slot.kind != "var"
                continue
            named = by_name or slot.kind == "kw" or slot.name in call.by_name
            if named and slot.kind == "var":
                break
            by_name = by_name or slot.name in call.by_name
            order.append(f"{slot.name}=" if named else slot.name)
        else:
            return tuple(order)
    return None


def calls_of(registry: Registry) -> list[Call]:
    """Everything that can be called."""
    modules = [call for module in registry.modules.values() for call in module_calls(module)]
    return [*kit_calls(registry.functions.values()), *modules, *python_calls()]
