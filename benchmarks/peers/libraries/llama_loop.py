"""llama.cpp's own loop in C (`llama_loop.c`), compiled against the library and headers of llama-cpp-python.

The model and the context are those of our engine, so that nothing but the loop differs.
"""

from __future__ import annotations

import ctypes
import subprocess
import sysconfig
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from robo_runtime.cache import cache_dir
from robo_runtime.engine.llama import LlamaEngine
from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file

from benchmarks.peers.peer import Setup

_SOURCE = Path(__file__).with_suffix(".c")
_FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")


class Loop:
    """See `benchmarks.peers.peer.Decoder`."""

    def __init__(self, setup: Setup) -> None:
        self._engine: Any = LlamaEngine(setup.model, threads=setup.threads)
        lc = self._engine.lc
        self._run = ctypes.CDLL(str(compiled(Path(lc._lib._name)))).robo_llama_loop
        self._run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p]
        self._sampler = lc.llama_sampler_init_greedy() if setup.options.get("sampler") else None

    def start(self, ids: Sequence[int]) -> None:
        """See the class."""
        self._engine.reset()
        self._engine.feed(ids)

    def go_on(self, n: int) -> list[int]:
        """See the class."""
        out = (ctypes.c_int32 * n)()
        if status := self._run(self._engine.context, self._sampler, self._engine.n_vocab, n, out):
            raise RoboError(f"llama_decode gave status {status}")
        return list(out)


def compiled(library: Path) -> Path:
    """The loop as a library beside `library`, compiled once.

    Raises:
        RoboError: there is no header or the compiler fails.
    """
    include = Path(sysconfig.get_paths()["platlib"]) / "include"
    if not (include / "llama.h").is_file():
        raise RoboError(f"{include}: no llama.h there; install llama-cpp-python from source, which brings it")
    name = sha256(_SOURCE.read_bytes() + str(library.resolve()).encode()).hexdigest()[:16]
    path = cache_dir() / f"llama-loop-{name}.so"
    if not path.exists():
        folder = library.resolve().parent
        with atomic_file(path) as temporary:
            done = subprocess.run(
                ["cc", *_FLAGS, f"-I{include}", "-o", str(temporary), str(_SOURCE), str(library.resolve()),
                 f"-Wl,-rpath,{folder}", f"-L{folder}"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise RoboError(f"cc could not compile {_SOURCE.name}: {done.stderr.strip()[-300:]}")
    return path


def decoder(setup: Setup) -> Loop:
    """See `benchmarks.peers.peer`."""
    return Loop(setup)
