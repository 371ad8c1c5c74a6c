"""The decoding loop: pick a token, check it against the grammar, mask the vocabulary only when refused.

Checking one candidate costs a tenth of masking all, and a trained model is rarely refused. A program may end
at any line end where the grammar allows it; those points are kept, so that a budget that runs out, or a
cancelled run, cuts back to the last one and never leaves half a statement.
"""

from __future__ import annotations

import ast
import codecs
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from robo_runtime.drafts import MOST
from robo_runtime.engine import Engine, Grammar, GrammarError, Picker
from robo_runtime.lines import Lines, computed
from robo_runtime.prompt import Part

_LOST = 24
"""Choices refused within one line, after which it is begun again."""
Stopped = Literal["end", "soft_budget", "hard_budget", "cancelled", "dead_end"]
"""Why decoding stopped: the model ended the program; the soft budget was reached and the program closed at
the next legal line end; the hard budget or `cancel` came first and the program was cut back to one; or no
token could go on, as names and types can have it where a grammar alone cannot, and it was cut back, too."""

Form = Literal["program", "json", "text"]
"""What is written. A program may end at line ends, and is cut back to one when the budget runs out; JSON is
closed from the soft budget on; text just stops."""

# Quote before bracket: a string may contain brackets. A name that has no value yet must be given one, and a
# block needs a statement.
_CLOSERS: tuple[str, ...] = ("\n", '"', ")", "]", "}", " = ", ":", "    ", "pass", ", ", "2", "(", " in ")
_ONCE = "\n2"  # or blank lines and digits would go on for ever
# A nought for a number begun, a quote for a key or value to come; in a string a nought for what is missing of
# hexadecimal digits or of a least length.
_JSON_CLOSERS: tuple[str, ...] = ("}", "]", "0", '"')
_STRING_CLOSERS: tuple[str, ...] = ('"', "0")


