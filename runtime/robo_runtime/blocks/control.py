"""The blocks for Python itself, Blockly's own and those that it lacks, with the code they stand for."""

from __future__ import annotations

from itertools import product
from typing import Any

from robo_runtime.blocks.patterns import Pattern
from robo_runtime.grammar.language import EXCEPTIONS

RAW, RAW_VALUE = "robo_raw", "robo_raw_value"
"""Source text, as a statement and as a value, for what has no block."""
MAX_ARGUMENTS = 4
"""Of a call of something that is no known function."""

_LOGIC, _LOOPS, _MATH, _LISTS, _FUNCTIONS, _PYTHON = 210, 120, 230, 260, 290, 60
_FLOW: dict[str, Any] = {"previousStatement": None, "nextStatement": None}


def _value(name: str) -> dict[str, Any]:
    return {"type": "input_value", "name": name}


def _row(name: str) -> dict[str, Any]:
    return {"type": "input_statement", "name": name}


def _text(name: str, text: str = "") -> dict[str, Any]:
    return {"type": "field_input", "name": name, "text": text}


def _variable(name: str = "VAR", text: str = "i") -> dict[str, Any]:
    return {"type": "field_variable", "name": name, "variable": text}


def _choice(name: str, options: dict[str, str]) -> dict[str, Any]:
    return {"type": "field_dropdown", "name": name, "options": [[sign, key] for key, sign in options.items()]}


