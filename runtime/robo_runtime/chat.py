"""`robo chat`: one request after another, each a new program, and commands for the last one."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from robo_runtime.chat_words import completions, help_text, unknown
from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator, Result
from robo_runtime.languages import language
from robo_runtime.programs import read_program
from robo_runtime.samples import MOST, ask
from robo_runtime.screen import ProgramStream

if TYPE_CHECKING:
    from robo_runtime.check import Problem

_LONGEST = 3600
"""Seconds that /run may observe."""


class Chat:
    """The state of one conversation: settings and the programs so far."""

    def __init__(
        self, generator: Generator, *, max_tokens: int | None, temperature: float, seed: int, samples: int = 1
    ) -> None:
        self._generator = generator
        self._max_tokens, self._temperature, self._seed = max_tokens, temperature, seed
        self.samples = samples
        self.lang: str | None = None
        self.hardware = ""
        self.programs: list[str] = []
        """The last one is what the commands are about."""
        self._commands: dict[str, Callable[[str], None]] = {
            "lang": self._set_lang,
            "hardware": self._set_hardware,
            "board": self._set_board,
            "samples": self._set_samples,
            "show": lambda _: ProgramStream().finish(self._last()),
            "undo": self._undo,
            "load": self._load,
            "save": self._save,
            "check": self._check,
            "run": self._run,
            "flash": self._flash,
            "help": lambda _: _say(help_text(shutil.get_terminal_size().columns)),
        }

    def loop(self) -> None:
        """Read and answer lines until `/quit` or the end of the input."""
        from robo_runtime.chat_line import line_reader
        from robo_runtime.history import History, history_file

        read = line_reader(lambda: History(history_file()), completions)
        _say("What should the robot do? /help lists the commands.")
        while True:
            try:
                line = read().strip()
            except EOFError:
                return
            except KeyboardInterrupt:  # drops the line, as in a shell
                _say("")
                continue
            if line == "/quit":
                return
            try:
                self.answer(line)
            except RoboError as e:
                _say(f"error: {e}")
            except KeyboardInterrupt:
                _say("\nstopped")

    def answer(self, line: str) -> None:
        """Run one command, or write one program."""
        if not line:
            return
        if not line.startswith("/"):
            self._write(line)
            return
        name, _, rest = line[1:].partition(" ")
        if name not in self._commands:
            raise unknown(name)
        self._commands[name](rest.strip())

    def _write(self, prompt: str) -> None:
        """A program for a prompt; the first Ctrl-C ends it at its last whole line, a second one drops it."""
        stream = ProgramStream()
        with _interruptible() as cancel:
            result = ask(
                self._generator,
                prompt,
                samples=self.samples,
                lang=self.lang,
                hardware=self.hardware,
                on_text=stream.add,
                on_legal=stream.flush,
                on_try=report_try,
                max_tokens=self._max_tokens,
                temperature=self._temperature,
                seed=self._seed,
                cancel=cancel,
            )
        stream.finish(result.code)
        if result.code:
            self.programs.append(result.code)
        report(result)

    def _set_lang(self, code: str) -> None:
        self.lang = language(code).code if code else None
        _say(f"language: {self.lang or 'not given'}")

    def _set_hardware(self, text: str) -> None:
        self.hardware = text
        _say(f"hardware: {text or 'not given'}")

    def _set_board(self, name: str) -> None:
        if name:
            self._generator.use_board(name)
        _say(f"board: {self._generator.board} (known: {', '.join(self._generator.registry.boards)})")

    def _set_samples(self, count: str) -> None:
        if count:
            self.samples = _number(count, MOST, "/samples takes 1 to {most}, not {text!r}")
        more = " until the simulator finds nothing wrong" if self.samples > 1 else ""
        _say(f"up to {self.samples} programs a request{more}" if more else "one program a request")

    def _undo(self, _: str) -> None:
        if len(self.programs) < 2:
            raise RoboError("there is no program before this one")
        self.programs.pop()
        ProgramStream().finish(self._last())

    def _load(self, name: str) -> None:
        if not name:
            raise RoboError("/load needs a file name, e.g. /load main.py")
        code = read_program(_path(name))
        self.programs.append(code)
        _say(f"loaded: {_path(name)}, {len(code.splitlines())} lines")
        self._check("")

    def _save(self, name: str) -> None:
        if not name:
            raise RoboError("/save needs a file name, e.g. /save main.py")
        path = _path(name)
        try:
            path.write_text(self._last(), encoding="utf-8")
        except OSError as e:
            raise RoboError(f"{path}: cannot be written: {e.strerror or e}") from None
        _say(f"written: {path}")

    def _check(self, _: str) -> None:
        problems = self._generator.check(self._last())
        for problem in problems:
            _say(sentence(problem))
        if not problems:
            _say("no problems")

    def _run(self, seconds: str) -> None:
        code = self._last()
        until = _number(seconds or "10", _LONGEST, "/run takes 1 to {most} seconds, not {text!r}")
        from rich.console import Console

        from robo_runtime.simulate import Job, simulate_many
        from robo_runtime.simulate.show import show_chart, show_outcome

        trace = next(simulate_many([Job(code, until=until)], 1))
        console = Console(stderr=True)
        show_chart(trace, console)
        show_outcome(trace, console)

    def _flash(self, port: str) -> None:
        from robo_runtime.flash_board import flash_program

        _say(f"on the board at {flash_program(self._last(), port or None)}; it restarts and runs the program")

    def _last(self) -> str:
        if not self.programs:
            raise RoboError("there is no program yet: say what it should do")
        return self.programs[-1]


def _path(name: str) -> Path:
    """A path as typed: quotes around it and a leading ~ are understood."""
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    return Path(name).expanduser()


def _number(text: str, most: int, wrong: str) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= most:
        return int(text)
    raise RoboError(wrong.format(most=most, text=text))


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; a second one interrupts as usual."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def sentence(problem: Problem, where: str = "line ") -> str:
    """A problem as one line."""
    return f"{where}{problem.line}:{problem.column}: {problem.message} {problem.fix}".rstrip()


def report(result: Result) -> None:
    """Problems, and how the program ended if not by itself, on stderr."""
    if result.stopped == "cancelled" and sys.stderr.isatty():
        _say("")  # the terminal has shown ^C
    if result.stopped == "cancelled" and not result.code:
        _say("stopped before the first whole line")
        return
    for problem in result.problems:
        _say(sentence(problem))
    if result.stopped == "soft_budget":
        _say(f"note: closed after {result.timings.tokens} tokens; a higher --max-tokens lets it go on")
    elif result.stopped == "hard_budget":
        _say(f"note: cut back to the last whole statement after {result.timings.tokens} tokens")
    elif result.stopped == "cancelled":
        _say("note: stopped; these are the whole lines so far")


def report_try(number: int, result: Result, missing: list[float]) -> None:
    """How one of several tries went, on stderr."""
    if result.valid and missing:
        _say(f"try {number}: it leaves out {', '.join(f'{n:g}' for n in missing)}")
    elif result.valid:
        _say(f"try {number}: nothing is wrong")
    elif result.problems:
        _say(f"try {number}: {sentence(result.problems[0])}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
