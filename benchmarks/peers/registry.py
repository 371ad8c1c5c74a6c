"""`peers.yaml` as data: who is measured, what it needs, on which weights."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import workspace
from typing_extensions import Self

from benchmarks.matrix.schema import Bound, cell_id

FILE = Path(__file__).with_name("peers.yaml")
Kind = Literal["decode", "program"]
BOUND: dict[Kind, Bound] = {"decode": "unconstrained", "program": "constrained"}


class Entry(Strict):
    """One peer."""

    name: str = Field(pattern=r"^[^/\s][^/]*$")
    library: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")
    """The file in `libraries` that asks it, or a module of your own with its dots."""
    format: Literal["gguf", "onnx", "litert", "safetensors"]
    precision: str
    does: list[Kind] = Field(min_length=1)
    needs: list[str] = []
    """Modules it imports, programs it runs as `$name`, and files of the repository, which have a slash."""
    install: str = ""
    """How to get them."""
    ours: bool = False
    options: dict[str, str | int | float | bool] = {}
    note: str = ""
    """What a reader must know about how it is asked."""

    @model_validator(mode="after")
    def _can_be_got(self) -> Self:
        if self.needs and not self.install:
            raise ValueError("needs something and does not say how to install it")
        return self

    def missing(self) -> list[str]:
        """What it needs and is not there."""
        return [need for need in self.needs if not _there(need)]

    def cell_id(self, tier: str, kind: Kind, threads: int) -> str:
        """Its name in a file of results."""
        return cell_id(tier, self.format, self.precision, self.name, threads, BOUND[kind], "peers")

    @property
    def key(self) -> str:
        """Tells it from the others."""
        return f"{self.name} {self.precision}"

    @property
    def module(self) -> str:
        """The module that asks it."""
        return self.library if "." in self.library else f"benchmarks.peers.libraries.{self.library}"


class Registry(Strict):
    """The whole file."""

    raw: str
    """The peer whose raw decoding others are compared with."""
    whole: str
    """The peer whose finished programs others are compared with."""
    prompts: list[str] = Field(min_length=1)
    """Ids of records in `data/eval`."""
    peers: list[Entry] = Field(min_length=1)

    @model_validator(mode="after")
    def _references_are_there(self) -> Self:
        names = [peer.key for peer in self.peers]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"registered twice: {', '.join(sorted(twice))}")
        for key in ("raw", "whole"):
            if getattr(self, key) not in {peer.name for peer in self.peers}:
                raise ValueError(f"{key}: no peer is called {getattr(self, key)!r}")
        return self


def _there(need: str) -> bool:
    if need.startswith("$"):
        return shutil.which(need[1:]) is not None
    return (workspace() / need).is_file() if "/" in need else find_spec(need) is not None


def read_registry(path: Path = FILE) -> Registry:
    """The peers.

    Raises:
        ConfigError: the file does not say what is expected.
    """
    return read_config(path, Registry)


def only(registry: Registry, names: list[str]) -> list[Entry]:
    """The peers whose name contains one of the words; all when there are none.

    Raises:
        RoboError: a word is in no name.
    """
    for name in names:
        if not any(name.lower() in peer.name.lower() for peer in registry.peers):
            known = ", ".join(dict.fromkeys(peer.name for peer in registry.peers))
            raise RoboError(f"no peer's name has {name!r} in it; known: {known}")
    return [
        peer
        for peer in registry.peers
        if not names or any(name.lower() in peer.name.lower() for name in names)
    ]
