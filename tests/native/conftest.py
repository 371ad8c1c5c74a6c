"""The native core where it has been built (`./justw native`); the tests skip visibly elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.generate import Generator
from robo_runtime.models import default_model

from tests.native.binding import LIBRARY, Native, load_library
from tests.native.mutate import BOARD, kit_data
from tests.native.small import write_model


@pytest.fixture(scope="session")
def library() -> Any:
    """The shared library, with the parts that it exports for tests."""
    if not LIBRARY.is_file():
        pytest.skip(f"{LIBRARY} is not built: ./justw native")
    lib = load_library()
    assert hasattr(lib, "robo_parts_walk"), "the library was built without ROBO_PARTS"
    return lib


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data file of the kit's registry."""
    path = tmp_path_factory.mktemp("data") / f"{BOARD}.robo"
    path.write_bytes(kit_data())
    return path


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model that loads in milliseconds."""
    pytest.importorskip("gguf")
    return write_model(tmp_path_factory.mktemp("small") / "small.gguf")


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The model that ships."""
    return default_model()


@pytest.fixture(scope="session")
def native(library: Any, shipped: Path, data: Path) -> Iterator[Native]:
    """The shipped model in the native core."""
    made = Native(shipped, data, library)
    yield made
    made.close()


@pytest.fixture(scope="session")
def python(library: Any, shipped: Path) -> Iterator[Generator]:
    """The same model in the Python runtime, which does not check what it has written: nor does the core."""
    pytest.importorskip("llama_cpp")
    made = unjudged(Generator(shipped, board=BOARD))
    yield made
    made.close()


def unjudged(generator: Generator) -> Generator:
    """A generator that hands over programs as the grammar and the scope let them pass."""

    class Unjudged(type(generator)):  # type: ignore[misc]
        judges = False

    generator.__class__ = Unjudged
    return generator
