"""Loads files with random damage into the native core; whatever it answers, the process must live.

    python -m tests.native.mutate model --count 10000 [--model FILE.gguf] [--data FILE.robo]
    python -m tests.native.mutate data --count 10000
    python -m tests.native.mutate adapter --count 10000 [--adapter FILE.gguf]

Without files a random model of two layers (`tests.native.small`) and the kit's data are taken. Damage lies in the
header of a model, where it decides what is read; data files get a right checksum again, which would refuse them
all. They are loaded from a file and from memory in turns; those that still load are asked for a few tokens. With a
library made by `./justw native --sanitize address`, set ROBO_NATIVE_LIBRARY to it and preload libasan.
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.native import native_data
from robo_runtime.progress import tracked

from tests.native.binding import Native, NativeError, Source, load_library
from tests.native.small import random_pairs, write_adapter, write_model

WHATS = ("model", "data", "adapter")
BOARD = "esp32"
_HEAD = 16  # of a data file: magic, version, checksum
_STRANGE = (0, 1, 0x7F, 0x80, 0xFF)


def kit_data() -> bytes:
    """A data file of the kit's registry."""
    return native_data(grammar_text(BOARD), scope_table(), BOARD)


def mutated(content: bytes, rng: Random, start: int, end: int) -> bytearray:
    """Some bytes between two places changed, lost, doubled or cut off."""
    made = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(start, min(end, len(made)))
        kind = rng.randrange(6)
        if kind == 0:
            made[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            made[at] = rng.choice(_STRANGE)
        elif kind == 2:
            made[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)))
        elif kind == 3:
            made[at : at + 8] = struct.pack("<Q", rng.choice((0, 1 << 31, 1 << 62, (1 << 64) - 1)))
        elif kind == 4:
            del made[at : at + rng.randint(1, 16)]
        else:
            made[at:at] = made[at : at + rng.randint(1, 16)]
        if len(made) <= start:
            break
    return made


def damaged(what: str, content: bytes, rng: Random, n: int) -> bytes:
    """A file of this kind with damage where it matters."""
    if what == "data":
        made = mutated(content, rng, _HEAD, len(content))
        made[12:16] = struct.pack("<I", zlib.crc32(made[16:]))
        return bytes(made)
    # Values stand first, names of tensors last; the token lists between them make most of a model's header.
    end = content.rindex(b".weight") + 64
    parts = (4, end), (4, min(1500, end)), (max(4, end - 4000), end)
    return bytes(mutated(content, rng, *parts[n % 3]))


def loaded(sources: dict[str, Source], native: Native | None, library: Any) -> str:
    """What comes of loading; `native` takes adapters."""
    made = native
    try:
        if made is None:
            made = Native(sources["model"], sources["data"], library)
        else:
            made.set_adapter(sources["adapter"])
        made.generate("Blink an LED", max_tokens=8)
        return "loads"
    except NativeError as e:
        return f"status {e.status}" if made is None else f"status {e.status} with a handle"
    finally:
        if native is None and made is not None:
            made.close()


def main() -> None:
    """Load so many files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=WHATS)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    for name in WHATS:
        parser.add_argument(f"--{name}", type=Path)
    options = parser.parse_args()
    library, rng, seen = load_library(), Random(options.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files: dict[str, Source] = {
            "model": options.model or write_model(folder / "small.gguf"),
            "data": options.data or kit_data(),
            "adapter": options.adapter or write_adapter(folder / "lora.gguf", random_pairs(1)),
        }
        whole = files[options.what]
        content = whole if isinstance(whole, bytes) else whole.read_bytes()
        native = Native(files["model"], files["data"], library) if options.what == "adapter" else None
        for n in tracked(range(options.count), options.count, "files"):
            made = damaged(options.what, content, rng, n)
            (folder / "last").write_bytes(made)  # what to look at after a crash
            seen[loaded({**files, options.what: made if n % 2 else folder / "last"}, native, library)] += 1
    sys.stdout.write(f"{options.count} files: {', '.join(f'{k}: {v}' for k, v in sorted(seen.items()))}\n")


if __name__ == "__main__":
    main()
