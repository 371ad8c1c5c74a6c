"""Files from memory, and memory itself: nothing is kept that should be given back, none ends the process."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.native import binding
from tests.native.binding import Native, NativeError

pytestmark = pytest.mark.llama

PROMPT = "Blink an LED on pin 2"


def test_files_from_memory_give_the_same_program(
    native: Native, library: Any, shipped: Path, data: Path
) -> None:
    from_memory = Native(shipped.read_bytes(), data.read_bytes(), library)
    assert from_memory.generate(PROMPT)[0] == native.generate(PROMPT)[0]
    from_memory.close()


def test_a_mapped_model_gives_the_same_program(
    native: Native, library: Any, shipped: Path, data: Path
) -> None:
    mapped = Native(shipped, data, library, mapped=1)
    assert mapped.generate(PROMPT)[0] == native.generate(PROMPT)[0]
    mapped.close()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "as neither"),
        ({"model": b"x", "model_bytes": b"x", "model_size": 1}, "as both"),
        (
            {"model_bytes": b"x", "model_size": 1, "mapped": 1, "data": b"x"},
            "mapped is for a model that is a file",
        ),
        ({"model": b"x", "data": b"x", "threads": -1}, "threads"),
        ({"model": b"x", "data": b"x", "threads": 65}, "threads"),
    ],
)
def test_options_that_contradict_each_other_are_named(
    library: Any, fields: dict[str, Any], words: str
) -> None:
    handle, error = binding.c_void_p(), binding.Error()
    options = binding.Options(**fields)
    status = library.robo_load(binding.byref(options), binding.byref(handle), binding.byref(error))
    assert status == binding.ARGUMENT
    assert words in error.message.decode()
    assert not handle


@pytest.mark.parametrize("content", [b"", b"GGUF", b"x" * 4096])
def test_bytes_that_are_no_model_or_no_data_are_refused(
    library: Any, small: Path, data: Path, content: bytes
) -> None:
    for model, other, status in ((content, data, binding.MODEL), (small, content, binding.DATA)):
        with pytest.raises(NativeError) as caught:
            Native(model, other, library)
        assert caught.value.status == status


def test_options_of_the_first_version_are_still_read(library: Any, small: Path, data: Path) -> None:
    """They end before what was added behind them."""
    handle, error = binding.c_void_p(), binding.Error()
    options = binding.Options(model=bytes(small), data=bytes(data), model_bytes=b"never read", model_size=1)
    options.struct_size = binding.Options.model_bytes.offset
    assert (
        library.robo_load(binding.byref(options), binding.byref(handle), binding.byref(error)) == binding.OK
    )
    assert library.robo_free(handle) == binding.OK


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and /proc are Linux's")
@pytest.mark.usefixtures("library")
class TestMemory:
    def test_none_left_is_an_error_and_never_a_crash(self, small: Path, data: Path, tmp_path: Path) -> None:
        """In a process of its own, with a little more each time until it suffices."""
        pytest.importorskip("gguf")
        from tests.native.small import random_pairs, write_adapter

        if "libasan" in Path("/proc/self/maps").read_text():
            pytest.skip("AddressSanitizer takes more address space than a limit leaves")
        adapter = write_adapter(tmp_path / "lora.gguf", random_pairs(1))
        files = ["--model", str(small), "--data", str(data), "--adapter", str(adapter)]
        done = subprocess.run(
            [sys.executable, "-m", "tests.native.exhaust", *files, "--step", "1024"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        generating = done.stdout.splitlines()[-1]
        assert f"status {binding.MEMORY}: " in generating and "done: 1" in generating
        assert f"status {binding.INTERNAL}" not in done.stdout

    def test_handles_that_come_and_go_leave_nothing_behind(
        self, library: Any, small: Path, data: Path
    ) -> None:
        def come_and_go() -> None:
            native = Native(small, data, library)
            native.set_grammar(data)
            native.generate("x", max_tokens=8)
            native.close()

        for _ in range(10):
            come_and_go()
        before = resident()
        for _ in range(50):
            come_and_go()
        assert resident() - before < 2 << 20  # one handle takes more than that


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
