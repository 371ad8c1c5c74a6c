"""Reading the registry's YAML: `firmware/`, `micropython/` and `boards/` of the configuration folder."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config, read_data
from robo_runtime.paths import configs_dir
from robo_runtime.registry.models import (
    Board,
    Callable,
    Category,
    Class,
    Function,
    FunctionEntry,
    Module,
    Registry,
    Signature,
)


class _Kit(Strict):
    """`firmware/kit.yaml`."""

    module: str
    enums: dict[str, tuple[str, ...]] = {}


class _CategoryFile(Strict):
    """`firmware/<category>.yaml`."""

    category: Category
    functions: dict[str, FunctionEntry]


class _ClassEntry(Strict):
    constructor: Any = "()"
    methods: dict[str, Any] = {}
    constants: dict[str, str] | tuple[str, ...] = {}
    item: bool = False
    doc: str = ""


class _ModuleFile(Strict):
    """`micropython/<module>.yaml`."""

    name: str
    doc: str = ""
    functions: dict[str, Any] = {}
    classes: dict[str, _ClassEntry] = {}
    constants: dict[str, str] | tuple[str, ...] = {}


def load_registry(folder: Path | None = None) -> Registry:
    """Read and check the registry in `folder` (the configuration folder when None).

    Raises:
        RoboError: names the file and key of an unknown field, a duplicate name, an impossible range, a
            default outside its range, an unknown enum, or text that is no signature.
    """
    return _load((folder or configs_dir()).resolve())


@lru_cache(maxsize=4)
def _load(folder: Path) -> Registry:
    firmware = folder / "firmware"
    kit = read_config(firmware / "kit.yaml", _Kit)
    functions: dict[str, Function] = {}
    for path in sorted(firmware.glob("*.yaml")):
        if path.name != "kit.yaml":
            _add_functions(path, kit, functions)
    modules = {}
    for path in sorted((folder / "micropython").glob("*.yaml")):
        module = _module(path)
        modules[module.name] = module
    boards = {p.stem: read_config(p, Board) for p in sorted((folder / "boards").glob("*.yaml"))}
    if not functions or not modules or not boards:
        raise RoboError(f"{folder}: a registry needs firmware/, micropython/ and boards/ with YAML files")
    return Registry(module=kit.module, enums=kit.enums, functions=functions, modules=modules, boards=boards)


def _add_functions(path: Path, kit: _Kit, functions: dict[str, Function]) -> None:
    data = read_data(path)
    for name, entry in (data.get("functions") or {}).items() if isinstance(data, dict) else ():
        for key, parameter in (entry.get("parameters") or {}).items() if isinstance(entry, dict) else ():
            if isinstance(parameter, dict) and "enum" in parameter and "values" not in parameter:
                if parameter["enum"] not in kit.enums:
                    known = ", ".join(kit.enums)
                    raise RoboError(
                        f"{path}: functions.{name}.parameters.{key}.enum: no enum {parameter['enum']!r};"
                        f" kit.yaml has {known}"
                    )
                parameter["values"] = kit.enums[parameter["enum"]]
    from robo_runtime.files import validate

    file = validate(data, _CategoryFile, str(path))
    for name, entry in file.functions.items():
        if name in functions:
            raise RoboError(
                f"{path}: functions.{name}: this name is taken by category {functions[name].category};"
                " give one of the two another name"
            )
        fields = {field: getattr(entry, field) for field in FunctionEntry.model_fields}
        functions[name] = Function(
            qualified_name=name, category=file.category, module=kit.module, **fields
        )  # fmt: skip


def _module(path: Path) -> Module:
    file = read_config(path, _ModuleFile)
    classes = {
        name: Class(
            constructor=_callable(entry.constructor, path, f"classes.{name}.constructor"),
            methods={m: _callable(v, path, f"classes.{name}.methods.{m}") for m, v in entry.methods.items()},
            constants=_constants(entry.constants), item=entry.item, doc=entry.doc,
        )
        for name, entry in file.classes.items()
    }  # fmt: skip
    functions = {name: _callable(v, path, f"functions.{name}") for name, v in file.functions.items()}
    return Module(
        name=file.name,
        functions=functions,
        classes=classes,
        constants=_constants(file.constants),
        doc=file.doc,
    )


def _constants(entry: dict[str, str] | tuple[str, ...]) -> dict[str, str]:
    return dict(entry) if isinstance(entry, dict) else dict.fromkeys(entry, "int")


def _callable(entry: Any, path: Path, key: str) -> Callable:
    """A signature, a list of overloads, or a mapping with `signatures` and `doc`."""
    doc = ""
    if isinstance(entry, dict):
        doc, entry = str(entry.get("doc", "")), entry.get("signatures", [])
    texts = [entry] if isinstance(entry, str) else entry
    try:
        return Callable(signatures=tuple(Signature.parse(text) for text in texts), doc=doc)
    except (TypeError, ValueError, ValidationError) as e:
        raise RoboError(
            f"{path}: {key}: {e}; expected e.g. '(freq: int, *, duty: int = 0) -> None'"
        ) from None
