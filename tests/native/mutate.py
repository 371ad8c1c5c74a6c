"""Loads files with random damage into the native core; whatever it answers, the process must live.

    python -m tests.native.mutate model --count 10000 --model FILE.gguf --data FILE.robo
    python -m tests.native.mutate data --count 10000 --model FILE.gguf --data FILE.robo

Damage lies in the header of a model, where it decides what is read; data files get a right checksum again, which
would refuse them all. Files that still load are asked for a few tokens. With a library made by `./justw native
--sanitize`, set ROBO_NATIVE_LIBRARY to it and preload libasan.
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

from tests.native.binding import Native, NativeError, load_library

WHATS = ("model", "data")
_HEAD = 16  # of a data file: magic, version, checksum
_STRANGE = (0, 1, 0x7F, 0x80, 0xFF)


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


def header_of(content: bytes) -> int:
    """Where the metadata's small values and the tensors' names lie: before and behind the token lists."""
    return content.rindex(b".weight") + 64


def main() -> None:
    """Load so many files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=WHATS)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    library, rng, seen = load_library(), Random(options.seed), Counter[str]()
    content = getattr(options, options.what).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mutated"
        files = {"model": options.model, "data": options.data, options.what: file}
        for n in range(options.count):
            if options.what == "model":
                end = header_of(content)
                # The token lists make nine tenths of the header: half of the damage goes elsewhere.
                start, stop = (4, end) if n % 3 == 0 else (4, 1500) if n % 3 == 1 else (end - 4000, end)
                made = mutated(content, rng, start, stop)
            else:
                made = mutated(content, rng, _HEAD, len(content))
                made[12:16] = struct.pack("<I", zlib.crc32(made[16:]))
            file.write_bytes(made)
            (Path(folder) / "last").write_bytes(made)
            try:
                native = Native(files["model"], files["data"], library)
            except NativeError as e:
                seen[f"status {e.status}"] += 1
                continue
            try:
                native.generate("Blink an LED", max_tokens=8)
                seen["loads"] += 1
            except NativeError as e:
                seen[f"loads, status {e.status}"] += 1
            native.close()
    sys.stdout.write(f"{options.count} files: {', '.join(f'{k}: {v}' for k, v in sorted(seen.items()))}\n")


if __name__ == "__main__":
    main()
