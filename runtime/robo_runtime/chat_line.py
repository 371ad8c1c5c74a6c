"""Reading a line of `robo chat`: editing, history and completion on a terminal, plain lines from a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from io import TextIOWrapper
from typing import Any

from robo_runtime.history import History

Complete = Callable[[str], list[str]]
"""What the last word of a line may be, given the line up to the cursor."""
PROMPT = "> "


def line_reader(history: Callable[[], History], complete: Complete) -> Callable[[], str]:
    """A function that reads the next line; it raises EOFError at the end, KeyboardInterrupt on Ctrl-C.

    prompt_toolkit where it is installed (`robo-runtime[chat]`), else readline, else what the terminal does.
    """
    if not sys.stdin.isatty():
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a line that is not UTF-8 must not end the session
        return input
    kept = history()
    try:
        return _toolkit(kept, complete)
    except ImportError:
        return _readline(kept, complete)


def _toolkit(kept: History, complete: Complete, **terminal: Any) -> Callable[[], str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.history import History as Base
    from prompt_toolkit.output import create_output

    class Kept(Base):
        """The lines of our own file, newest first, as prompt_toolkit wants them."""

        def load_history_strings(self) -> Iterable[str]:
            return reversed(kept.lines)

        def store_string(self, string: str) -> None:
            kept.add(string)

    class Words(Completer):
        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
            text = document.text_before_cursor
            for candidate in complete(text):
                yield Completion(candidate, start_position=-len(last_word(text)))

    terminal.setdefault("output", create_output(always_prefer_tty=True))  # stdout may be a file
    session: PromptSession[str] = PromptSession(
        history=Kept(),
        completer=Words(),
        complete_while_typing=Condition(lambda: session.default_buffer.text.startswith("/")),
        reserve_space_for_menu=4,
        **terminal,
    )
    return lambda: session.prompt(PROMPT)


def _readline(kept: History, complete: Complete) -> Callable[[], str]:
    """Python's own line editing; Windows has none, and there the console edits and remembers."""
    readline: Any = None
    with contextlib.suppress(ImportError):
        readline = import_module("readline")
    if readline is not None:
        readline.clear_history()
        for line in kept.lines:
            readline.add_history(line)
        readline.set_completer_delims(" ")
        readline.parse_and_bind("tab: complete")

        def offered(_: str, state: int) -> str | None:
            candidates = complete(readline.get_line_buffer()[: readline.get_endidx()])
            return candidates[state] if state < len(candidates) else None

        readline.set_completer(offered)

    def read() -> str:
        line = input(PROMPT)
        kept.add(line)
        return line

    return read


def last_word(text: str) -> str:
    """What stands behind the last space."""
    return text.rpartition(" ")[2]
