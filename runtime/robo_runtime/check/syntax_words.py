"""CPython's messages about syntax, in plain words. They differ between versions; others are quoted."""

from __future__ import annotations

from robo_runtime.check.rules import Rule, told

_LOOK = "Look at its brackets, commas and quotes, and at the spelling of its words."

_RULES = [
    Rule(r"'(.)' was never closed", r"The bracket `\1` is never closed.", "Add the one that closes it."),
    Rule(r"unmatched '(.)'", r"`\1` closes a bracket that was never opened.", "Remove it."),
    Rule(r"closing parenthesis '(.)' does not match opening parenthesis '(.)'",
         r"`\1` does not close what `\2` has opened.", "Use brackets in pairs: `()`, `[]`, `{}`."),
    Rule(r"unterminated (?:triple-quoted )?(?:f-)?string|EOL while|EOF while scanning triple",
         "The text is never closed.", "End it with the same quote that begins it."),
    Rule(r"Missing parentheses in call to '(\w+)'", r"`\1` needs brackets.", r"Write `\1(…)`."),
    Rule("expected ':'", "A colon is missing.", "Write `:` at the end of this line."),
    Rule(r"expected an indented block after '?(.+?)'? (?:statement |definition |clause )?on line (\d+)",
         r"What belongs to `\1` in line \2 is missing, or not indented.",
         "Begin its lines with four spaces."),
    Rule("expected an indented block", "The lines of this block are missing, or not indented.",
         "Begin them with four spaces."),
    Rule("unexpected indent", "This line is indented without a reason.",
         "Remove the spaces before it, or let the line above end with a colon."),
    Rule("unindent does not match",
         "This line is indented neither like the block above nor like what is outside.",
         "Use four spaces for each level."),
    Rule("tabs and spaces", "Tabs and spaces are mixed.", "Indent with four spaces."),
    Rule("'(break|continue)'", r"`\1` stands outside of a loop.", "Use it inside `while` or `for`."),
    Rule("'(return|yield|await)' outside", r"`\1` stands outside of a function.", "Use it inside `def`."),
    Rule("'async ", "This belongs into an `async` function.", "Write `async def` above."),
    Rule(r"expected '\('", "Brackets are missing after the name.", "Write e.g. `def turn():`."),
    Rule("trailing comma", "The list of names ends with a comma.", "Remove it."),
    Rule(r"expected 'except'", "`try` needs its `except`.", "Add `except OSError:` and what to do then."),
    Rule(r"default 'except:' must be last", "`except:` catches everything, so nothing may come after it.",
         "Put it last."),
    Rule(r"multiple exception types", "Several errors need brackets.",
         "Write `except (OSError, ValueError):`."),
    Rule(r"expected 'else'", "An `if` inside a line needs its `else`.", "Write `a if x else b`."),
    Rule(r"Maybe you meant '==' or ':='", "`=` gives a value to a name, it does not compare.", "Write `==`."),
    Rule(r"cannot (?:assign to|use assignment)|illegal target|invalid target",
         "Only a name can be given a value.", "Write a name left of `=`; to compare, write `==`."),
    Rule("cannot delete", "Only a name can be deleted.", "Write a name after `del`."),
    Rule(r"positional argument follows keyword", "A value without a name stands after one with a name.",
         "Put those with names last."),
    Rule(r"keyword argument repeated: (\w+)", r"`\1` is given twice.", "Remove one."),
    Rule(r"expression cannot contain assignment",
         "Before `=` in brackets stands the name of an argument only.", "To compare, write `==`."),
    Rule(r"(?:non-default argument|parameter without a default) follows",
         "A parameter without a value stands after one with a value.", "Put those with `=` last."),
    Rule(r"duplicate (?:argument|parameter) '(\w+)'", r"The parameter `\1` is there twice.", "Rename one."),
    Rule(r"name '(\w+)' is .* global", r"`global \1` comes too late.",
         "Make it the first line of the function."),
    Rule(r"nonlocal", "`nonlocal` finds no such name in a function around this one.", "Use `global`."),
    Rule(r"import \*", "`import *` is for the top of a program.", "Move it up."),
    Rule(r"f-string|empty expression", "What stands in the braces of this text is no value.",
         "Write e.g. `{x}`; a brace of its own is written twice."),
    Rule(r"bytes can only contain ASCII", "Bytes hold plain letters, digits and signs only.",
         "Write a text instead, without the `b`."),
    Rule(r"unicode|\\N|\\x|\\u", r"After `\\` stands something that has no meaning.",
         r"Write `\\\\` for a backslash."),
    Rule(r"leading zeros", "A number must not begin with 0.", "Remove the 0."),
    Rule(r"invalid (?:decimal|hexadecimal|binary|octal|imaginary|digit|number)|missing digits",
         "This is no number, and no name either.",
         "A name must not begin with a digit; write a unit elsewhere."),
    Rule(r"invalid (?:non-printable )?character '?(.)", r"The sign `\1` has no meaning here.", "Replace it."),
    Rule(r"unexpected character after line continuation", r"After `\\` the line must end.",
         "Remove the backslash."),
    Rule(r"null byte", "The program holds a sign that no program may hold.", "Write it anew."),
    Rule(r"forgot a comma", "Something is missing between two values.", "Perhaps a comma, or `+`."),
    Rule(r"too (?:deep|many)|nested", "The program is nested too deeply.", "Write shorter expressions."),
    Rule(r"unexpected EOF", "The program ends too early.", "Close its brackets and blocks."),
    Rule(r"^invalid syntax", "This line is no Python.", _LOOK),
]  # fmt: skip


def syntax_words(text: str) -> tuple[str, str]:
    """Message and fix for what CPython says about a line that it cannot read."""
    return told(_RULES, text, str) or (f"This line cannot be read: {text}.", _LOOK)
