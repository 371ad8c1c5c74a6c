"""One grammar or the other: the same as both in one text."""

from __future__ import annotations

import ctypes
import math

import pytest
from robo_runtime.decode import Budget, decode
from robo_runtime.engine import GrammarError, load_engine
from robo_runtime.prompt import Part, render

from .small import JSON_GBNF, SMALL_GBNF

pytest.importorskip("llama_cpp")
from robo_runtime.serve.either import Either

pytestmark = pytest.mark.llama

_OTHER_NAMES = {"root": "program", "value": "thing", "string": "word", "number": "count"}


def both():
    """SMALL_GBNF and JSON_GBNF as one text; rules of equal name are renamed in the first."""
    small, rest = SMALL_GBNF, JSON_GBNF.partition("root ::= value")[2]
    for name, other in _OTHER_NAMES.items():
        small = small.replace(f"{name} ::=", f"{other} ::=").replace(f" {name} ", f" {other} ")
        small = small.replace(f"({name} ", f"({other} ").replace(f" {name})", f" {other})")
        small = small.replace(f" {name}\n", f" {other}\n")
    return f"root ::= program | value\n{small}{rest}"


@pytest.fixture(scope="module")
def engine(model):
    loaded = load_engine(model)
    yield loaded
    loaded.close()


def masked(engine, grammar):
    """The tokens that a mask leaves."""
    data = (engine.lc.llama_token_data * engine.n_vocab)()
    for token in range(engine.n_vocab):
        data[token].id, data[token].logit = token, 1.0
    array = engine.lc.llama_token_data_array(data=data, size=engine.n_vocab, selected=-1, sorted=False)
    grammar.mask(ctypes.byref(array))
    return {data[i].id for i in range(engine.n_vocab) if math.isfinite(data[i].logit)}


def test_it_allows_masks_and_writes_what_one_text_of_both_does(engine):
    one = engine.grammar(both())
    for seed in range(12):
        two = Either([engine.grammar(SMALL_GBNF), engine.grammar(JSON_GBNF)])
        if seed == 0:
            assert masked(engine, two) == masked(engine, one)
        texts = []
        for grammar in (two, one.fresh()):
            engine.reset()
            engine.feed(engine.encode(render("blink")))
            picker = engine.picker(1.0, 40, seed)
            texts.append(decode(engine, picker, grammar, Budget.of(40), form="text").code)
        assert texts[0] == texts[1]


def test_what_none_of_them_allows_is_refused_and_fresh_begins_again(engine):
    two = Either([engine.grammar('root ::= "ab"'), engine.grammar('root ::= "ac"')])
    a, b, c = (engine.encode([Part(letter, False)])[0] for letter in "abc")
    again = two.fresh()
    two.accept(a)
    assert two.allows(b)
    assert two.allows(c)
    two.accept(c)
    assert two.allows(engine.ends[0])
    assert not again.allows(c)
    with pytest.raises(GrammarError, match="not allowed here"):
        again.accept(c)
