"""The building blocks of the grammar, against Python's own arithmetic, `re` and `inspect`."""

from __future__ import annotations

import inspect
import itertools
import re

import pytest
from robo_runtime.grammar.gbnf import Grammar, char_class, literal, words
from robo_runtime.grammar.ranges import float_range, int_range
from robo_runtime.grammar.signatures import Param, call_rule
from robo_runtime.grammar.values import ANY

from tests.runtime.gbnf_walk import pattern, read


def matcher(g: Grammar, root: str) -> re.Pattern[str]:
    rules = read(g.text())
    return re.compile(pattern(rules, rules[root]))


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0, 100),
        (1, 4),
        (0, 0),
        (7, 7),
        (10, 10000),
        (-100, 100),
        (-360, -90),
        (20, 1023),
        (99, 101),
        (0, 65535),
    ],
)
def test_an_integer_range_matches_exactly_its_numbers(low: int, high: int) -> None:
    g = Grammar()
    rule = matcher(g, int_range(g, low, high))
    near = {low - 1, low, low + 1, high - 1, high, high + 1, *range(-400, 1100)}
    near |= {n * 10**k + d for n in (low, high) for k in (0, 1) for d in (-1, 0, 1)}
    for n in near:
        assert bool(rule.fullmatch(str(n))) == (low <= n <= high), n
    for text in ("", "-", "00", "01", "+1", "1.0", "1e2", "-0", " 1"):
        assert not rule.fullmatch(text)


@pytest.mark.parametrize(("low", "high"), [(0, 127), (0, 255), (16, 300), (1, 5000000)])
def test_an_integer_may_be_hexadecimal_within_the_same_range(low: int, high: int) -> None:
    g = Grammar()
    rule = matcher(g, int_range(g, low, high))
    for n in {*range(400), high - 1, high, high + 1, high * 16}:
        for text in (f"0x{n:x}", f"0x{n:X}"):
            assert bool(rule.fullmatch(text)) == (low <= n <= high), text


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.0, 60.0), (0.125, 8.0), (0.5, 0.75), (5.0, 200.0), (-1.5, 2.25), (0.1, 1.0), (3.3, 3.3)],
)
def test_a_decimal_range_matches_exactly_its_numbers(low: float, high: float) -> None:
    g = Grammar()
    rule = matcher(g, float_range(g, low, high))
    texts = {str(n) for n in range(-5, 210)} | {f"{n / 1000:.3f}" for n in range(-3000, 9000, 5)}
    texts |= {f"{high + d:.4f}" for d in (-0.0001, 0.0001)} | {f"{low + d:.4f}" for d in (-0.0001, 0.0001)}
    for text in texts - {"-0", "-0.000"}:
        assert bool(rule.fullmatch(text)) == (low <= float(text) <= high), text
    for text in ("", ".", "1.", ".5", "00.5", "1e0", "0.0000000"):
        assert not rule.fullmatch(text)


SIGNATURES = [
    [()],
    [(Param("a", frozenset([ANY])),)],
    [(Param("a", frozenset([ANY])), Param("b", frozenset([ANY]), required=False))],
    [(Param("a", frozenset([ANY]), kind="positional"), Param("b", frozenset([ANY]), kind="keyword"))],
    [(Param("a", frozenset([ANY]), required=False), Param("b", frozenset([ANY]), required=False, kind="keyword"),
      Param("c", frozenset([ANY]), required=False, kind="keyword"))],
    [(), (Param("a", frozenset([ANY]), kind="positional"),)],
    [(Param("a", frozenset([ANY])),), (Param("b", frozenset([ANY])), Param("c", frozenset([ANY])))],
    [(Param("a", frozenset([ANY]), required=False), Param("b", frozenset([ANY])), )[::-1]],
]  # fmt: skip
KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "both": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
}


def python_signature(parameters: tuple[Param, ...]) -> inspect.Signature:
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [inspect.Parameter(p.name, KINDS[p.kind], default=empty if p.required else 0) for p in parameters]
    )


def binds(signature: inspect.Signature, positional: int, keywords: tuple[str, ...]) -> bool:
    try:
        signature.bind(*[0] * positional, **dict.fromkeys(keywords, 0))
    except TypeError:
        return False
    return True


@pytest.mark.parametrize("overloads", SIGNATURES)
def test_arguments_are_accepted_as_python_would_bind_them(overloads: list[tuple[Param, ...]]) -> None:
    g = Grammar()
    rule = matcher(g, call_rule(g, overloads, lambda _: '"0"', '"z"'))
    signatures = [python_signature(parameters) for parameters in overloads]
    for positional in range(4):
        for n in range(4):
            for keywords in itertools.permutations("abcd", n):
                text = ", ".join(["0"] * positional + [f"{k}=0" for k in keywords]) + ")"
                expected = any(binds(s, positional, keywords) for s in signatures)
                assert bool(rule.fullmatch(text)) == expected, text


def test_many_keywords_keep_the_order_of_the_signature() -> None:
    g = Grammar()
    parameters = tuple(Param(c, frozenset([ANY]), required=c == "c", kind="keyword") for c in "abcdef")
    rule = matcher(g, call_rule(g, [parameters], lambda _: '"0"', '"z"'))
    for n in range(7):
        for keywords in itertools.combinations("abcdef", n):
            assert bool(rule.fullmatch(", ".join(f"{k}=0" for k in keywords) + ")")) == ("c" in keywords)
    assert not rule.fullmatch("d=0, c=0)")


def test_words_match_themselves_and_nothing_else() -> None:
    g = Grammar()
    known = ["on", "off", "value", "val", "duty", "duty_u16", "duty_ns", "a", "b"]
    rule = matcher(g, words(g, {w: literal("(") for w in known}))
    for w in [*known, "o", "of", "du", "duty_", "valu", "c", "onn", ""]:
        assert bool(rule.fullmatch(w + "(")) == (w in known)


@pytest.mark.parametrize("chars", ["abc", "abcxyz_", "-", "]", "a-]\\^[", "0123456789"])
def test_a_class_holds_its_characters_only(chars: str) -> None:
    g = Grammar()
    rule = matcher(g, g.share(char_class(chars)))
    assert {chr(c) for c in range(32, 127) if rule.fullmatch(chr(c))} == set(chars)


def test_a_rule_is_shared_by_content_and_never_redefined() -> None:
    g = Grammar()
    assert g.share('"a"', '"b"') == g.share('"a"', '"b"') != g.share('"b"')
    g.rule("one", '"1"')
    with pytest.raises(ValueError, match="defined twice"):
        g.rule("one", '"2"')
    with pytest.raises(ValueError, match="at least one"):
        g.share()
