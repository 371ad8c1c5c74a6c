"""The ctypes bindings of llama-cpp-python, without the rest of that package.

`import llama_cpp` also brings numpy, jinja2 and its chat formats: some 100 ms on a laptop and half a second
on a small board, for nothing this engine uses. So the submodule is imported under a parent that has not been
executed, and `sys.modules` is left as it was found: a later `import llama_cpp` does everything as usual.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

from robo_runtime.errors import RoboError

_PACKAGE = "llama_cpp"


class LlamaMissing(RoboError):
    """llama-cpp-python is not installed, or its library does not load."""


@lru_cache(maxsize=1)
def llama() -> Any:
    """The module `llama_cpp.llama_cpp`, llama.cpp initialised and its log silenced.

    Raises:
        LlamaMissing: not installed, or the shared library does not load.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None:
        raise LlamaMissing(
            "llama-cpp-python is not installed: python -m pip install 'robo-runtime[llama]' "
            "(in a checkout: ./justw generate installs it)"
        )
    module = _bare_import() or _plain_import()
    module.llama_log_set(_log_callback(module), None)
    module.llama_backend_init()
    return module


def model_params(module: Any) -> Any:
    """llama.cpp's defaults for loading a model, without the weight buffers that crash.

    On processors with AMX, ggml 0.25 lays Q4_0 weights out for its tile instructions and then reads past
    them with rows as short as ours: a segmentation fault in the first batch.
    """
    params = module.llama_model_default_params()
    if b"AMX_INT8 = 1" in module.llama_print_system_info():
        params.use_extra_bufts = False
    return params


def last_errors() -> str:
    """What llama.cpp said at error level since the last call, as one line; empty if nothing."""
    text = "; ".join(dict.fromkeys(line for line in _errors if line))
    _errors.clear()
    return text


def complaint(printed: str) -> str:
    """Why a grammar does not parse, from what the parser printed (`captured_stderr`) and logged."""
    lines = [line.partition("error parsing grammar: ")[2] for line in printed.splitlines()]
    return "; ".join(filter(None, [*lines, last_errors()])) or "no reason given"


@contextmanager
def captured_stderr() -> Iterator[Callable[[], str]]:
    """Catch what C code prints to file descriptor 2; yields a function that gives the text.

    llama.cpp's grammar parser prints there, past the log callback. Kept short: it is process-wide. What does
    not fit into a pipe is lost; the reason comes first. (A file would do, but not in a process that may write
    none, as those that try a client's grammar.)
    """
    source, sink = _pipe()
    try:
        saved = os.dup(2)
    except OSError:  # no stderr at all
        saved = None
    try:
        os.dup2(sink, 2)
        yield lambda: _content(source)
    finally:
        if saved is None:
            os.close(2)
        else:
            os.dup2(saved, 2)
            os.close(saved)
        os.close(sink)
        os.close(source)


def _pipe() -> tuple[int, int]:
    """A pipe that is never waited for; nothing and nowhere on Windows, where there is none."""
    if sys.platform == "win32":
        return os.open(os.devnull, os.O_RDONLY), os.open(os.devnull, os.O_WRONLY)
    source, sink = os.pipe()
    os.set_blocking(source, False)
    os.set_blocking(sink, False)
    return source, sink


def _content(descriptor: int) -> str:
    try:
        return os.read(descriptor, 1 << 16).decode("utf-8", "replace")
    except BlockingIOError:
        return ""


def _bare_import() -> ModuleType | None:
    """Import the bindings alone; None when this release of the package does not allow it."""
    if _PACKAGE in sys.modules:
        return None
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
    try:
        return importlib.import_module(f"{_PACKAGE}.llama_cpp")
    except Exception:
        return None
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == _PACKAGE]:
            del sys.modules[name]


def _plain_import() -> ModuleType:
    try:
        return importlib.import_module(f"{_PACKAGE}.llama_cpp")
    except (ImportError, OSError, RuntimeError) as e:
        raise LlamaMissing(
            f"llama-cpp-python does not load: {e}; install it again: "
            "python -m pip install --force-reinstall --no-cache-dir llama-cpp-python==0.3.36"
        ) from None


_errors: list[str] = []
_ERROR_LEVEL = 4  # GGML_LOG_LEVEL_ERROR


@lru_cache(maxsize=1)
def _log_callback(module: Any) -> Any:
    """A callback that prints nothing and keeps the last errors; cached, since C holds only its address."""

    def keep(level: int, text: bytes | None, _data: Any) -> None:
        if level == _ERROR_LEVEL and text:
            del _errors[:-20]
            _errors.append(text.decode("utf-8", "replace").strip())

    return module.llama_log_callback(keep)
