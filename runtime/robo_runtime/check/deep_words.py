"""mypy's messages in plain words, by error code (https://mypy.readthedocs.io/en/stable/error_code_list.html).

Codes that are not listed are not told, because on the board nothing goes wrong: `assignment` (a name may
hold now a number and now a text), `var-annotated` (an empty list needs no annotation), `no-redef` (a function
may be written twice), `list-item` and `dict-item` (lists may be mixed), `return-value`, `override`, `misc`;
and `import-not-found`, `name-defined` and `used-before-def`, which `check_program` tells, and knows better.
Two more are left out by their text: what is put into a list that held something else (`__setitem__`), and
attributes of None, which is what mypy takes the items of `[None]` to be for ever.
"""

from __future__ import annotations

import re
from typing import Any

from robo_runtime.check.problem import Problem
from robo_runtime.check.rules import Rule, told
from robo_runtime.check.wording import in_words

_ARGUMENT = r'^Argument (\d+|"\w+") to "(\w+)"(?: of "\w+")? has incompatible type '
_WANTED = r"Value \1 of `\2` must be {4}, not {3}."
_READ = "Read its value first, or look where it gets it."

_RULES = {
    "attr-defined": [
        Rule(r'^Module "(.+)" has no attribute "(\w+)"', r"`\1` has no `\2`.", "Look at the spelling."),
        Rule(r'^"((?!None).+)" has no attribute "(\w+)"; maybe "(\w+)"', r"{1} has no `\2`.",
             r"Did you mean `\3`?"),
        Rule(r'^"((?!None).+)" has no attribute "(\w+)"', r"{1} has no `\2`.",
             "Look where it gets its value."),
    ],
    "arg-type": [
        Rule(_ARGUMENT + '"(float)"; expected "(int.*)"',
             r"Value \1 of `\2` must be a whole number, not one with a fraction.", "Use `int(…)` or `//`."),
        Rule(_ARGUMENT + '"(str)"; expected "((?:int|float).*)"', _WANTED, "Write `int(…)` around the text."),
        Rule(_ARGUMENT + '"(int|float)"; expected "(str.*)"', _WANTED, "Write `str(…)` around it."),
        Rule(_ARGUMENT + '"(.+)"; expected "(.+)"', _WANTED, _READ),
    ],
    "call-arg": [
        Rule(r'^Too many (?:positional )?arguments for "(\w+)"', r"`\1` is given too many values.",
             "Remove some."),
        Rule(r'^Missing (?:positional|named) arguments? (.+) in call to "(\w+)"', r"`\2` needs \1.",
             "Give it a value."),
        Rule(r'^Too few arguments for "(\w+)"', r"`\1` is given too few values.", "Give it what it needs."),
        Rule(r'^Unexpected keyword argument "(\w+)" for "(\w+)"', r"`\2` has no argument `\1`.",
             "Remove it."),
    ],
    "call-overload": [
        Rule(r'^No overload variant of "__getitem__" of "(.+)" matches argument type "(.+)"',
             "an item of {1} is not chosen by {2}.", "Use a whole number: `int(…)` or `//`."),
        Rule(r'^No overload variant of "([a-zA-Z]\w*)".* matches argument types? "([^"]+)"$',
             r"`\1` does not take {2}.", _READ),
        Rule(r'^No overload variant of "([a-zA-Z]\w*)".* matches argument types? "([^"]+)", "([^"]+)"$',
             r"`\1` does not take {2} and {3}.", _READ),
        Rule(r'^No overload variant of "([a-zA-Z]\w*)"', r"`\1` does not take these values.",
             "Look up how it is called: `robo registry show NAME`."),
    ],
    "operator": [
        Rule(r'^Unsupported operand types for (<|>|<=|>=) \("(.+)" and "(.+)"\)',
             r"{2} and {3} cannot be compared with `\1`.", _READ),
        Rule(r'^Unsupported operand types for (\+) \("(.+)" and "(str)"\)',
             r"{2} and {3} do not go together with `\1`.", "Write `str(…)` around what is no text."),
        Rule(r'^Unsupported operand types for (\S+) \("(.+)" and "(.+)"\)',
             r"{2} and {3} do not go together with `\1`.", _READ),
        Rule(r'^No overload variant of "__(\w+)__" of "(str)" matches argument type "(.+)"',
             "{2} and {3} do not go together here.", "Write `str(…)` around what is no text."),
        Rule(r'^No overload variant of "__(\w+)__" of "(.+)" matches argument type "(.+)"',
             "{2} and {3} do not go together here.", _READ),
        Rule(r'^Unsupported (?:left )?operand type for (?:unary )?(\S+) \("(.+)"\)',
             r"{2} does not go with `\1`.", _READ),
        Rule(r'^"(.+)" not callable', "{1} cannot be called.", "Remove the brackets."),
    ],
    "index": [
        Rule(r'^Value of type "(.+)" is not indexable', "{1} has no items.", _READ),
        Rule(r'^Unsupported target for indexed assignment \("(.+)"\)', "the items of {1} cannot be changed.",
             "Use a list."),
        Rule(r'^Invalid index type "(.+)" for "(.+)"; expected type "(.+)"',
             "an item of {2} is chosen by {3}, not by {1}.", "Use `int(…)` or `//`."),
    ],
    "func-returns-value": [
        Rule(r'^"(\w+)"(?: of "\w+")? does not return a value', r"`\1` gives no value back.",
             "Write it on a line of its own."),
    ],
}  # fmt: skip


def problem_of(entry: dict[str, Any]) -> Problem | None:
    """The problem in one entry of mypy's JSON output; None for what is not told."""
    words = told(_RULES.get(entry["code"], []), entry["message"], type_words)
    return Problem(entry["line"], max(entry["column"], 0), "type", *words) if words else None


def type_words(name: str) -> str:
    """A type as mypy writes it, in words: `int | None`, `list[int]`, `def (x: Any) -> Any`."""
    name = name.replace("builtins.", "").strip()
    if name.startswith(("def ", "overloaded function", "Callable[")):
        return in_words("function")
    if found := re.fullmatch(r"[tT]ype\[(\w+)\]", name):
        return f"the class `{found[1]}` itself"
    if found := re.fullmatch(r"Literal\[(.*)\]\??", name):
        return f"`{found[1]}`"
    while (inner := re.sub(r"\[[^\[\]]*\]", "", name)) != name:
        name = inner
    parts = (part.strip().rpartition(".")[2].lstrip("_") for part in name.split("|"))
    return " or ".join(dict.fromkeys(in_words(part) for part in parts))
