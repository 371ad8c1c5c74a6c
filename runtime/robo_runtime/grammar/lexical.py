"""The rules that are the same everywhere: numbers, strings, operators, comments, line ends."""

from __future__ import annotations

from robo_runtime.grammar.gbnf import Grammar
from robo_runtime.grammar.ranges import FRACTION

INT_DIGITS = 12
"""Longest integer: enough for a tick count in microseconds, and a model that loops on a digit stops."""

BLANK_LINES = 2
"""Blank lines in a row at most."""

_CONTROL = r"\x00-\x1f\x7f"


def add_lexical(g: Grammar) -> None:
    """Add `int`, `number`, `string`, `bytes`, `binop`, `eol` and their parts."""
    more = INT_DIGITS - 1
    g.rule("int", f"[1-9] [0-9]{{0,{more}}}", '"0" radix?')
    g.rule("radix", '"x" hex{1,8}', '"b" [01]{1,32}')
    g.rule("hex", "[0-9a-fA-F]")
    g.rule("number", f"[1-9] [0-9]{{0,{more}}} fraction?", '"0" (radix|fraction)?')
    g.rule("fraction", f'"." [0-9]{{1,{FRACTION}}} exponent?', "exponent")
    g.rule("exponent", '"e" "-"? [1-9] [0-9]?')

    g.rule("string", '"\\"" char* "\\""')
    g.rule("char", f'[^"\\\\{_CONTROL}]', "escape")
    g.rule("escape", r'"\\" ([ntr0\\"' + "'" + r'] | "x" hex{2} | "u" hex{4})')
    g.rule("bytes", '"b\\"" bytechar* "\\""')
    g.rule("bytechar", r"[ !#-\[\]-~]", r'"\\" ([ntr0\\"' + "'" + r'] | "x" hex{2})')
    # Inside the braces of an f-string neither the outer quote nor a backslash may stand.
    g.rule("inner-string", f'"\'" [^"\'\\\\{{}}{_CONTROL}]* "\'"')
    g.rule("f-char", f'[^"\\\\{{}}{_CONTROL}]', "escape", '"}}"')
    g.rule("f-end", '"!" [rs] f-format', "f-format")
    g.rule("f-format", '"}"', '":" [<>^]? [0-9]{0,2} ("." [0-9])? [bdefgosxX%]? "}"')

    g.rule(
        "binop",
        "[-+%&|^]", '"*" "*"?', '"/" "/"?', '[=!] "="', '"<" [<=]?', '">" [>=]?',
        '"i" ("n"|"s" (" not")?)', '"not in"',
    )  # fmt: skip
    g.rule("augmented", "[-+%&|^]", '"*" "*"?', '"/" "/"?', '"<<"', '">>"')
    g.rule("text", f"[^{_CONTROL}]*")
    g.rule("blank", f'"\\n"{{0,{BLANK_LINES}}}')
    g.rule("eol", '"\\n" blank', '"  # " text "\\n" blank')
    g.rule("eol-open", '"\\n"', '"  # " text "\\n"')
    g.rule("comment", '"# " text "\\n" blank')
    # A line may be broken after an opening bracket and after a comma.
    g.rule("wrap", '"\\n" "    "{1,5}')
    g.rule("unwrap", '"\\n" "    "{0,5}')
