"""What was typed before: kept in order, limited, private; and read by prompt_toolkit and readline alike."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from robo_runtime import chat_line, history
from robo_runtime.history import History, history_file


def test_lines_are_kept_without_repeats_and_newlines(tmp_path):
    path = tmp_path / "state" / "robolm" / "history"
    first = History(path)
    for line in ("blink", "blink", "  ", "two\nlines", "नमस्ते", "blink"):
        first.add(line)
    assert History(path).lines == ["blink", "two lines", "नमस्ते", "blink"]


@pytest.mark.skipif(os.name == "nt", reason="modes are another thing there")
def test_the_file_is_its_owners_alone_even_if_it_was_not(tmp_path):
    path = tmp_path / "h" / "history"
    History(path).add("x")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    History(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "KEEP", 3)
    path = tmp_path / "history"
    path.write_bytes(b"1\n2\xff\n3\n4\n5\n")
    assert History(path).lines == ["3", "4", "5"]
    assert path.read_text() == "3\n4\n5\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").touch()
    kept = History(tmp_path / "file" / "history")
    kept.add("x")
    assert kept.lines == ["x"]


def test_it_lies_in_the_state_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert history_file() == tmp_path / "robolm" / "history"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert history_file() == Path.home() / ".local" / "state" / "robolm" / "history"


def test_prompt_toolkit_offers_the_lines_before_and_keeps_new_ones(tmp_path):
    pytest.importorskip("prompt_toolkit")
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    kept = History(tmp_path / "history")
    kept.add("older")
    kept.add("newer")
    with create_pipe_input() as pipe:
        read = chat_line._toolkit(kept, lambda text: [], input=pipe, output=DummyOutput())
        pipe.send_text("/save me.py\r")
        assert read() == "/save me.py"
        pipe.send_text("\x10\x10\r")  # Ctrl-P: the line before, twice
        assert read() == "newer"
        pipe.send_text("\x03")
        with pytest.raises(KeyboardInterrupt):
            read()
        pipe.send_text("\x04")
        with pytest.raises(EOFError):
            read()
    assert History(kept.path).lines == ["older", "newer", "/save me.py", "newer"]


def test_without_prompt_toolkit_readline_does_it(tmp_path, monkeypatch):
    readline = pytest.importorskip("readline")
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", lambda prompt: f"said after {prompt}")
    kept = History(tmp_path / "history")
    kept.add("older")
    read = chat_line.line_reader(lambda: kept, lambda text: ["/save", "/samples"])
    assert readline.get_history_item(1) == "older"
    offer = readline.get_completer()
    assert [offer("/sa", state) for state in range(3)] == ["/save", "/samples", None]
    assert read() == "said after > "
    assert History(kept.path).lines == ["older", "said after >"]
    readline.set_completer(None)
    readline.clear_history()


def test_a_pipe_has_neither_prompt_nor_history(monkeypatch):
    monkeypatch.setattr(sys, "stdin", type("Pipe", (), {"isatty": lambda self: False})())
    assert chat_line.line_reader(lambda: pytest.fail("no history"), lambda text: []) is input
