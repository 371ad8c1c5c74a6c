"""From the registry's parameters to the kinds of values that the grammar tells apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from robo_runtime.grammar import values as v
from robo_runtime.grammar.signatures import Atom, Param, Signature
from robo_runtime.registry import models

_KINDS: dict[str, tuple[Atom, ...]] = {
    "int": (v.integer(),),
    "float": (v.decimal(),),
    "bool": (v.BOOL,),
    "str": (v.STR,),
    "bytes": (v.BYTES, v.STR),  # MicroPython takes a string wherever it reads bytes
    "bytearray": (v.OBJECT,),
    "list": (v.LIST,),
    "tuple": (v.numbers(),),
    "dict": (v.DICT,),
    "function": (v.FUNCTION,),
    "None": (v.NONE,),
}


def firmware_signature(function: models.Function, enums: Mapping[str, tuple[str, ...]]) -> Signature:
    """The parameters of a firmware function; all of them may be given by name."""
    return tuple(
        Param(name, frozenset([_firmware_atom(p, enums)]), p.required)
        for name, p in function.parameters.items()
    )


def _firmware_atom(p: models.Parameter, enums: Mapping[str, tuple[str, ...]]) -> Atom:
    low, high = p.range or (None, None)
    if p.type == "enum":
        return v.one_of(p.values or enums[p.enum or ""])
    if p.type == "int":
        return v.integer(low, high)
    if p.type == "float":
        return v.decimal(low, high)
    if p.type == "tuple":
        return v.numbers(low, high)
    return {"None": v.NONE, "function": v.FUNCTION}.get(p.type, (p.type,))


def micropython_signature(
    signature: models.Signature,
    classes: Collection[str],
    *,
    by_name: bool = False,
    ids: tuple[int, int] | None = None,
) -> Signature:
    """One overload of a MicroPython callable.

    Functions written in C take no keywords unless their signature has parameters that are keywords only.

    Args:
        classes: names of the registry's classes, whose instances can only be given by an expression.
        by_name: positional parameters may be given by name all the same.
        ids: the board's range for a parameter called `id`.
    """
    by_name = by_name or any(a.kind in ("kw", "varkw") for a in signature.arguments)
    kinds = {"kw": "keyword", "var": "many", "varkw": "many keywords"}
    out = []
    for a in signature.arguments:
        kind = kinds.get(a.kind, "both" if by_name else "positional")
        atoms = frozenset([v.integer(*ids)]) if ids and a.name == "id" else _atoms(a, classes)
        out.append(Param(a.name, atoms, a.required, kind))  # type: ignore[arg-type]
    return tuple(out)


def _atoms(a: models.Argument, classes: Collection[str]) -> frozenset[Atom]:
    if a.values:
        return frozenset([v.constants(a.values)])
    low, high = a.range or (None, None)
    found: set[Atom] = set()
    for name in a.type_names:
        if a.pin or name == "Pin":
            found.add(v.pin(a.pin or a.role or "any", number=a.pin is not None))
        elif name in classes:
            found.add(v.OBJECT)
        elif a.range and name in ("int", "float", "tuple"):
            found.add({"int": v.integer, "float": v.decimal, "tuple": v.numbers}[name](low, high))
        else:
            found |= set(_KINDS.get(name, (v.ANY,)))
    return frozenset(found or {v.ANY})
