"""Files that are cut, changed or somebody else's are refused: no crash, whatever stands in them."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.native import binding, mutate
from tests.native.binding import Native, NativeError

pytestmark = pytest.mark.llama


def refused(model: Path, data: Path, library: Any) -> int:
    """With which status."""
    with pytest.raises(NativeError) as caught:
        Native(model, data, library)
    return caught.value.status


def test_a_model_that_is_cut_short_is_refused(
    library: Any, shipped: Path, data: Path, tmp_path: Path
) -> None:
    content = shipped.read_bytes()
    for length in (0, 3, 4, 23, 24, 1000, len(content) // 2, len(content) - 1):
        cut = tmp_path / "cut.gguf"
        cut.write_bytes(content[:length])
        assert refused(cut, data, library) == binding.MODEL


def test_a_data_file_that_is_cut_or_changed_is_refused(
    library: Any, shipped: Path, data: Path, tmp_path: Path
) -> None:
    content = data.read_bytes()
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    for wrong in (b"", b"ROBO", content[:15], content[:-1], content + b"x", bytes(changed), b"x" * 4096):
        file = tmp_path / "wrong.robo"
        file.write_bytes(wrong)
        assert refused(shipped, file, library) == binding.DATA


def test_a_message_is_text_whatever_a_file_says(
    library: Any, small: Path, data: Path, tmp_path: Path
) -> None:
    """Names out of damaged files are quoted; what is no UTF-8 in them is not."""
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(small.read_bytes().replace(b"[SPARE:0]", b"[SPARE\xff\0]"))
    assert refused(broken, data, library) == binding.MODEL
    content = bytearray(data.read_bytes().replace(b"[SPARE:0]", b"[SPARE\xff\0]"))
    content[12:16] = struct.pack("<I", zlib.crc32(content[16:]))
    with pytest.raises(NativeError, match=r"\[SPARE\?"):
        Native(small, bytes(content), library)
    with pytest.raises(NativeError) as caught:
        Native(tmp_path / ("\N{SNOWMAN}" * 84 + "x"), data, library)
    assert caught.value.status == binding.FILE


def test_mutated_files_crash_nothing(library: Any, data: Path) -> None:
    """In a process of its own; thousands of them with `python -m tests.native.mutate`."""
    pytest.importorskip("gguf")
    for what in mutate.WHATS:
        command = [sys.executable, "-m", "tests.native.mutate", what, "--count", "60", "--data", str(data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "60 files" in done.stdout
