"""The automaton says what llama.cpp says: every character of programs good, bad and broken, every token."""

from __future__ import annotations

from random import Random

import pytest
from robo_runtime.automaton import AutomatonGrammar, NotationError
from robo_runtime.automaton import states as states_module
from robo_runtime.automaton.notation import Rules
from robo_runtime.automaton.openings import Openings
from robo_runtime.automaton.states import DEAD, States
from robo_runtime.automaton.vocabulary import begun_range
from robo_runtime.cache import grammar_text
from robo_runtime.engine import GrammarError, load_engine
from robo_runtime.engine.followers import grammar_for
from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator
from robo_runtime.grammar import first_rejected
from robo_runtime.prompt import Part

from benchmarks.grammar.engines import missing
from tests.runtime.conftest import PROGRAM
from tests.runtime.small import JSON_GBNF, SMALL_GBNF

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")


def rejected(automaton: States, text: str) -> int | None:
    """As `first_rejected`, which asks llama.cpp."""
    state = automaton.start
    for at, character in enumerate(text):
        state = automaton.after(state, character)
        if state == DEAD:
            return at
    return None if automaton.whole(state) else len(text)


SMALL = {
    "repeats": ('root ::= "a"* "b"+ "c"? [0-9]{2,4} ("x"|"yz"){1,2} [^a-c\\n]{0,3} "\\n"', "abc019xyz\nd-é𝄞"),
    "classes": ('root ::= [a-cx\\-\\]^-]+ [^\\x41-\\x5a\\"] "\\"" [\\u0900-\\u090f]{2}', 'abcx-]^A"Zअआq'),
    "nothing": ('root ::= ""|"a" root "b"', "aabb"),
    "nested": ('root ::= "(" root ")" root | [x+]*\nother ::= "a"', "(x+())"),
    "json": (JSON_GBNF, '{"a1": [2, tr]e}'),
    "small": (SMALL_GBNF, 'print("a")\nled.on(12)\n'),
    "to zero": ('root ::= "a"{0,0} "b"{3} [a-b]{0,2}', "ab"),
}


@pytest.mark.parametrize("name", SMALL)
def test_random_texts_are_refused_at_the_same_character(name: str) -> None:
    gbnf, letters = SMALL[name]
    automaton, rng = States(Openings(Rules(gbnf))), Random(name)
    whole = 0
    for _ in range(300):
        state, text = automaton.start, ""
        for _ in range(rng.randint(0, 14)):  # mostly along the grammar, so that ends are reached
            able = [c for c in letters if automaton.after(state, c) != DEAD]
            text += rng.choice(able if able and rng.random() < 0.9 else letters)
            state = automaton.after(state, text[-1])
        assert rejected(automaton, text) == first_rejected(gbnf, text), text
        whole += rejected(automaton, text) is None
    assert whole


@pytest.fixture(scope="module")
def programs() -> list[str]:
    """Programs of the composer, and the same with a character changed, lost or doubled."""
    from robo_train.compose import samples

    rng, found = Random(4), [PROGRAM.format(pin=5, ms=200)]
    found += [s.code for s in samples(11, 30, "full")]
    for code in found[:]:
        for _ in range(3):
            at = rng.randrange(len(code))
            found.append(
                code[:at] + rng.choice(["", code[at] * 2, rng.choice(code), "é", "9"]) + code[at + 1 :]
            )
    return [code + "\n" for code in found]


@pytest.mark.parametrize("board", ["esp32", "esp32c3"])
def test_programs_are_refused_at_the_same_character(programs: list[str], board: str) -> None:
    gbnf = grammar_text(board)
    automaton = States(Openings(Rules(gbnf)))
    bad = 0
    for code in programs:
        assert rejected(automaton, code) == first_rejected(gbnf, code), code
        bad += rejected(automaton, code) is not None
    assert 0 < bad < len(programs)


@pytest.fixture(scope="module")
def engine(model):
    with_model = load_engine(model)
    yield with_model
    with_model.close()


@pytest.mark.parametrize("follower", ["llama.cpp", "llguidance"])
def test_the_same_program_is_written_whoever_follows(model, follower: str) -> None:
    if follower == "llguidance":
        pytest.importorskip("llguidance")
    codes = []
    for name in ("automaton", follower):
        with Generator(model, follower=name) as generator:
            codes.append([generator.generate(f"blink {n}", max_tokens=80).code for n in range(4)])
    assert codes[0] == codes[1]
    assert any(codes[0])


def test_an_unknown_follower_is_named(model) -> None:
    with pytest.raises(RoboError, match="known: automaton"):
        Generator(model, follower="prayer")


TEXTS = ['print("é नमस्ते 𝄞", 12)\n', PROGRAM.format(pin=4, ms=120), "# Sorry: no.\n"]


