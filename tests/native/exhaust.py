"""Loads and runs a model with ever more memory to be had: an error code each time, until it suffices.

    python -m tests.native.exhaust --model FILE.gguf --data FILE.robo [--step KIB] [--adapter FILE.gguf]

The address space is limited to so much more than the process has. The last lines say how often which status came.
"""

from __future__ import annotations

import argparse
import ctypes
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.native.binding import MEMORY, Native, NativeError, load_library


def address_space() -> int:
    """Bytes of it in use."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@contextmanager
def at_most(extra: int) -> Iterator[None]:
    """Let the process have so many bytes more than now."""
    ctypes.CDLL(None).malloc_trim(0)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + extra, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def attempt(options: argparse.Namespace, library: object, extra: int, *, loaded: bool) -> str:
    """What comes of it: a status, or that all was done. `loaded`: there is memory enough to load."""
    native = None
    try:
        with at_most(1 << 40 if loaded else extra):
            native = Native(options.model, options.data, library, mapped=options.mapped)
        with at_most(extra):
            if options.adapter:
                native.set_adapter(options.adapter)
            native.generate("Blink an LED on pin 2", max_tokens=options.tokens)
        return "done"
    except NativeError as e:
        if e.status != MEMORY:
            sys.stdout.write(f"{extra >> 10} KiB more: {e}\n")
        return f"status {e.status}"
    except MemoryError:
        return "no memory for Python"
    finally:
        if native is not None:
            native.close()


def main() -> None:
    """Try with more and more, to load and, when loaded, to generate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--mapped", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=40)
    parser.add_argument("--step", type=int, default=512, help="KiB more each time")
    options = parser.parse_args()
    library = load_library()
    for loaded in (False, True):
        seen, extra = Counter[str](), 0
        while not seen["done"]:
            seen[attempt(options, library, extra, loaded=loaded)] += 1
            extra += options.step << 10
        work = "generating" if loaded else "loading and generating"
        sys.stdout.write(f"{work}: {', '.join(f'{k}: {v}' for k, v in seen.items())}\n")


if __name__ == "__main__":
    main()
