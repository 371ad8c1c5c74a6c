"""Names and types while a program is being written: what may follow, character by character.

The grammar says what is a program; this says which of its names exist where they are read and whether what is
done with them can raise NameError, AttributeError or TypeError. A line is read again from its start for every
piece of text that is tried: lines are short, and reading one takes a fraction of a decoding step.
"""

from __future__ import annotations

from enum import Enum

from robo_runtime.scope import statements
from robo_runtime.scope.blocks import Place
from robo_runtime.scope.calls import Calls, Function
from robo_runtime.scope.names import Frame
from robo_runtime.scope.state import State
from robo_runtime.scope.table import Table
from robo_runtime.scope.text import Illegal, Unfinished
from robo_runtime.scope.types import T

_DEEPEST = 8
"""Functions that call functions: how deep their bodies are read."""
_OVERHEAD = 100
"""Of a line, as if it were characters."""
_MOST_CHARACTERS = 500_000
"""Of all lines that are remembered: a model that knows nothing tries thousands of ways to go on with each."""


class Open(Enum):
    """What a text is that is no whole line."""

    line = 0
    """It goes on: its end is missing, or a bracket is open."""
    never = 1
    """It may not stand there, however it goes on."""


Outcome = State | Open
"""The state behind a line, or what the text is instead."""


class Machine:
    """The rules; a `Follower` follows one program."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._running: list[tuple[Function, tuple[T, ...]]] = []
        self._globals: Frame | None = None
        self._first = State(Frame({}, frozenset()), None, Place((), frozenset()))
        self._known: dict[int, dict[str, Outcome]] = {}
        """What lines came to, by the state (its `id`) that they were read in."""
        self._kept: dict[int, State] = {}
        """The states of `_known`, which must not be another's id."""
        self._size = 0
        self.calls = Calls(table, self._run)

    def start(self) -> Follower:
        """A new program."""
        return Follower(self, self._first)

    def outcome(self, state: State, line: str) -> Outcome:
        """What comes of a line: programs begin alike, so it is remembered."""
        known = self._known.get(id(state))
        if known is None:
            self._kept[id(state)], known = state, {}
            self._known[id(state)] = known
        found = known.get(line)
        if found is None:
            try:
                found = self.read(state, line)
            except Unfinished:
                found = Open.line
            except (Illegal, RecursionError):
                found = Open.never
            if self._size > _MOST_CHARACTERS:
                self._known, self._kept, self._size = {}, {}, 0
            else:
                known[line] = found
                self._size += len(line) + _OVERHEAD
        return found

    def read(self, state: State, line: str) -> State:
        """The state behind a whole line, which ends in a line feed.

        Raises:
            Illegal: it may not stand here.
            Unfinished: it is not whole: a bracket is open.
        """
        outer = self._globals
        try:
            return statements.read_line(self, state, line)
        finally:
            self._globals = outer

    def enter(self, module: Frame) -> None:
        """The line that is read from now on sees these names of the module."""
        self._globals = module

    def module_now(self) -> Frame:
        """Names of the module where the line that is being read stands."""
        assert self._globals is not None
        return self._globals

    def _run(self, function: Function, args: tuple[T, ...]) -> T:
        """Read a function with arguments of these types; the type of what it returns."""
        if (function, args) in self._running:
            return T("mixed")  # what it gives back to itself, nobody knows
        if len(self._running) >= _DEEPEST:
            raise Illegal
        self._running.append((function, args))
        outer = self._globals
        try:
            return statements.run(self, function, args)
        except Unfinished:
            raise Illegal from None
        finally:
            self._globals = outer
            self._running.pop()


class Follower:
    """One program as it grows, from its first state on."""

    def __init__(self, machine: Machine, first: State) -> None:
        self.machine = machine
        self.state = first
        self.line = ""
        self.length = 0
        """Characters accepted so far."""
        self._tried: tuple[str, tuple[State, str] | None] = "", (self.state, "")

    def allows(self, text: str) -> bool:
        """Whether the program may go on with `text`."""
        self._tried = text, self._after(text)
        return self._tried[1] is not None

    def accept(self, text: str) -> None:
        """Go on with `text`.

        Raises:
            Illegal: it is not allowed.
        """
        tried, after = self._tried
        if tried != text:
            after = self._after(text)
        if after is None:
            raise Illegal
        self.state, self.line = after
        self.length += len(text)
        self._tried = "", after

    def _after(self, text: str) -> tuple[State, str] | None:
        state, line = self.state, self.line
        *whole, rest = text.split("\n")
        for part in whole:
            line += part + "\n"
            found = self.machine.outcome(state, line)
            if found is Open.never:
                return None
            if isinstance(found, State):
                state, line = found, ""
        line += rest
        if line and self.machine.outcome(state, line) is not Open.line:
            return None  # only a line feed ends a line
        return state, line