@pytest.mark.parametrize("text", TEXTS)
def test_every_token_of_the_vocabulary_is_judged_alike(engine, text: str) -> None:
    gbnf = grammar_text("esp32")
    ours = AutomatonGrammar(gbnf, engine)
    theirs = [engine.grammar(gbnf)]
    if not missing("llguidance"):
        theirs.append(grammar_for("llguidance", gbnf, engine))
    for i, token in enumerate(engine.encode([Part(text, False)])):
        if i % 5 == 0:
            assert ours.allowed() == {t for t in range(engine.n_vocab) if ours.allows(t)}
            for other in theirs:
                assert ours.allowed() == {t for t in range(engine.n_vocab) if other.allows(t)}
        for each in (ours, *theirs):
            each.accept(token)
    assert all(ours.allows(end) == other.allows(end) for end in engine.ends for other in theirs)


def test_bytes_of_a_character_come_in_order(engine) -> None:
    grammar = AutomatonGrammar('root ::= [\\u0900-\\u0909]{2} "\\n"', engine)
    byte = {b: engine.encode([Part("\x00", False)])[0] + b for b in range(256)}
    assert engine.piece(byte[0xE0]) == b"\xe0"
    for value, allowed in ((0xE1, False), (0xE0, True), (0xA4, True), (0x8A, False), (0x85, True)):
        assert grammar.allows(byte[value]) == allowed
        assert (byte[value] in grammar.allowed()) == allowed
        if allowed:
            grammar.accept(byte[value])
    assert not grammar.allows(engine.ends[0])


def test_a_begun_character_can_become_what_unicode_has() -> None:
    for n in (*range(0x80, 0x3000, 7), 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x10FFFF):
        data = chr(n).encode()
        for used in range(1, len(data)):
            low, high = begun_range(data[:used]) or (1, 0)
            assert low <= n <= high
            for edge in (low, high):
                if not 0xD800 <= edge <= 0xDFFF:
                    assert chr(edge).encode()[:used] == data[:used]
    for data in (
        b"\xc0",
        b"\xc1",
        b"\xf5",
        b"\xff",
        b"\x80",
        b"\xe0\x80",
        b"\xed\xa0",
        b"\xf4\x90",
        b"\xf0\x80",
    ):
        assert begun_range(data) is None


def test_a_ban_holds_for_one_token(engine) -> None:
    grammar = AutomatonGrammar('root ::= "a"+ "\\n"', engine)
    (a,) = engine.encode([Part("a", False)])
    grammar.ban(frozenset([a]))
    assert not grammar.allows(a)
    assert a not in grammar.allowed()
    with pytest.raises(GrammarError, match="not allowed"):
        grammar.accept(a)
    grammar.ban(frozenset())
    grammar.accept(a)
    assert grammar.allows(a)
    assert not grammar.fresh().allows(engine.ends[0])


def test_forced_text_is_what_no_grammar_allows_otherwise(engine) -> None:
    gbnf = grammar_text("esp32")
    grammar, judge = AutomatonGrammar(gbnf, engine), engine.grammar(gbnf)
    told = 0
    for token in engine.encode([Part(PROGRAM.format(pin=4, ms=120), False)]):
        grammar.accept(token)
        judge.accept(token)
        forced = b"".join(engine.piece(t) for t in grammar.forced())
        if forced:  # then every token that may follow begins as it does, or is a part of it
            told += 1
            for other in range(engine.n_vocab):
                piece = engine.piece(other)
                if judge.allows(other):
                    assert forced.startswith(piece) or piece.startswith(forced)
    assert told > 5


def test_what_is_remembered_does_not_grow_for_ever(engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states_module, "_MOST_STATES", 40)
    grammar = AutomatonGrammar(grammar_text("esp32"), engine)
    seen = set()
    for n in range(20):
        follow = grammar.fresh()
        for token in engine.encode([Part(PROGRAM.format(pin=12 + n % 4, ms=n), False)]):
            assert follow.allows(token)
            follow.accept(token)
        seen.add(id(follow._states))
    assert len(seen) > 1


def test_a_model_that_knows_nothing_does_not_fill_the_memory(engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states_module, "_MOST_STATES", 300)
    gbnf = grammar_text("esp32")
    small, judge = AutomatonGrammar(gbnf, engine), engine.grammar(gbnf)
    rng, most = Random(5), 0
    for _ in range(60):
        allowed = sorted(small.allowed())
        assert all(judge.allows(t) for t in rng.sample(allowed, min(20, len(allowed))))
        token = rng.choice([t for t in allowed if t not in engine.ends])
        small.accept(token)
        judge.accept(token)
        most = max(most, len(small._states._states))
    assert most < 20_000


@pytest.mark.parametrize(
    ("gbnf", "said"),
    [
        ("", "no rule called root"),
        ('root ::= "a" (', "not GBNF"),
        ("root ::= missing", "no rule called missing"),
        ('root ::= "a"\nroot ::= "b"', "not one rule"),
        ("root ::= * ", "not GBNF"),
        ('root ::= "a"{9,2}', "cannot be followed"),
        ('root ::= "a"{999999}', "cannot be followed"),
        ('root ::= "a', "not GBNF"),
    ],
)
def test_what_is_no_grammar_is_told(gbnf: str, said: str) -> None:
    with pytest.raises(NotationError, match=said):
        States(Openings(Rules(gbnf))).after(0, "a")
