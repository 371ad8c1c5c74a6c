"""`robo chat`: what its commands do, what Ctrl-C stops, and that a pipe gets the programs alone."""

from __future__ import annotations

import ast
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from robo_runtime import chat as chat_module
from robo_runtime.chat import Chat, _interruptible
from robo_runtime.chat_words import COMMANDS, NAMES, completions, help_text, unknown
from robo_runtime.check import Problem, check_program
from robo_runtime.errors import RoboError
from robo_runtime.generate import Result, Timings
from robo_runtime.registry import load_registry
from robo_runtime.samples import best_of

TIMINGS = Timings(0, 0, 0, 0, 0, 10, 0, 0, 0)
BLINK = "from machine import Pin\nimport time\n\nled = Pin(2, Pin.OUT)\nfor i in range(3):\n    led.on()\n    time.sleep(1)\n    led.off()\n    time.sleep(1)\n"
FAILS = "import time\n\nprint(1 // (time.ticks_ms() * 0))\n"


class FakeGenerator:
    """Gives prepared programs in turn, as a Generator does, and writes down what it was asked."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)
        self.asked: list[dict] = []
        self.board = "esp32"
        self.registry = load_registry()
        self.stops = False

    def generate(self, prompt, *, on_text=None, on_legal=None, cancel=None, dry_run=None, **options):
        self.asked.append({"prompt": prompt, "dry_run": dry_run, **options})
        code = self.codes.pop(0)
        written = ""
        for line in code.splitlines(keepends=True):
            if self.stops:
                os.kill(os.getpid(), signal.SIGINT)
            if cancel is not None and cancel.is_set():
                return Result(written, True, [], TIMINGS, "cancelled")
            written += line
            if on_text:
                on_text(line)
                on_legal()
        problems = self.check(code)
        if dry_run and not problems and code == FAILS:
            problems = [Problem(3, 0, "range", "This divides by zero.", "")]
        return Result(code, not problems, problems, TIMINGS, "end")

    def check(self, code):
        return check_program(code, self.registry, self.board)

    def use_board(self, name):
        if name not in self.registry.boards:
            raise RoboError(f"unknown board {name!r}")
        self.board = name


@pytest.fixture
def chat():
    """A conversation with a generator that knows three programs."""
    made = Chat(FakeGenerator(BLINK, FAILS, BLINK), max_tokens=None, temperature=0.0, seed=0)
    made.generator = made._generator
    return made


def say(chat, capsys, *lines):
    """What the lines bring: stdout and stderr."""
    for line in lines:
        chat.answer(line)
    return capsys.readouterr()


def test_a_program_goes_to_stdout_and_talk_to_stderr(chat, capsys):
    out, err = say(chat, capsys, "blink", "/check")
    assert out == BLINK
    assert err == "no problems\n"


def test_run_draws_what_happens_and_says_how_it_ended(chat, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    out, err = say(chat, capsys, "blink", "/run 10")
    assert out == BLINK
    rows = err.splitlines()
    assert re.fullmatch(r"pin 2 +█+.*▁+.*█+.*▁+.*█+.*▁+ \d changes", rows[0])
    assert rows[-1].startswith("ended after 6.0")


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "3601", "1e3", "²"])
def test_run_takes_whole_seconds_up_to_an_hour(seconds, chat, capsys):
    say(chat, capsys, "blink")
    with pytest.raises(RoboError, match=f"/run takes 1 to 3600 seconds, not '{re.escape(seconds)}'"):
        chat.answer(f"/run {seconds}")


def test_undo_goes_back_to_the_program_before_and_show_repeats_it(chat, capsys):
    say(chat, capsys, "blink", "divide")
    out, _ = say(chat, capsys, "/show", "/undo", "/show")
    assert out == FAILS + BLINK + BLINK
    with pytest.raises(RoboError, match="there is no program before this one"):
        chat.answer("/undo")


def test_load_checks_a_file_and_save_writes_it(chat, capsys, tmp_path):
    source, target = tmp_path / "my blink.py", tmp_path / "out.py"
    source.write_text(BLINK.replace("Pin(2", "Pin(34"), encoding="utf-8")
    _, err = say(chat, capsys, f'/load "{source}"', f"/save {target}")
    assert "loaded: " in err and "9 lines" in err
    assert "line 4:" in err and "34" in err, "pin 34 cannot switch an LED"
    assert target.read_text() == source.read_text()
    for command, message in [
        ("/load", "/load needs a file name"),
        (f"/load {tmp_path / 'none.py'}", "no such file"),
        (f"/save {tmp_path / 'no' / 'folder.py'}", "cannot be written"),
        ("/save", "/save needs a file name"),
    ]:
        with pytest.raises(RoboError, match=message):
            chat.answer(command)


def test_commands_before_the_first_program_say_so(chat):
    for command in ("/save x.py", "/check", "/run", "/show", "/flash"):
        with pytest.raises(RoboError, match="there is no program yet"):
            chat.answer(command)


def test_settings_reach_the_generator(chat, capsys):
    _, err = say(chat, capsys, "/lang hi", "/hardware LED on pin 4", "/board esp32s3", "blink")
    asked = chat.generator.asked[-1]
    assert (asked["lang"], asked["hardware"], chat.generator.board) == ("hi", "LED on pin 4", "esp32s3")
    assert "board: esp32s3 (known: esp32, esp32c3, esp32s3)" in err
    _, err = say(chat, capsys, "/lang", "/hardware", "/board")
    assert err.startswith("language: not given\nhardware: not given\nboard: esp32s3")
    with pytest.raises(RoboError, match="unknown language 'xx'"):
        chat.answer("/lang xx")
    with pytest.raises(RoboError, match="unknown board"):
        chat.answer("/board toaster")


def test_samples_take_the_first_program_that_runs(capsys):
    generator = FakeGenerator(FAILS, BLINK, FAILS)
    chat = Chat(generator, max_tokens=None, temperature=0.0, seed=7)
    out, err = say(chat, capsys, "/samples 3", "blink")
    assert out == BLINK
    assert "try 1: line 3:0: This divides by zero.\ntry 2: nothing is wrong\n" in err
    assert [(a["temperature"], a["seed"]) for a in generator.asked] == [(0.0, 7), (0.8, 8)], "greedy first"
    assert all(a["dry_run"] == 5.0 for a in generator.asked)
    with pytest.raises(RoboError, match="/samples takes 1 to 32, not '99'"):
        chat.answer("/samples 99")
    assert "one program a request" in say(chat, capsys, "/samples 1").err


def test_a_program_that_leaves_a_number_out_is_tried_again(capsys):
    generator = FakeGenerator(BLINK, BLINK.replace("Pin(2", "Pin(21"), BLINK)
    out, err = say(
        Chat(generator, max_tokens=None, temperature=0.0, seed=7), capsys, "/samples 3", "blink pin 21"
    )
    assert "Pin(21" in out
    assert "try 1: it leaves out 21\ntry 2: nothing is wrong\n" in err
    assert len(generator.asked) == 2


def test_of_bad_samples_the_least_bad_is_taken():
    worse = "import time\n\nfoo()\nbar()\n"
    assert best_of(FakeGenerator(worse, FAILS, worse), "x", 3).code == FAILS
    with pytest.raises(RoboError, match="samples is 0; use 1 to 32"):
        best_of(FakeGenerator(), "x", 0)


def test_flash_brings_the_last_program_to_the_board(chat, capsys, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "robo_runtime.flash_board.flash_program", lambda code, port: sent.append((code, port)) or "COM5"
    )
    _, err = say(chat, capsys, "blink", "/flash", "/flash COM7")
    assert sent == [(BLINK, None), (BLINK, "COM7")]
    assert "on the board at COM5; it restarts" in err


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_keeps_the_whole_lines_and_the_session(chat, capsys):
    chat.generator.stops = True
    out, err = say(chat, capsys, "blink")
    assert (out, err) == ("", "stopped before the first whole line\n")
    assert chat.programs == []
    chat.generator.codes = [BLINK]
    chat.generator.stops = False
    chat.answer("blink")
    assert capsys.readouterr().out == BLINK


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_a_second_ctrl_c_interrupts_and_the_handler_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), _interruptible() as cancel:
        os.kill(os.getpid(), signal.SIGINT)
        assert cancel.is_set()
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_may_ask_as_well():
    seen = []

    def ask() -> None:
        with _interruptible() as cancel:
            seen.append(cancel.is_set())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [False]


@pytest.mark.parametrize(
    ("wrong", "right"), [("rum", "run"), ("safe", "save"), ("SHOW", "show"), ("bord", "board")]
)
def test_a_wrong_command_names_the_near_one(wrong, right, chat):
    with pytest.raises(RoboError, match=f"/{wrong} is no command; did you mean /{right}\\? /help lists them"):
        chat.answer(f"/{wrong} x")


def test_a_command_like_no_other_names_none():
    assert str(unknown("zzz")) == "/zzz is no command; /help lists them"
    assert str(unknown("")) == "/ is no command; /help lists them"


def test_every_command_is_there_and_in_the_help(chat):
    assert set(NAMES) - {"quit"} == set(chat._commands)
    for command in COMMANDS:
        assert f"/{command.name}" in help_text(80)


@pytest.mark.parametrize("width", [20, 30, 44, 59, 80, 200])
def test_the_help_fits_the_terminal(width):
    assert max(map(len, help_text(width).splitlines())) <= max(width, 34)


def test_words_complete(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my first.py").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".hidden.py").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "car.py").touch()
    monkeypatch.setattr("robo_runtime.board_ports.ports", lambda: [SimpleNamespace(device="/dev/ttyUSB0")])
    assert completions("/s") == ["/samples", "/show", "/save"]
    assert completions("blink /s") == [] == completions("/check x")
    assert completions("/lang h") == ["hi", "hi-Latn"]
    assert completions("/board esp32s") == ["esp32s3"]
    assert completions("/flash ") == ["/dev/ttyUSB0"]
    assert completions("/load ") == ["my first.py", "sub/"]
    assert completions("/load my fi") == ["first.py"]
    assert completions("/load sub/c") == ["sub/car.py"]
    assert completions("/save .h") == [".hidden.py"]
    assert completions("/load no/such/") == []


@pytest.mark.llama
def test_a_piped_session_lives_through_mistakes_and_bytes_that_are_no_text(model):
    pytest.importorskip("llama_cpp")
    lines = [b"/rum", b"\xff\xfe blink", b"/samples 2", b"beep", b"/undo", b"/quit", b"never read"]
    done = subprocess.run(
        [sys.executable, "-m", "robo_runtime.cli", "chat", "--model", model, "--max-tokens", "40"],
        input=b"\n".join(lines), capture_output=True, timeout=120,
    )  # fmt: skip
    errors = done.stderr.decode()
    assert done.returncode == 0, errors
    assert "did you mean /run?" in errors and "Traceback" not in errors
    assert "try 1:" in errors
    ast.parse(done.stdout.decode().split("\n\n\n")[0])


@pytest.mark.llama
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals (Linux, macOS)")
def test_on_a_terminal_tab_completes_ctrl_c_drops_a_line_and_history_is_kept(model, tmp_path):
    pytest.importorskip("llama_cpp")
    pytest.importorskip("prompt_toolkit")
    ours, theirs = os.openpty()
    environment = os.environ | {
        "XDG_STATE_HOME": str(tmp_path),
        "TERM": "xterm",
        "COLUMNS": "60",
        "LINES": "20",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "robo_runtime.cli", "chat", "--model", model, "--max-tokens", "40"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = ""

    def until(sign: str) -> None:
        """Read what the terminal shows up to a sign, as a terminal would: it is asked for its cursor."""
        nonlocal shown
        end = time.monotonic() + 90
        while sign not in shown:
            assert time.monotonic() < end, shown
            if select.select([ours], [], [], 1)[0]:
                shown += os.read(ours, 4096).decode(errors="replace")
                if "\x1b[6n" in shown:
                    shown = shown.replace("\x1b[6n", "")
                    os.write(ours, b"\x1b[1;1R")
        shown = shown.partition(sign)[2]

    ready = "\x1b[?2004h"  # a prompt switches the pasting of whole blocks on
    try:
        until(ready)
        os.write(ours, b"dropped\x03")
        until(ready)
        os.write(ours, b"/hardw")
        until("/hardware")  # offered below the line
        os.write(ours, b"\t")
        until("are")
        os.write(ours, b" LED on pin 4\r")
        until("hardware: LED on pin 4")
        until(ready)
        os.write(ours, b"/quit\r")
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    kept = tmp_path / "robolm" / "history"
    assert kept.read_text().splitlines() == ["/hardware LED on pin 4", "/quit"]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_sentence_about_a_problem_has_place_and_fix():
    assert chat_module.sentence(Problem(3, 4, "pin", "No.", "Use 4.")) == "line 3:4: No. Use 4."
