"""`robo chat`: one request after another, each a new program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator, Result
from robo_runtime.languages import language
from robo_runtime.screen import ProgramStream

if TYPE_CHECKING:
    from robo_runtime.check import Problem

HELP = """\
Say what the program should do. Every request starts a new program. Commands:
  /lang CODE       language of the requests (/lang alone: let the model see)
  /hardware TEXT   parts at hand, e.g. /hardware LED on pin 4, servo (alone: none)
  /save FILE       write the last program to FILE
  /check           check the last program again
  /run [SECONDS]   run the last program in the simulator
  /help            this text
  /quit            leave (or Ctrl-D)"""


class Chat:
    """The state of one conversation: settings and the last program."""

    def __init__(
        self, generator: Generator, *, max_tokens: int | None, temperature: float, seed: int
    ) -> None:
        self._generator = generator
        self._max_tokens, self._temperature, self._seed = max_tokens, temperature, seed
        self.lang: str | None = None
        self.hardware = ""
        self.result: Result | None = None
        self._commands: dict[str, Callable[[str], None]] = {
            "lang": self._set_lang,
            "hardware": self._set_hardware,
            "save": self._save,
            "check": self._check,
            "run": self._run,
            "help": lambda _: _say(HELP),
        }

    def loop(self) -> None:
        """Read and answer lines until `/quit` or the end of the input."""
        _say("What should the robot do? /help lists the commands.")
        while True:
            try:
                line = input("> " if sys.stdin.isatty() else "").strip()
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
        if line.startswith("/"):
            name, _, rest = line[1:].partition(" ")
            if name not in self._commands:
                raise RoboError(f"/{name} is no command; /help lists them")
            self._commands[name](rest.strip())
            return
        stream = ProgramStream()
        self.result = self._generator.generate(
            line,
            lang=self.lang,
            hardware=self.hardware,
            on_text=stream.add,
            on_legal=stream.flush,
            max_tokens=self._max_tokens,
            temperature=self._temperature,
            seed=self._seed,
        )
        stream.finish(self.result.code)
        report(self.result)

    def _set_lang(self, code: str) -> None:
        self.lang = language(code).code if code else None
        _say(f"language: {self.lang or 'not given'}")

    def _set_hardware(self, text: str) -> None:
        self.hardware = text
        _say(f"hardware: {text or 'not given'}")

    def _save(self, name: str) -> None:
        if not name:
            raise RoboError("/save needs a file name, e.g. /save main.py")
        path = Path(name).expanduser()
        try:
            path.write_text(self._last().code, encoding="utf-8")
        except OSError as e:
            raise RoboError(f"{path}: cannot be written: {e.strerror or e}") from None
        _say(f"written: {path}")

    def _check(self, _: str) -> None:
        problems = self._generator.check(self._last().code)
        for problem in problems:
            _say(sentence(problem))
        if not problems:
            _say("no problems")

    def _run(self, seconds: str) -> None:
        code = self._last().code
        try:
            from robo_runtime.simulate import World
            from robo_runtime.simulate.pool import Job, simulate_many
        except ImportError:
            raise RoboError("/run needs the simulator, which this installation lacks") from None
        if not (seconds or "10").isdecimal() or not 0 < (until := int(seconds or 10)) <= 3600:
            raise RoboError(f"/run takes 1 to 3600 seconds, not {seconds!r}")
        trace = next(iter(simulate_many([Job(code, World(), until)], 1)))
        for event in trace.events[:200]:
            _say(f"{event.t:8.3f} s  {event.kind} {event.key} = {event.value}")
        if len(trace.events) > 200:
            _say(f"… {len(trace.events) - 200} more events")
        for line in trace.output:
            _say(f"printed: {line}")
        _say(trace.error or f"{'ended' if trace.ended else 'still running'} after {trace.duration:g} s")

    def _last(self) -> Result:
        if self.result is None or not self.result.code:
            raise RoboError("there is no program yet: say what it should do")
        return self.result


def sentence(problem: Problem, where: str = "line ") -> str:
    """A problem as one line."""
    return f"{where}{problem.line}:{problem.column}: {problem.message} {problem.fix}".rstrip()


def report(result: Result) -> None:
    """Problems, and how the program ended if not by itself, on stderr."""
    for problem in result.problems:
        _say(sentence(problem))
    if result.stopped == "soft_budget":
        _say(f"note: closed after {result.timings.tokens} tokens; a higher --max-tokens lets it go on")
    elif result.stopped == "hard_budget":
        _say(f"note: cut back to the last whole statement after {result.timings.tokens} tokens")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def use_history(path: Path) -> None:
    """Line editing and a history kept in `path`, where Python has readline (not on Windows)."""
    try:
        import readline
    except ImportError:
        return
    import atexit
    import contextlib

    with contextlib.suppress(OSError):
        readline.read_history_file(path)

    def write() -> None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(1000)
            readline.write_history_file(path)

    atexit.register(write)


def history_file() -> Path:
    """`$XDG_STATE_HOME/robolm/history`, by default under `~/.local/state`."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "robolm" / "history"