def _block(
    name: str, message: str, args: list[dict[str, Any]], colour: int, tooltip: str, output: Any = "-",
    inline: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
    shape = _FLOW if output == "-" else {"output": output}
    made = {"type": name, "message0": message, "args0": args, "colour": colour, "tooltip": tooltip, **shape}
    return made | ({} if inline is None else {"inputsInline": inline})


_OPERATORS = {
    "ADD": "+", "MINUS": "-", "MULTIPLY": "*", "DIVIDE": "/", "FLOOR": "//", "MODULO": "%", "POWER": "**",
    "AND": "&", "OR": "|", "XOR": "^", "LEFT": "<<", "RIGHT": ">>",
}  # fmt: skip
_COMPARISONS = {"EQ": "==", "NEQ": "!=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_MEMBERSHIP = {"IN": "in", "NOT_IN": "not in", "IS": "is", "IS_NOT": "is not"}
_CHANGES = {key: f"{sign}=" for key, sign in _OPERATORS.items()}

DEFINITIONS: list[dict[str, Any]] = [
    _block(RAW, "code %1 %2", [{"type": "input_dummy"}, _text("CODE", "pass")], _PYTHON,
           "Lines of MicroPython."),
    _block(RAW_VALUE, "code %1", [_text("CODE", "None")], _PYTHON, "A piece of MicroPython.", None),
    _block("robo_parenthesis", "( %1 )", [_value("VALUE")], _PYTHON, "A value, wherever it goes.", None),
    _block("robo_do", "do %1", [_value("VALUE")], _PYTHON, "Do it and forget the answer."),
    _block("robo_result", "answer of %1", [_row("DO")], _PYTHON, "What the block inside gives back.", None),
    _block("robo_name", "%1", [_text("NAME", "f")], _FUNCTIONS, "A function or type by its name.", None),
    _block("robo_pass", "do nothing", [], _LOOPS, "Does nothing."),
    _block("robo_flow", "%1", [_choice("FLOW", {"BREAK": "leave the loop", "CONTINUE": "start it again"})],
           _LOOPS, "As Blockly's block, with more blocks below that are never reached."),
    _block("robo_import", "import %1", [_text("MODULE", "time")], _PYTHON, "Use a module."),
    _block("robo_import_from", "from %1 import %2", [_text("MODULE", "machine"), _text("NAMES", "Pin")],
           _PYTHON, "Use a part of a module."),
    _block("robo_for_range", "count with %1 from %2 to %3 by %4 %5",
           [_variable(), _value("START"), _value("STOP"), _value("STEP"), _row("DO")],
           _LOOPS, "Counts from the first number to below the second.", inline=True),
    _block("robo_for_names", "for each %1 in %2 %3", [_text("NAMES", "a, b"), _value("LIST"), _row("DO")],
           _LOOPS, "Takes the items of a list apart, one after the other."),
    _block("robo_try", "try %1 if %2 as %3 happens %4 at the end %5",
           [_row("DO"), _text("ERROR", "OSError"), _text("AS"), _row("EXCEPT"), _row("FINALLY")],
           _LOOPS, f"Goes on when something goes wrong: {', '.join(EXCEPTIONS)}."),
    _block("robo_with", "with %1 as %2 %3", [_value("VALUE"), _variable(text="file"), _row("DO")],
           _LOOPS, "Uses something and closes it."),
    _block("robo_return", "give back %1", [_value("VALUE")], _FUNCTIONS, "Leaves the function."),
    _block("robo_global", "use the program's %1", [_text("NAMES", "count")], _FUNCTIONS,
           "Variables of the whole program, to be changed here."),
    _block("robo_callback", "call %1", [_text("NAME", "f")], _FUNCTIONS, "In an event: a function to call."),
    _block("robo_lambda", "function of %1 %2", [_text("NAMES"), _row("DO")], _FUNCTIONS,
           "A small function without name.", None),
    _block("robo_call", "call %1 with %2 %3 %4 %5",
           [_value("FUNCTION"), *(_value(f"ARG{i}") for i in range(MAX_ARGUMENTS))],
           _FUNCTIONS, "Calls what a value holds.", None, inline=True),
    _block("robo_call_list", "call %1 with all of %2",
           [_value("FUNCTION"), {**_value("LIST"), "check": "Array"}], _FUNCTIONS,
           "Calls what a value holds, with the items of a list.", None, inline=True),
    _block("robo_attribute", "%1 . %2", [_value("OBJECT"), _text("NAME", "n")], _PYTHON, "A part of it.",
           None),
    _block("robo_set_many", "set %1 to %2", [_text("NAMES", "a, b"), _value("VALUE")], 330,
           "Several variables at once."),
    _block("robo_change", "set %1 %2 %3", [_variable(text="x"), _choice("OP", _CHANGES), _value("VALUE")],
           330, "Computes with a variable and keeps the result."),
    _block("robo_change_item", "in %1 set # %2 %3 %4",
           [_value("LIST"), _value("INDEX"), _choice("OP", _CHANGES), _value("VALUE")],
           _LISTS, "Computes with an item and keeps the result.", inline=True),
    _block("robo_set_attribute", "set %1 . %2 to %3", [_value("OBJECT"), _text("NAME", "n"), _value("VALUE")],
           _PYTHON, "Changes a part of it.", inline=True),
    _block("robo_operation", "%1 %2 %3", [_value("A"), _choice("OP", _OPERATORS), _value("B")], _MATH,
           "Computes, with texts, lists and bits too.", None, inline=True),
    _block("robo_single", "%1 %2", [_choice("OP", {"INVERT": "~", "NEG": "-", "PLUS": "+"}), _value("A")],
           _MATH, "Computes with one value.", None, inline=True),
    _block("robo_compare", "%1 %2 %3", [_value("A"), _choice("OP", _MEMBERSHIP), _value("B")], _LOGIC,
           "Is it in there, or the very same?", "Boolean", inline=True),
    _block("robo_between", "%1 %2 %3 %4 %5",
           [_value("A"), _choice("OP1", _COMPARISONS), _value("B"), _choice("OP2", _COMPARISONS),
            _value("C")],
           _LOGIC, "Two comparisons at once.", "Boolean", inline=True),
    _block("robo_item", "in %1 item # %2", [_value("LIST"), _value("INDEX")], _LISTS,
           "An item; the first is number 0.", None, inline=True),
    _block("robo_set_item", "in %1 set # %2 to %3", [_value("LIST"), _value("INDEX"), _value("VALUE")],
           _LISTS, "Changes an item; the first is number 0.", inline=True),
    _block("robo_slice", "in %1 items # %2 to %3 by %4",
           [_value("LIST"), _value("START"), _value("STOP"), _value("STEP")], _LISTS,
           "A part of a list or text.", None, inline=True),
    _block("robo_list_for", "list of %1 for %2 in %3 if %4",
           [_value("VALUE"), _variable(), _value("LIST"), _value("IF")], _LISTS,
           "A list made item by item.", "Array", inline=True),
    _block("robo_pair", "( %1 , %2 )", [_value("A"), _value("B")], _LISTS, "Two values.", None, inline=True),
    _block("robo_triple", "( %1 , %2 , %3 )", [_value("A"), _value("B"), _value("C")], _LISTS,
           "Three values, such as red, green and blue.", None, inline=True),
    _block("robo_tuple", "tuple of %1", [{**_value("LIST"), "check": "Array"}], _LISTS,
           "A list that cannot change.", None),
    _block("robo_dict", "dictionary of pairs %1", [{**_value("LIST"), "check": "Array"}], _LISTS,
           "Finds values by keys.", None),
    _block("robo_bytes", 'bytes "%1"', [_text("TEXT")], 160, "Bytes, some of them written as \\x00.", None),
    _block("robo_escaped", 'text "%1"', [_text("TEXT")], 160, "Text, written as \\u00e9.", "String"),
    _block("robo_format", "%1 written as %2 %3",
           [_value("VALUE"), _text("FORMAT", ".1f"), _choice("CONVERSION", {"": "", "r": "!r", "s": "!s"})],
           160, "In a text: how a value is written.", None, inline=True),
]  # fmt: skip
"""Blockly block definitions of what Blockly lacks."""


def _patterns() -> list[Pattern]:
    p = Pattern
    found = [
        p("robo_pass", "pass"),
        p("controls_flow_statements", "break", {"FLOW": "BREAK"}),
        p("controls_flow_statements", "continue", {"FLOW": "CONTINUE"}),
        p("robo_flow", "break", {"FLOW": "BREAK"}), p("robo_flow", "continue", {"FLOW": "CONTINUE"}),
        p("controls_whileUntil", "while BOOL:\n DO", {"MODE": "WHILE"}),
        p("controls_whileUntil", "while not BOOL:\n DO", {"MODE": "UNTIL"}, only_back=True),
        p("controls_repeat_ext", "for _ in range(TIMES):\n DO"),
        *(p("robo_for_range", f"for VAR in range({r}):\n DO")
          for r in ("STOP", "START, STOP", "START, STOP, STEP")),
        p("controls_forEach", "for VAR in LIST:\n DO"),
        p("robo_for_names", "for NAMES in LIST:\n DO"),
        p("robo_with", "with VALUE as VAR:\n DO"),
        p("robo_return", "return"), p("robo_return", "return VALUE"),
        p("procedures_ifreturn", "if CONDITION:\n return VALUE", only_back=True),
        p("procedures_ifreturn", "if CONDITION:\n return", only_back=True),
        p("robo_set_many", "NAMES = VALUE"),
        p("robo_set_item", "LIST[INDEX] = VALUE"),
        p("robo_set_attribute", "OBJECT.NAME = VALUE"),
        p("variables_set", "VAR = VALUE"),
        p("math_change", "VAR += DELTA"),
        *(p("robo_change", f"VAR {sign}= VALUE", {"OP": key}) for key, sign in _OPERATORS.items()),
        *(p("robo_change_item", f"LIST[INDEX] {sign}= VALUE", {"OP": key})
          for key, sign in _OPERATORS.items()),
        p("text_print", "print(TEXT)"),
        p("text_append", "VAR += str(TEXT)", only_back=True),
        p("logic_negate", "not BOOL"),
        p("logic_ternary", "THEN if IF else ELSE"),
        *(p("logic_compare", f"A {sign} B", {"OP": key}) for key, sign in _COMPARISONS.items()),
        *(p("robo_compare", f"A {sign} B", {"OP": key}) for key, sign in _MEMBERSHIP.items()),
        *(p("robo_between", f"A {x} B {y} C", {"OP1": a, "OP2": b})
          for (a, x), (b, y) in product(_COMPARISONS.items(), repeat=2)),
        *(p("math_arithmetic", f"A {_OPERATORS[key]} B", {"OP": key})
          for key in ("ADD", "MINUS", "MULTIPLY", "DIVIDE", "POWER")),
        p("math_modulo", "DIVIDEND % DIVISOR"),
        *(p("robo_operation", f"A {sign} B", {"OP": key}) for key, sign in _OPERATORS.items()),
        p("math_single", "-NUM", {"OP": "NEG"}), p("math_single", "abs(NUM)", {"OP": "ABS"}),
        p("robo_single", "~A", {"OP": "INVERT"}), p("robo_single", "-A", {"OP": "NEG"}),
        p("robo_single", "+A", {"OP": "PLUS"}),
        p("math_round", "round(NUM)", {"OP": "ROUND"}),
        p("lists_length", "len(VALUE)"),
        *(p("robo_slice", f"LIST[{a}:{b}{c}]")
          for a, b, c in product(("START", ""), ("STOP", ""), (":STEP", ""))),
        p("robo_item", "LIST[INDEX]"),
        p("robo_list_for", "[VALUE for VAR in LIST]"), p("robo_list_for", "[VALUE for VAR in LIST if IF]"),
        p("robo_pair", "(A, B)"), p("robo_triple", "(A, B, C)"),
        p("lists_create_empty", "[]", only_back=True),
        p("logic_null", "None"), p("robo_do", "VALUE"), p("robo_parenthesis", "VALUE"),
        p("robo_attribute", "OBJECT.NAME"),
    ]  # fmt: skip
    return found + _borrowed()


def _borrowed() -> list[Pattern]:
    """Blockly's own ways to say what programs are shown with other blocks for."""
    math = {
        "ROOT": "math.sqrt(NUM)", "LN": "math.log(NUM)", "LOG10": "math.log10(NUM)", "EXP": "math.exp(NUM)",
    }  # fmt: skip
    trig = {"SIN": "sin", "COS": "cos", "TAN": "tan"}
    inverse = {"ASIN": "asin", "ACOS": "acos", "ATAN": "atan"}
    constants = {
        "PI": "math.pi", "E": "math.e", "GOLDEN_RATIO": "(1 + math.sqrt(5)) / 2", "SQRT2": "math.sqrt(2)",
        "SQRT1_2": "math.sqrt(1 / 2)", "INFINITY": "math.inf",
    }  # fmt: skip
    use_math: tuple[tuple[str, str], ...] = (("math", ""),)
    use_random: tuple[tuple[str, str], ...] = (("random", ""),)
    return [
        *(Pattern("math_single", code, {"OP": op}, use_math, True) for op, code in math.items()),
        Pattern("math_single", "10 ** NUM", {"OP": "POW10"}, (), True),
        *(Pattern("math_trig", f"math.{name}(math.radians(NUM))", {"OP": op}, use_math, True)
          for op, name in trig.items()),
        *(Pattern("math_trig", f"math.degrees(math.{name}(NUM))", {"OP": op}, use_math, True)
          for op, name in inverse.items()),
        *(Pattern("math_constant", code, {"CONSTANT": op}, use_math, True) for op, code in constants.items()),
        Pattern("math_round", "math.ceil(NUM)", {"OP": "ROUNDUP"}, use_math, True),
        Pattern("math_round", "math.floor(NUM)", {"OP": "ROUNDDOWN"}, use_math, True),
        Pattern("math_constrain", "min(max(VALUE, LOW), HIGH)", {}, (), True),
        Pattern("math_random_int", "random.randint(FROM, TO)", {}, use_random, True),
        Pattern("math_random_float", "random.random()", {}, use_random, True),
        Pattern("text_length", "len(VALUE)", {}, (), True),
        Pattern("text_isEmpty", "len(VALUE) == 0", {}, (), True),
        Pattern("lists_isEmpty", "len(VALUE) == 0", {}, (), True),
        Pattern("lists_repeat", "[ITEM] * NUM", {}, (), True),
    ]  # fmt: skip


PATTERNS = _patterns()
"""In the order in which they are tried; the first that matches a program's piece shows it."""
