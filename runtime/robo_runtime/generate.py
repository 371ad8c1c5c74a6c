"""A prompt in, a checked MicroPython program out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robo_runtime.cache import configured_registry, grammar_text, scope_table
from robo_runtime.decode import Budget, Decoded, Form, Stopped, decode
from robo_runtime.engine import Engine, EngineError, Grammar, GrammarError, load_engine
from robo_runtime.engine.followers import grammar_for
from robo_runtime.errors import RoboError
from robo_runtime.prompt import Part, render, shared_parts
from robo_runtime.threads import default_threads

if TYPE_CHECKING:
    from robo_runtime.check import Problem
    from robo_runtime.registry import Registry

MIN_ROOM = 32  # tokens a program needs at the very least; a longer prompt is refused


@dataclass(frozen=True)
class Timings:
    """Where the time went: seconds, except the counts and the rate."""

    load: float
    """Model, grammar and context; the same for every prompt of one generator."""
    prompt_tokens: int
    prefill: float
    first_token: float
    """From the call to the first token chosen."""
    decode: float
    """From the end of prefill to the end of the program."""
    tokens: int
    tokens_per_second: float
    refused: int
    """Tokens the model wanted and the grammar did not."""
    check: float
    """Of the finished program, once or more often."""

    def as_dict(self) -> dict[str, float]:
        """The same for JSON, in microsecond steps."""
        return {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Result:
    """One answer. `code` is empty when no whole statement fitted the budget."""

    code: str
    valid: bool
    """The program parses and the API check found no problem."""
    problems: list[Problem]
    timings: Timings
    stopped: Stopped


@dataclass(frozen=True)
class Written:
    """What the decoder made of a prompt, and when: `time.perf_counter()` at three points."""

    decoded: Decoded
    prompt_tokens: int
    start: float
    prefilled: float
    end: float
    judged: float = 0.0
    """Seconds in which finished programs were judged before `end`."""

    def timings(self, load: float, check: float) -> Timings:
        """The same as durations; judging is a part of `check`."""
        done, spent = self.decoded, self.end - self.prefilled - self.judged
        return Timings(
            load=load,
            prompt_tokens=self.prompt_tokens,
            prefill=self.prefilled - self.start,
            first_token=max(done.first_token_at - self.start, 0.0),
            decode=spent,
            tokens=done.tokens,
            tokens_per_second=done.tokens / spent if spent > 0 else 0.0,
            refused=done.refused,
            check=check + self.judged,
        )


class PromptTooLong(RoboError):
    """The prompt leaves the model no room for a program."""


class Generator:
    """A loaded model that answers one prompt after another; calls from several threads take turns."""

    def __init__(
        self,
        model: Path | str,
        *,
        board: str = "esp32",
        constrained: bool = True,
        threads: int | None = None,
        context: int | None = None,
        grammar: str | None = None,
        registry: Registry | None = None,
        follower: str = "automaton",
        engine: Engine | None = None,
    ) -> None:
        """Load a model.

        Args:
            board: a name of `configs/boards`; fixes which pins the grammar and the check allow.
            constrained: write only what the grammar allows. Without a grammar nothing is written.
            threads: CPU threads; `$ROBO_THREADS` when None, else what `robo tune` measured, else 1.
            context: tokens of prompt and program together; the model's own limit when None.
            grammar: GBNF text to use in place of the one generated from the registry.
            follower: who follows the grammar of the registry: one of `engine.followers.FOLLOWERS`.
            registry: what programs may use; the one of `configs/` when None. Its grammar is built anew, in
                about a second, where that of `configs/` is cached.
            engine: one that has the model loaded, for files that no engine of the runtime takes.

        Raises:
            RoboError: the model, the board or the grammar cannot be used.
        """
        start = time.perf_counter()
        self.model, self.board = Path(model), board
        self._lock = threading.Lock()
        self._registry = self._given_registry = registry
        self._given_grammar, self._follower = grammar, follower
        self._last_check: tuple[str, str, list[Problem]] | None = None
        self.engine = engine or load_engine(
            self.model, threads=default_threads(self.model) if threads is None else threads, context=context
        )
        self._grammar: Grammar | None = None
        self._used = False
        if constrained:
            self._grammar = self._lazy(board) if grammar is None else self.engine.grammar(grammar)
        self.load_s = time.perf_counter() - start

    def generate(
        self,
        prompt: str,
        *,
        system: str = "",
        lang: str | None = None,
        hardware: str | Sequence[str] = "",
        max_tokens: int | None = None,
        temperature: float = 0.0,
        top_k: int = 40,
        seed: int = 0,
        on_text: Callable[[str], None] | None = None,
        on_legal: Callable[[], None] | None = None,
        cancel: threading.Event | None = None,
        dry_run: float | None = None,
    ) -> Result:
        """Write the program `prompt` asks for.

        Args:
            prompt, system, lang, hardware: see `robo_runtime.prompt.render`.
            max_tokens: the program's hard limit; what the context leaves when None.
            temperature: 0 always takes the best token; sampling above.
            top_k: sample among so many tokens only; 0 means all.
            seed: the same seed gives the same program on the same machine.
            on_text, on_legal, cancel: see `robo_runtime.decode.decode`; `Result.code` counts.
            dry_run: virtual seconds for which a program without problems is also run in the simulator; what
                stops it there is a problem of the result. None does not run it.

        Raises:
            PromptTooLong: names the prompt's length and the limit.
            RoboError: an empty prompt, an unknown language, a value out of range.
        """
        parts = render(prompt, system=system, lang=lang, hardware=hardware)
        written = self.write(
            parts,
            max_tokens=max_tokens,
            temperature=temperature,
            top_k=top_k,
            seed=seed,
            on_text=on_text,
            on_legal=on_legal,
            cancel=cancel,
            judge=self.first_wrong if self.judges else None,
        )
        code = written.decoded.code
        decoded = time.perf_counter()
        problems = self.check(code) if code else [nothing_fitted(written.decoded.tokens)]
        if dry_run is not None and not problems:
            from robo_runtime.check.dry_run import dry_run as run_dry

            problems = run_dry(code, dry_run, board=self.board)
        timings = written.timings(self.load_s, check=time.perf_counter() - decoded)
        return Result(code, not problems, problems, timings, written.decoded.stopped)

    def write(
        self,
        parts: Sequence[Part],
        *,
        grammar: Grammar | None = None,
        form: Form = "program",
        max_tokens: int | None = None,
        temperature: float = 0.0,
        top_k: int = 40,
        seed: int = 0,
        on_text: Callable[[str], None] | None = None,
        on_legal: Callable[[], None] | None = None,
        cancel: threading.Event | None = None,
        judge: Callable[[str], int | None] | None = None,
    ) -> Written:
        """Continue a rendered prompt; what is written is judged by `judge` alone. Raises as `generate`.

        Args:
            grammar: one of this generator's engine, at its start; the generator's own when None.
            form: what that grammar describes.
            judge: see `robo_runtime.decode.decode`.
        """
        start = time.perf_counter()
        if max_tokens is not None and max_tokens < 1:
            raise EngineError(f"max_tokens is {max_tokens}; use 1 or more")
        with self._lock:
            engine = self.engine
            picker = engine.picker(temperature, top_k, seed)
            shared = shared_parts(parts)
            prefix, ids = engine.encode(parts[:shared]), engine.encode(parts[shared:])
            if (length := len(prefix) + len(ids)) + MIN_ROOM > engine.n_ctx:
                raise PromptTooLong(
                    f"the prompt is {length} tokens long; this model takes {engine.n_ctx - MIN_ROOM} "
                    f"(its context of {engine.n_ctx} less {MIN_ROOM} for a program): shorten it"
                )
            engine.begin(prefix)
            engine.feed(ids)
            watch = None if judge is None else _Watch(judge)
            prefilled = time.perf_counter()
            done = decode(
                engine,
                picker,
                self._next_grammar() if grammar is None else grammar,
                Budget.of(min(max_tokens or engine.room(), engine.room()), form),
                form=form,
                on_text=on_text,
                on_legal=on_legal,
                cancel=cancel,
                judge=watch,
            )
            end = time.perf_counter()
        return Written(done, length, start, prefilled, end, watch.seconds if watch else 0.0)

    @property
    def judges(self) -> bool:
        """Whether a finished program is checked before it is handed over: not under a grammar that was given,
        which may allow what the registry does not."""
        return self._grammar is not None and self._given_grammar is None

    def first_wrong(self, code: str, board: str | None = None) -> int | None:
        """The place of the first character that `check` finds fault with; None where it finds none."""
        return first_wrong(self.check(code, board), code)

    def check(self, code: str, board: str | None = None) -> list[Problem]:
        """Syntax, API, pins and ranges of a program, against the registry and a board, the generator's own
        when None. A finished program is asked about twice and checked once."""
        from robo_runtime.check import check_program

        board = board or self.board
        if self._last_check is None or self._last_check[:2] != (code, board):
            self._last_check = code, board, check_program(code, self.registry, board)
        return list(self._last_check[2])

    @property
    def registry(self) -> Registry:
        """What programs may use; the one of `configs/` is read when first needed."""
        if self._registry is None:
            self._registry = configured_registry()
        return self._registry

    def use_board(self, board: str) -> None:
        """Allow the pins of another board, from the next prompt on.

        Raises:
            RoboError: there is no such board, or the generator has a grammar text, which fixes the pins.
        """
        if self._given_grammar is not None:
            raise RoboError("this generator was given a grammar text; make another one for another board")
        if board not in self.registry.boards:
            raise RoboError(f"unknown board {board!r}; known: {', '.join(self.registry.boards)}")
        with self._lock:
            if self._grammar is not None:
                self._grammar, self._used = self._lazy(board), False
            self.board = board

    def program_grammar(self, board: str, *, eager: bool = True) -> Grammar:
        """The grammar of programs for a board, at its start; for `write`, or to look into. A grammar text
        that the generator was given holds for every board.

        Args:
            eager: look at names and types of every token; otherwise once a line, which `write` copes with.

        Raises:
            RoboError: there is no such board.
        """
        if self._given_grammar is not None:
            return self.engine.grammar(self._given_grammar)
        return self._own_grammar(board, eager=eager)

    def _lazy(self, board: str) -> Grammar:
        """For `write`, which can go back to a token that should not have been chosen."""
        return self._own_grammar(board, eager=False)

    def _own_grammar(self, board: str, *, eager: bool = True) -> Grammar:
        """The registry's grammar, narrowed to the names and types that a program has where it stands."""
        from robo_runtime.scope.grammar import ScopedGrammar
        from robo_runtime.scope.machine import Machine

        if self._given_registry is not None:
            from robo_runtime.grammar import micropython_gbnf
            from robo_runtime.scope.compiler import compile_table

            grammar = grammar_for(self._follower, micropython_gbnf(self._given_registry, board), self.engine)
            table = compile_table(self._given_registry)
        else:
            table = scope_table()
            try:
                grammar = grammar_for(self._follower, grammar_text(board), self.engine)
            except GrammarError:  # a damaged cache entry, if the second attempt succeeds
                grammar = grammar_for(self._follower, grammar_text(board, fresh=True), self.engine)
        return ScopedGrammar(grammar, Machine(table), self.engine, eager=eager)

    def _next_grammar(self) -> Grammar | None:
        """The grammar at its start; one that was given is parsed once more only for the second prompt."""
        if self._grammar and self._used:
            self._grammar = self._grammar.fresh()
        self._used = True
        return self._grammar

    def close(self) -> None:
        """Free the model; the generator is of no use afterwards."""
        with self._lock:
            self._grammar = None
            self.engine.close()

    def __enter__(self) -> Generator:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def first_wrong(problems: Sequence[Problem], code: str) -> int | None:
    """Where the first problem of a program is, in characters; None when there is none."""
    if not problems:
        return None
    first = min(problems, key=lambda p: (p.line, p.column))
    lines = code.split("\n")  # other line ends are characters of a text to Python
    line = lines[first.line - 1].encode()
    before = sum(len(line) + 1 for line in lines[: first.line - 1])
    return before + len(line[: first.column].decode(errors="ignore"))


class _Watch:
    """A judge whose time is taken."""

    def __init__(self, judge: Callable[[str], int | None]) -> None:
        self._judge = judge
        self.seconds = 0.0

    def __call__(self, code: str) -> int | None:
        start = time.perf_counter()
        try:
            return self._judge(code)
        finally:
            self.seconds += time.perf_counter() - start


def nothing_fitted(tokens: int) -> Problem:
    """What is wrong with an answer that is empty."""
    from robo_runtime.check import Problem

    return Problem(
        line=1,
        column=0,
        kind="syntax",
        message=f"No whole statement was finished in {tokens} tokens.",
        fix="Allow more tokens, or word the request differently.",
    )