class Budget(NamedTuple):
    """Limits in tokens."""

    soft: int
    """From here on the program ends at the first legal line end."""
    hard: int
    """Here the program is cut back to the last legal line end."""

    @property
    def runaway(self) -> int:
        """Without one legal line by here, what is being written will not end by itself: it gets closed."""
        return min(self.soft, max(64, self.hard // 2))

    @classmethod
    def of(cls, hard: int, form: Form = "program") -> Budget:
        """A hard limit, and a soft one an eighth below it, or 24 tokens where an eighth is less.

        JSON gets a quarter, or 96 tokens: names of keys that are still to come may take one for each letter.
        """
        share, least = (4, 96) if form == "json" else (8, 24)
        return cls(hard - max(hard // share, min(least, hard // 2)), hard)


class Decoded(NamedTuple):
    """What the loop made."""

    code: str
    stopped: Stopped
    tokens: int
    refused: int
    """Tokens the model wanted and the grammar did not."""
    first_token_at: float
    """`time.perf_counter()` when the first token was chosen."""


def decode(
    engine: Engine,
    picker: Picker,
    grammar: Grammar | None,
    budget: Budget,
    *,
    form: Form = "program",
    on_text: Callable[[str], None] | None = None,
    on_legal: Callable[[], None] | None = None,
    cancel: threading.Event | None = None,
    judge: Callable[[str], int | None] | None = None,
) -> Decoded:
    """Continue the text fed to `engine` until the program ends.

    Args:
        grammar: at its start; None decodes freely.
        form: what the grammar describes; anything but a program is never cut back.
        on_text: called with text as it is written, whole characters only; a program comes line by line
            where the grammar may have a line begun again.
        on_legal: called when the text handed to `on_text` so far is a legal program, which is then never
            taken back; text after the last such call may be missing from the result.
        cancel: once set, decoding stops before the next token.
        judge: asked when a program has ended, and behind lines that compute a value: the place of the first
            character that is wrong, or None. The token there is then taken back and another one chosen,
            unless somebody has seen it.
    """
    by_line = form == "program" and grammar is not None and grammar.by_line
    w = _Writing(engine, grammar, _Text(on_text, by_line))
    tokens = refused = 0
    first_token_at = 0.0
    stopped: Stopped
    while True:
        if cancel is not None and cancel.is_set():
            stopped = "cancelled"
            break
        if tokens >= budget.hard or engine.room() < 1:
            stopped = "hard_budget"
            break
        token = w.pick(picker)
        tokens -= w.undone
        if token is None:
            if form != "program" or not w.chosen:
                raise GrammarError(
                    "the grammar leaves no token to go on with; it does not fit this vocabulary"
                )
            if w.begin_again():
                continue
            stopped = "dead_end"
            break
        refused += w.refused
        if by_line and w.lost() and w.begin_again(here=True):
            tokens -= w.undone
            continue
        if tokens == 0:
            first_token_at = time.perf_counter()
        if w.grammar is not None and _must_close(form, tokens, budget, w.legal_at):
            token = _closing(engine, w.grammar, token, form, w.text)
        if token in engine.ends or (w.grammar is None and engine.is_control(token)):
            wrong = None if judge is None else judge(str(w.text))
            if wrong is not None and w.correct(wrong):
                tokens -= w.undone
                continue
            stopped = "end" if wrong is None or w.text.shown else "dead_end"
            break
        w.write(token)
        tokens += 1
        legal = form == "program" and w.text.last == "\n" and _legal(engine, w.grammar, w.text)
        if legal and judge is not None and by_line and computed(w.text.line):
            wrong = judge(str(w.text))  # before anybody sees the line, and before all that would follow it
            if wrong is not None:
                if not engine.confirm(token):
                    engine.feed_ahead(token, ())
                if w.correct(wrong):
                    tokens -= w.undone
                    continue
                stopped = "dead_end"
                break
        w.text.show()
        if legal:
            w.legal_at.append(len(w.text))
            if on_legal:
                on_legal()
            if tokens >= budget.soft:
                stopped = "soft_budget"
                break
        if not engine.confirm(token):
            engine.feed_ahead(token, _guesses(engine, w.grammar, token))
    if stopped == "end":
        code = w.text.finish()
    else:
        code = _cut(str(w.text), w.legal_at, judge) if form == "program" else str(w.text)
    return Decoded(code, stopped, tokens, refused, first_token_at)


def _guesses(engine: Engine, grammar: Grammar | None, token: int) -> Sequence[int]:
    """What likely follows a token, and goes with it in one batch: what mostly follows, or what is forced.

    What is forced comes second: the model may write it in other tokens.
    """
    before = engine.last(engine.drafts.context - 1) if engine.drafts.context > 1 else []
    drafts = engine.drafts.after([*before, token])
    if drafts or grammar is None:
        return drafts
    return grammar.forced()[:MOST]


class _Writing:
    """The tokens chosen so far, with what follows from them: text, grammar, legal ends."""

    def __init__(self, engine: Engine, grammar: Grammar | None, text: _Text) -> None:
        self.engine, self.grammar, self.text = engine, grammar, text
        self.chosen: list[int] = []
        self.ends: list[int] = []
        """Characters after each token."""
        self.legal_at: list[int] = []
        """Characters after which the program may end."""
        self.undone = 0
        """Tokens that were taken back last, as they should not have been written."""
        self.refused = 0
        """1 when the model's own choice of the last token was not allowed."""
        self._refused_here = 0
        self._lines = Lines()

    def pick(self, picker: Picker) -> int | None:
        """The next token; None when nothing is allowed."""
        self.refused = self.undone = 0
        grammar = self.grammar
        if grammar is None:
            return picker.pick()
        if banned := self._lines.banned(len(self.chosen)):
            grammar.ban(banned)
        token = picker.pick()
        if grammar.allows(token):
            return token
        if undone := self._settled():
            chosen = self.pick(picker)  # puts nothing off any more
            self.undone = undone
            return chosen
        self.refused = 1
        self._refused_here += 1
        try:
            return picker.pick_allowed(grammar)
        except GrammarError:
            return None

    def _settled(self) -> int:
        """Take back what should not have been written and was not checked then; how many tokens that were."""
        grammar = self.grammar
        if grammar is None or not grammar.put_off:
            return 0
        start = len(self.text) - len(grammar.put_off)
        first = next(i for i, end in enumerate(self.ends) if end > start)
        bounds = [start, *self.ends[first:]]
        wrong = grammar.settle([str(self.text)[a:b] for a, b in pairwise(bounds)])
        if wrong is None:
            return 0
        self._back(first + wrong)
        return self.undone

    def write(self, token: int) -> None:
        """Go on with a token."""
        if self.grammar is not None:
            self.grammar.accept(token)
        before = len(self.text)
        added = self.text.add(self.engine.piece(token))
        self._lines.note(added, len(self.chosen), before)
        if "\n" in added:
            self._refused_here = 0
        self.chosen.append(token)
        self.ends.append(len(self.text))

    def lost(self) -> bool:
        """Whether the model has no idea how this line could end: it was refused again and again."""
        return self._refused_here > _LOST

    def begin_again(self, *, here: bool = False) -> bool:
        """Take back a line that has no end, `here` no other than the last; false when enough was tried."""
        start = self._lines.back(self.chosen, self.text.shown, here=here)
        if start is not None:
            self._refused_here = 0
            self._back(start.token)
        return start is not None

    def correct(self, wrong: int) -> bool:
        """Take back the text from its first wrong character on; false when it cannot be."""
        if self.grammar is None:
            return False
        at = next((i for i, end in enumerate(self.ends) if end > wrong), None)
        if at is None or (self.ends[at - 1] if at else 0) < self.text.shown:
            return False
        if not self._lines.reject(at, self.chosen[at]):
            return False
        self._back(at)
        return True

    def _back(self, to: int) -> None:
        """Keep only the first tokens."""
        assert self.grammar is not None
        self.undone = len(self.chosen) - to
        self.engine.rewind(self.undone)
        del self.chosen[to:], self.ends[to:]
        length = self.ends[-1] if self.ends else 0
        self.text.back(length, b"".join(map(self.engine.piece, self.chosen)))
        self.legal_at = [n for n in self.legal_at if n <= length]
        self.grammar = self.grammar.fresh()
        self.grammar.settle([])  # this program leaves the scope: from now on every token is checked
        for token in self.chosen:
            self.grammar.accept(token)


def parses(code: str) -> bool:
    """Whether CPython can parse `code`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the checker's to report
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _legal(engine: Engine, grammar: Grammar | None, text: _Text) -> bool:
    if grammar is not None:
        return any(grammar.allows(end) for end in engine.ends)
    return parses(str(text))


def _cut(text: str, legal_at: list[int], judge: Callable[[str], int | None] | None) -> str:
    """The longest of the prefixes that CPython parses and the judge lets pass; empty if there is none."""
    for n in reversed(legal_at):
        if parses(text[:n]) and (judge is None or judge(text[:n]) is None):
            return text[:n]
    return ""


def _must_close(form: Form, tokens: int, budget: Budget, legal_at: list[int]) -> bool:
    """Whether much of the budget is gone and what is being written has no end in sight."""
    if form == "program":
        return not legal_at and tokens >= budget.runaway
    return form == "json" and tokens >= budget.soft


def _closing(engine: Engine, grammar: Grammar, token: int, form: Form, text: _Text) -> int:
    """The token that comes nearest to closing what is open; `token` when none is allowed."""
    if form == "json":
        for end in engine.ends:
            if grammar.allows(end):
                return end
        closers = _STRING_CLOSERS if _in_string(str(text)) else _JSON_CLOSERS
    else:
        closers = _CLOSERS
    for closer in closers:
        first = engine.encode([Part(closer, False)])[0]
        if not (form == "program" and closer == text.last and closer in _ONCE) and grammar.allows(first):
            return first
    return token


def _in_string(text: str) -> bool:
    """Whether JSON text ends inside a string."""
    inside = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == '"':
            inside = not inside
        else:
            escaped = inside and character == "\\"
    return inside


class _Text:
    """Bytes of tokens gathered into text; half a character waits for its other half.

    Args:
        by_line: hand on whole lines.
    """

    def __init__(self, on_text: Callable[[str], None] | None, by_line: bool) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._on_text, self._by_line = on_text, by_line
        self.shown = 0
        """Characters handed on."""

    def __len__(self) -> int:
        return len(self._text)

    def __str__(self) -> str:
        return self._text

    @property
    def last(self) -> str:
        """The last character."""
        return self._text[-1:]

    @property
    def line(self) -> str:
        """The last whole line."""
        return self._text[self._text.rfind("\n", 0, -1) + 1 :]

    def add(self, data: bytes) -> str:
        """Append a token's bytes; the characters that this makes."""
        made = self._decoder.decode(data)
        self._text += made
        return made

    def show(self) -> None:
        """Hand on what is there."""
        self._show(self._text.rfind("\n") + 1 if self._by_line else len(self._text))

    def back(self, length: int, data: bytes) -> None:
        """Forget all but the first characters, which `data` made; its end may be half a character more."""
        self._text = self._text[:length]
        self._decoder.reset()
        self._decoder.decode(data)

    def finish(self) -> str:
        """The whole text; nothing follows."""
        self._text += self._decoder.decode(b"", final=True)
        self._show(len(self._text))
        return self._text

    def _show(self, to: int) -> None:
        if self._on_text and to > self.shown:
            text, self.shown = self._text[self.shown : to], to
            self._on_text(text)
