"""The folder of type stubs that a deep check reads: the published ones, and one of our own where none exist.

The stubs of micropython-esp32-stubs lie loose in site-packages, where mypy does not look; they are copied to
the cache, beside stubs of the kit's module and of drivers that only the registry describes.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from robo_runtime.cache import cache_dir, fingerprint
from robo_runtime.errors import RoboError
from robo_runtime.registry import Argument, Callable, Class, Function, Module, Registry, Signature

_PACKAGES = ("micropython-esp32-stubs", "micropython-stdlib-stubs")
_HEADER = "from typing import Any, Callable, overload\n"
_TYPES = {
    "enum": "str", "function": "Callable[..., object]", "dict": "dict[Any, Any]", "list": "list[Any]",
    "tuple": "tuple[Any, ...]", "object": "Any", "int": "int", "float": "float", "bool": "bool", "str": "str",
    "bytes": "bytes", "bytearray": "bytearray", "None": "None", "kwargs": "Any",
}  # fmt: skip


class StubFolder(NamedTuple):
    """Where mypy finds what."""

    path: Path
    """Modules of the board and of the kit."""
    typeshed: Path
    """`stdlib/` of MicroPython, in place of mypy's own."""


def stub_folder(registry: Registry) -> StubFolder:
    """The folder for this registry and the installed stubs, made when it is not there.

    Raises:
        RoboError: the stubs are not installed.
    """
    found = [_distribution(name) for name in _PACKAGES]
    versions = [d.version for d in found]
    path = cache_dir() / f"stubs-{fingerprint([Path(__file__)], *versions, registry.digest)}"
    site = Path(str(found[1].locate_file("")))
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="stubs-", dir=path.parent))
        _fill(made, found, registry)
        try:
            made.rename(path)  # whole or not at all, whoever else makes it at the same time
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            if not path.is_dir():
                raise
    return StubFolder(path, site)


def _fill(folder: Path, found: list[metadata.Distribution], registry: Registry) -> None:
    for distribution in found:
        for relative, source in _published(distribution):
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for module, text in own_stubs(registry, {p.stem for p in folder.glob("*.pyi")}):
        (folder / f"{module}.pyi").write_text(text, encoding="utf-8")


def _distribution(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise RoboError(
            f"{name} is not installed, so types cannot be checked; pip install robo-runtime[types]"
        ) from None


def _published(distribution: metadata.Distribution) -> Iterator[tuple[str, Path]]:
    """Stub files that mypy must be shown; those of `stdlib` it finds by itself."""
    for file in distribution.files or ():
        if file.suffix == ".pyi" and file.parts[0] not in ("stdlib", "stubs"):
            yield str(file), Path(str(distribution.locate_file(file)))


def own_stubs(registry: Registry, published: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Module and text of the stubs that nobody publishes."""
    yield registry.module, _kit(registry)
    classes = {c: m.name for m in registry.modules.values() for c in m.classes}
    for module in registry.modules.values():
        if module.name not in published and "." not in module.name and module.name in ("ssd1306", "hcsr04"):
            yield module.name, _module(module, classes)


def _kit(registry: Registry) -> str:
    out = [_HEADER]
    for name, functions in registry.objects.items():
        methods = [f for f in functions if "." in f.qualified_name]
        out += [
            f"def {name}({_parameters(f)}) -> {_TYPES[f.returns.type]}: ..."
            for f in functions
            if f not in methods
        ]
        if methods:
            out.append(f"class _{name}:")
            for f in methods:
                own = f.qualified_name.partition(".")[2]
                words = ", ".join(["self", *filter(None, [_parameters(f)])])
                out.append(f"    def {own}({words}) -> {_TYPES[f.returns.type]}: ...")
            out.append(f"{name}: _{name}")
    return "\n".join(out) + "\n"


def _parameters(function: Function) -> str:
    return ", ".join(
        f"{name}: {_TYPES[p.type]}{'' if p.required else ' = ...'}" for name, p in function.parameters.items()
    )


def _module(module: Module, classes: dict[str, str]) -> str:
    out = [_HEADER]
    words = {word for cls in module.classes.values() for word in _words(cls)}
    for name in sorted(words & classes.keys() - module.classes.keys()):
        out.append(f"from {classes[name]} import {name}")
    for name, cls in module.classes.items():
        out.append(f"class {name}:")
        out += [f"    {constant}: {_type(kind)}" for constant, kind in cls.constants.items()]
        out += _methods("__init__", cls.constructor, returns="None")
        for method, callable_ in cls.methods.items():
            out += _methods(method, callable_)
    return "\n".join(out) + "\n"


def _words(cls: Class) -> Iterator[str]:
    for callable_ in (cls.constructor, *cls.methods.values()):
        for signature in callable_.signatures:
            for a in signature.arguments:
                yield from a.type_names


def _methods(name: str, callable_: Callable, returns: str = "") -> list[str]:
    many = len(callable_.signatures) > 1
    return [
        line
        for signature in callable_.signatures
        for line in [
            *(["    @overload"] if many else []),
            f"    def {name}({_arguments(signature)}) -> {returns or _type(signature.returns)}: ...",
        ]
    ]


def _arguments(signature: Signature) -> str:
    out, keyword_only = ["self"], False
    for a in signature.arguments:
        if a.kind == "kw" and not keyword_only:
            keyword_only = True
            out.append("*")
        out.append(_argument(a))
    return ", ".join(out)


def _argument(a: Argument) -> str:
    star = {"var": "*", "varkw": "**"}.get(a.kind, "")
    return f"{star}{a.name}: {_type(a.annotation)}{'' if a.required or star else ' = ...'}"


def _type(annotation: str) -> str:
    return re.sub(r"\w+", lambda m: _TYPES.get(m[0], m[0]), annotation) or "Any"
