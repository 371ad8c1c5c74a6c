"""Handles in threads: cancelled, busy, changed, freed, stopped by llama.cpp; a code each time, never a crash."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.native import native_data

from tests.native import binding
from tests.native.binding import Native, NativeError

pytestmark = pytest.mark.llama

PROMPT = "Blink an LED on pin 2"


@pytest.fixture
def own(library: Any, small: Path, data: Path) -> Iterator[Native]:
    """A handle to be spoilt."""
    made = Native(small, data, library)
    yield made
    made.close()


def cancel_at(native: Native, n: int, cancel: Callable[[], None], **fields: Any) -> tuple[str, str]:
    """A program that is cancelled when so many pieces of text have come, and why it ended."""
    seen = 0

    def on_text(_: bytes) -> None:
        nonlocal seen
        seen += 1
        if seen > n:
            cancel()

    code, stopped, _ = native.generate(PROMPT, on_text=on_text, **fields)
    return code, stopped


@pytest.mark.parametrize("unconstrained", [0, 1])
def test_it_can_be_cancelled_at_any_piece_of_text(native: Native, unconstrained: int) -> None:
    """By the callback: at each line under the grammar, at each token without it."""
    pieces: list[bytes] = []
    whole, *_ = native.generate(PROMPT, on_text=pieces.append, unconstrained=unconstrained)
    for n in range(len(pieces) - 1):
        code, stopped = cancel_at(native, n, native.cancel, unconstrained=unconstrained)
        assert stopped == "cancelled"
        assert whole.startswith(code)
        assert not code or code.endswith("\n")
    assert native.generate(PROMPT)[1] == "end"  # the next one is not cancelled


def test_it_can_be_cancelled_by_another_thread_at_any_token(native: Native) -> None:
    pieces: list[bytes] = []
    whole, *_ = native.generate(PROMPT, on_text=pieces.append, unconstrained=1)
    for n in range(0, len(pieces) - 1, 3):

        def from_another_thread() -> None:
            thread = threading.Thread(target=native.cancel)
            thread.start()
            thread.join()

        code, stopped = cancel_at(native, n, from_another_thread, unconstrained=1)
        assert stopped == "cancelled" and whole.startswith(code)


def test_a_thread_that_cancels_without_pause_hurts_nothing(native: Native) -> None:
    whole, *_ = native.generate(PROMPT)
    done = threading.Event()

    def hammer() -> None:
        while not done.is_set():
            native.cancel()

    thread = threading.Thread(target=hammer)
    thread.start()
    answers = [native.generate(PROMPT)[:2] for _ in range(5)]
    done.set()
    thread.join()
    assert all(whole.startswith(code) and stopped in ("cancelled", "end") for code, stopped in answers)
    assert native.generate(PROMPT)[0] == whole


def test_a_handle_in_use_says_so(native: Native, data: Path) -> None:
    """To the callback and to other threads: nothing is freed or changed under a program being written."""
    said: list[int] = []

    def try_all() -> None:
        for attempt in (
            lambda: native.generate("x"),
            lambda: native.set_grammar(data),
            lambda: native.set_adapter(None),
        ):
            with pytest.raises(NativeError) as caught:
                attempt()
            said.append(caught.value.status)
        said.append(native.lib.robo_free(native.handle))

    def on_text(_: bytes) -> None:
        try_all()
        thread = threading.Thread(target=try_all)
        thread.start()
        thread.join()

    code, *_ = native.generate(PROMPT, on_text=on_text)
    assert set(said) == {binding.BUSY} and len(said) >= 8
    assert code == native.generate(PROMPT)[0]


def test_two_handles_in_two_threads_write_what_one_does(
    native: Native, library: Any, shipped: Path, data: Path
) -> None:
    prompts = (PROMPT, "Print the numbers from 1 to 5")
    expected = [native.generate(prompt)[0] for prompt in prompts]
    answers: dict[int, list[str]] = {}

    def work(n: int) -> None:
        mine = Native(shipped, data, library, mapped=n)
        answers[n] = [mine.generate(prompt)[0] for prompt in prompts]
        mine.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {0: expected, 1: expected}


def test_more_threads_write_the_same_program(library: Any, small: Path, data: Path) -> None:
    answers = []
    for threads in (1, 2):
        native = Native(small, data, library, threads=threads)
        answers.append(native.generate(PROMPT, unconstrained=1, max_tokens=3)[0])
        native.close()
    assert answers[0] == answers[1]


def test_another_board_is_as_if_loaded_with_it(library: Any, shipped: Path, data: Path) -> None:
    other = native_data(grammar_text("esp32c3"), scope_table(), "esp32c3")
    changed, loaded = Native(shipped, data, library), Native(shipped, other, library)
    prompts = ("Blink an LED on pin 23", "Turn the servo on pin 32 to 90 degrees", PROMPT)
    wanted = [loaded.generate(prompt)[0] for prompt in prompts]
    before = [changed.generate(prompt)[0] for prompt in prompts]
    changed.set_grammar(other)
    assert [changed.generate(prompt)[0] for prompt in prompts] == wanted != before
    changed.set_grammar(data)
    assert [changed.generate(prompt)[0] for prompt in prompts] == before
    changed.close()
    loaded.close()


def test_data_for_other_control_tokens_is_refused_and_the_old_stays(native: Native, data: Path) -> None:
    content = bytearray(data.read_bytes())
    at = content.index(b"[SPARE:0]")
    content[at + 7] = ord("x")
    content[12:16] = struct.pack("<I", zlib.crc32(content[16:]))
    wanted = native.generate(PROMPT)[0]
    for wrong, words in ((bytes(content), "other control tokens"), (b"x" * 100, "no data file")):
        with pytest.raises(NativeError, match=words) as caught:
            native.set_grammar(wrong)
        assert caught.value.status == binding.DATA
    assert native.generate(PROMPT)[0] == wanted


def test_a_structure_of_another_size_is_refused(native: Native, shipped: Path, data: Path) -> None:
    lib, error, handle = native.lib, binding.Error(), binding.c_void_p()
    for change in (-4, 4, 1 << 20):
        options, asked, answer = (
            binding.Options(model=b"x", data=b"x"),
            binding.request("x"),
            binding.Answer(),
        )
        options.struct_size += change
        status = lib.robo_load(binding.byref(options), binding.byref(handle), binding.byref(error))
        assert status == error.status == binding.ABI and b"options.struct_size" in error.message
        asked.struct_size += change
        status = lib.robo_generate(native.handle, binding.byref(asked), binding.byref(answer), None)
        assert status == binding.ABI
        asked.struct_size -= change
        answer.struct_size += change
        status = lib.robo_generate(
            native.handle, binding.byref(asked), binding.byref(answer), binding.byref(error)
        )
        assert status == error.status == binding.ABI and b"answer.struct_size" in error.message
    assert lib.robo_generate(native.handle, None, None, None) == binding.ARGUMENT


def test_nothing_given_is_an_error(native: Native) -> None:
    lib, asked, answer = native.lib, binding.request("x"), binding.Answer()
    assert lib.robo_load(None, None, None) == binding.ARGUMENT
    assert lib.robo_generate(None, binding.byref(asked), binding.byref(answer), None) == binding.ARGUMENT
    assert lib.robo_set_grammar(native.handle, None, None, 0, None) == binding.ARGUMENT
    assert lib.robo_set_grammar(None, b"x", None, 0, None) == binding.ARGUMENT
    assert lib.robo_set_adapter(None, None, None, 0, 1.0, None) == binding.ARGUMENT
    assert lib.robo_free(None) == binding.OK
    lib.robo_cancel(None)
    lib.robo_answer_free(None)


def test_an_abort_in_llama_is_an_error_of_its_handle_alone(
    own: Native, library: Any, small: Path, data: Path
) -> None:
    other = Native(small, data, library)
    with pytest.raises(NativeError, match="asked for by a test") as caught:
        own.abort()
    assert caught.value.status == binding.ENGINE
    assert "/" not in caught.value.message
    for attempt in (lambda: own.generate("x"), lambda: own.set_adapter(None), lambda: own.set_grammar(data)):
        with pytest.raises(NativeError, match="free it and load again"):
            attempt()
    other.generate("x", max_tokens=8)
    other.close()
