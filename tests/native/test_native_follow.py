"""Which token and which line may come next: the native core says what the Python runtime says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from robo_runtime.automaton import AutomatonGrammar
from robo_runtime.cache import grammar_text, scope_table
from robo_runtime.generate import Generator
from robo_runtime.prompt import Part
from robo_runtime.scope.grammar import ScopedGrammar
from robo_runtime.scope.machine import Machine, Open
from robo_runtime.scope.state import State

from tests.native.binding import Error, Native, Walk
from tests.native.conftest import BOARD
from tests.runtime.composed import composed

pytestmark = pytest.mark.llama
MUTATIONS = int(os.environ.get("ROBO_NATIVE_MUTATIONS", "3"))
"""Of each line."""


def allowed_by(grammar: ScopedGrammar | AutomatonGrammar, vocabulary: int) -> set[int]:
    """Every token that the automaton allows, and the scope, asked about one by one."""
    if isinstance(grammar, AutomatonGrammar):
        return grammar.allowed()
    return {token for token in range(vocabulary) if grammar.allows(token)}


@pytest.mark.parametrize("scoped", [False, True])
def test_the_same_tokens_may_come_next(native: Native, python: Generator, scoped: bool) -> None:
    """All tokens at some places, the next one and the forced ones at every place."""
    engine, rng = python.engine, Random(7)
    for code in composed()[: 1 if scoped else 3]:
        theirs: Any = AutomatonGrammar(grammar_text(BOARD), engine)
        if scoped:
            theirs = ScopedGrammar(theirs, Machine(scope_table()), engine)
        ours = Walk(native, scoped=scoped, vocabulary=engine.n_vocab)
        tokens = engine.encode([Part(code, False)])
        places = set(rng.sample(range(len(tokens)), 1))
        for at, token in enumerate([*tokens, engine.ends[0]]):
            assert ours.forced() == list(theirs.forced())
            if at in places:
                assert ours.allowed() == allowed_by(theirs, engine.n_vocab)
            assert ours.allows(token) == theirs.allows(token)
            if not theirs.allows(token):
                break
            theirs.accept(token)
            assert ours.accept(token)
        ours.close()


@pytest.fixture(scope="module")
def outcome(library: Any, data: Path) -> Iterator[Callable[[str, str], str]]:
    """What comes of a line behind a program, in the native core."""
    content = data.read_bytes()
    scope = library.robo_parts_scope(content, len(content), Error())
    assert scope
    words = {0: "state", 1: "line", 2: "never", -1: "program"}
    yield lambda program, line: words[library.robo_parts_outcome(scope, program.encode(), line.encode())]
    library.robo_parts_scope_free(scope)


def test_lines_and_broken_lines_come_to_the_same(outcome: Callable[[str, str], str]) -> None:
    """Every line of programs, whole, cut anywhere, and changed at random."""
    machine, rng = Machine(scope_table()), Random(3)
    programs = [*composed()[:25], *_authored()[::4]]
    assert len(programs) > 50
    seen = {"state": 0, "line": 0, "never": 0}
    for code in programs:
        state, program, line = machine.start().state, "", ""
        words = sorted(set(code.replace("(", " ").replace(")", " ").split()))
        for part in code.splitlines(keepends=True):
            line += part
            tried = [
                line,
                line[: rng.randrange(len(line))],
                *(_changed(line, words, rng) for _ in range(MUTATIONS)),
            ]
            for text in tried:
                expected = _outcome(machine, state, text)
                if expected is None:
                    continue
                assert outcome(program, text) == expected, (program, text)
                seen[expected] += 1
            found = machine.outcome(state, line)
            if isinstance(found, State):
                state, program, line = found, program + line, ""
            elif found is Open.never:
                break
    assert min(seen.values()) > 100


def _outcome(machine: Machine, state: State, text: str) -> str | None:
    """None for a line that no grammar lets come here, as an `else` without an `if`."""
    try:
        found = machine.outcome(state, text)
    except (IndexError, AssertionError):
        return None
    return "state" if isinstance(found, State) else found.name


def _authored() -> list[str]:
    sources = pytest.importorskip("robo_train.corpus.sources")
    from robo_runtime.cache import configured_registry

    records = sources.project_records(configured_registry(), [])
    return sorted({r.code.rstrip("\n") + "\n" for r in records if r.code})


def _changed(line: str, words: list[str], rng: Random) -> str:
    """A line with a character or a word replaced, lost or doubled."""
    at = rng.randrange(len(line))
    if rng.random() < 0.5:
        inside = line.split(" ")
        inside[rng.randrange(len(inside))] = rng.choice(words)
        return " ".join(inside).rstrip("\n") + "\n"
    new = rng.choice(["", line[at] * 2, rng.choice(line), "é", "9", '"', "(", "None", "[", ".append("])
    return line[:at] + new + line[at + 1 :]
