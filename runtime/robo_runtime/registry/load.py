"""Reading the registry's YAML: `firmware/`, `micropython/` and `boards/` of the configuration folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config, read_data, validate
from robo_runtime.paths import configs_dir
from robo_runtime.registry.micropython import TYPES
from robo_runtime.registry.models import (
    Board,
    Callable,
    Category,
    Class,
    Function,
    FunctionEntry,
    Module,
    Number,
    Registry,
    Signature,
)

_FOLDERS = ("firmware", "micropython", "boards")


class _Kit(Strict):
    """`firmware/kit.yaml`."""

    module: str
    enums: dict[str, tuple[str, ...]] = {}


class _CategoryFile(Strict):
    """`firmware/<category>.yaml`."""

    category: Category
    functions: dict[str, FunctionEntry]


class _Overloads(Strict):
    """A callable with a comment; most are only a signature or a list of them."""

    signatures: str | tuple[str, ...]
    doc: str = ""


_Entry = str | tuple[str, ...] | _Overloads


class _ClassEntry(Strict):
    constructor: _Entry = "()"
    methods: dict[str, _Entry] = {}
    constants: dict[str, str] | tuple[str, ...] = {}
    call: _Entry | None = None
    item: bool = False
    item_each: tuple[Number, Number] | None = None
    item_sizes: tuple[int, ...] = ()
    length: str = ""
    doc: str = ""


class _ModuleFile(Strict):
    """`micropython/<module>.yaml`."""

    name: str = Field(min_length=1)
    doc: str = ""
    functions: dict[str, _Entry] = {}
    classes: dict[str, _ClassEntry] = {}
    constants: dict[str, str] | tuple[str, ...] = {}


def load_registry(folder: Path | None = None) -> Registry:
    """Read and check the registry in `folder` (the configuration folder when None).

    Raises:
        RoboError: names the file and key of an unknown field, a duplicate name, an impossible range, a
            default outside its range, an unknown enum, type or constant, or text that is no signature.
    """
    folder = (folder or configs_dir()).resolve()
    files = {room: sorted((folder / room).glob("*.yaml")) for room in _FOLDERS}
    if not all(files.values()):
        raise RoboError(f"{folder}: a registry needs firmware/, micropython/ and boards/ with YAML files")
    stamps = (
        (p, stat.st_mtime_ns, stat.st_size) for room in files.values() for p in room for stat in [p.stat()]
    )
    return _load(folder, tuple(stamps))


@lru_cache(maxsize=4)
def _load(folder: Path, stamps: tuple[Any, ...]) -> Registry:
    """`stamps` (path, time and size of every file) make an edited file count within one process."""
    paths = [path for path, *_ in stamps]
    kit = read_config(folder / "firmware" / "kit.yaml", _Kit)
    functions: dict[str, Function] = {}
    modules: dict[str, Module] = {}
    boards: dict[str, Board] = {}
    for path in paths:
        room = path.parent.name
        if room == "boards":
            boards[path.stem] = board = read_config(path, Board)
            _same(path, "name", board.name)
        elif room == "micropython":
            modules[path.stem] = module = _module(path)
            _same(path, "name", module.name)
        elif path.name != "kit.yaml":
            _add_functions(path, kit, functions)
    registry = Registry(
        module=kit.module, enums=kit.enums, functions=functions, modules=modules, boards=boards
    )
    for problem in _unknown_words(registry):
        raise RoboError(f"{folder / 'micropython'}/{problem}")
    return registry


def _same(path: Path, key: str, value: str) -> None:
    if value != path.stem:
        raise RoboError(f"{path}: {key}: {value!r} in a file called {path.name}; the two must agree")


def _add_functions(path: Path, kit: _Kit, functions: dict[str, Function]) -> None:
    data = read_data(path)
    for key, value in _values(data):
        if isinstance(value, dict) and "enum" in value and "values" not in value:
            if value["enum"] not in kit.enums:
                raise RoboError(
                    f"{path}: {key}.enum: no enum {value['enum']!r}; kit.yaml has {', '.join(kit.enums)}"
                )
            value["values"] = kit.enums[value["enum"]]
    file = validate(data, _CategoryFile, str(path))
    _same(path, "category", file.category)
    for name, entry in file.functions.items():
        if name in functions:
            raise RoboError(
                f"{path}: functions.{name}: this name is taken by category {functions[name].category};"
                " give one of the two another name"
            )
        for other in (name.split(".")[0], *(n for n in functions if n.split(".")[0] == name)):
            if other != name and other in functions:
                raise RoboError(f"{path}: functions.{name}: {other!r} cannot be a function and an object")
        fields = {field: getattr(entry, field) for field in FunctionEntry.model_fields}
        fields["example"] = entry.example or entry.derived_example(name)
        try:
            functions[name] = Function(
                qualified_name=name, category=file.category, module=kit.module, **fields
            )
        except ValidationError as e:
            raise RoboError(f"{path}: functions.{name}: {_first(e)}") from None


def _values(data: Any) -> Iterator[tuple[str, Any]]:
    """Key and raw entry of every parameter and return value of a category file."""
    entries = data.get("functions") if isinstance(data, dict) else None
    for name, entry in (entries if isinstance(entries, dict) else {}).items():
        if isinstance(entry, dict):
            parameters = entry.get("parameters")
            for key, value in (parameters if isinstance(parameters, dict) else {}).items():
                yield f"functions.{name}.parameters.{key}", value
            yield f"functions.{name}.returns", entry.get("returns")


def _module(path: Path) -> Module:
    file = read_config(path, _ModuleFile)
    classes = {}
    for name, entry in file.classes.items():
        at = f"classes.{name}"
        classes[name] = Class(
            constructor=_callable(entry.constructor, path, f"{at}.constructor"),
            methods={m: _callable(v, path, f"{at}.methods.{m}") for m, v in entry.methods.items()},
            constants=_constants(entry.constants),
            call=None if entry.call is None else _callable(entry.call, path, f"{at}.call"),
            item=entry.item, item_each=entry.item_each, item_sizes=entry.item_sizes, length=entry.length,
            doc=entry.doc,
        )  # fmt: skip
        if clash := set(entry.methods) & set(classes[name].constants):
            raise RoboError(f"{path}: {at}: {min(clash)!r} is a method and a constant")
    functions = {name: _callable(v, path, f"functions.{name}") for name, v in file.functions.items()}
    constants = _constants(file.constants)
    if clash := (functions.keys() & classes) | (functions.keys() & constants) | (classes.keys() & constants):
        raise RoboError(f"{path}: {min(clash)!r} is defined twice, as a function, class or constant")
    return Module(name=file.name, functions=functions, classes=classes, constants=constants, doc=file.doc)


def _constants(entry: dict[str, str] | tuple[str, ...]) -> dict[str, str]:
    return dict(entry) if isinstance(entry, dict) else dict.fromkeys(entry, "int")


def _callable(entry: _Entry, path: Path, key: str) -> Callable:
    """A signature, a list of overloads, or a mapping with `signatures` and `doc`."""
    doc = entry.doc if isinstance(entry, _Overloads) else ""
    texts = entry.signatures if isinstance(entry, _Overloads) else entry
    try:
        parsed = [Signature.parse(text) for text in ([texts] if isinstance(texts, str) else texts)]
        return Callable(signatures=tuple(parsed), doc=doc)
    except (TypeError, ValueError) as e:
        why = _first(e) if isinstance(e, ValidationError) else e
        raise RoboError(
            f"{path}: {key}: {why}; expected e.g. '(freq: int, *, duty: int = 0) -> None'"
        ) from None


def _first(e: ValidationError) -> str:
    return str(e.errors()[0]["msg"]).removeprefix("Value error, ")


def _unknown_words(registry: Registry) -> Iterator[str]:
    """Types and constants that signatures mention and nothing defines, with file and key."""
    modules = registry.modules.values()
    words = TYPES | {name for module in modules for name in module.classes}
    constants = {f"{module.name}.{name}" for module in modules for name in module.constants} | {
        f"{name}.{constant}" for m in modules for name, c in m.classes.items() for constant in c.constants
    }  # fmt: skip
    for module in modules:
        for key, callable_ in _callables(module):
            for signature in callable_.signatures:
                for a in signature.arguments:
                    if unknown := [w for w in a.type_names if w not in words]:
                        yield f"{module.name}.yaml: {key}: no type {unknown[0]!r} (argument `{a.name}`)"
                    for value in a.values or ():
                        if "." in value and ".".join(value.split(".")[-2:]) not in constants:
                            yield f"{module.name}.yaml: {key}: no constant {value!r} (argument `{a.name}`)"
                if signature.returns and signature.returns not in words:
                    yield f"{module.name}.yaml: {key}: no type {signature.returns!r} to give back"


def _callables(module: Module) -> Iterator[tuple[str, Callable]]:
    for name, function in module.functions.items():
        yield f"functions.{name}", function
    for name, klass in module.classes.items():
        yield f"classes.{name}.constructor", klass.constructor
        for method, callable_ in klass.methods.items():
            yield f"classes.{name}.methods.{method}", callable_
