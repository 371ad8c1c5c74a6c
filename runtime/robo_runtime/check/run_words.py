"""What stops a running program, in plain words with a remedy: MicroPython's errors, by kind and text."""

from __future__ import annotations

from robo_runtime.check.rules import Rule, told
from robo_runtime.check.wording import in_words

_CATCH = "Check its wires, and catch this with `try:` and `except OSError:`."


_RULES = {
    "NameError": [
        Rule(r"^name '(\w+)' isn't defined", r"`\1` has no value when this line runs.",
             "Give it a value before this line, or mend its spelling."),
        Rule(r"local variable '?(\w+)", r"`\1` is used in this function before it has a value there.",
             r"Write `global \1` as the first line of the function, or give it a value first."),
    ],
    "ZeroDivisionError": [
        Rule("", "This line divides by 0, which has no answer.",
             "Make sure with `if` that the number is not 0."),
    ],
    "IndexError": [
        Rule("", "This line asks for an item that is not there.",
             "Count from 0: a list of three has the items 0, 1 and 2."),
    ],
    "KeyError": [
        Rule("^(.*)$", r"The dictionary has no entry `\1`.", "Put it in first, or read it with `.get(…)`."),
    ],
    "TypeError": [
        Rule(r"^([\w.]+): (\w+) must be (int|float|str|bool|dict|tuple|list)$", r"`\2` of `\1` must be {3}.",
             "Look where the value comes from; `int(…)` and `str(…)` convert it."),
        Rule(r"^([\w.]+): (\w+) must be one of its names", r"`\2` of `\1` must be one of its words.",
             r"Look them up: `robo registry show \1`."),
        Rule(r"unsupported operand type\(s\) for ([^:]+): '(str)' and '(\w+)'",
             r"{2} and {3} do not go together with `\1`.", "Write `str(…)` around what is no text."),
        Rule(r"unsupported operand type\(s\) for ([^:]+): '(\w+)' and '(str)'",
             r"{2} and {3} do not go together with `\1`.", "Write `str(…)` around what is no text."),
        Rule(r"unsupported operand type\(s\) for ([^:]+): '(\w+)' and '(\w+)'",
             r"{2} and {3} do not go together with `\1`.", "Look where the two get their values."),
        Rule(r"can only concatenate (\w+) \(not \"(\w+)\"\)", r"{1} and {2} cannot be joined with `+`.",
             "Write `str(…)` around what is no text."),
        Rule(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'",
             r"{2} and {3} cannot be compared with `\1`.",
             "Compare numbers with numbers: `int(…)` makes one of a text."),
        Rule(r"'(\w+)' object is(?: not|n't) callable", "{1} cannot be called like a function.",
             "Remove the brackets, or give the name to one thing only."),
        Rule(r"'(int)' object is(?: not|n't) iterable", "{1} cannot be counted through.",
             "Write `range(…)` around it."),
        Rule(r"'(\w+)' object is(?: not|n't) iterable", "{1} cannot be counted through.",
             "Use a list or `range(…)`."),
        Rule(r"'(\w+)' object is(?: not|n't) subscriptable", "{1} has no items.",
             "Look where it gets its value."),
        Rule(r"'(\w+)' object does(?: not|n't) support item assignment",
             "The items of {1} cannot be changed.", "Use a list."),
        Rule(r"missing (?:\d+ )?required (?:positional |keyword-only )?arguments?:? (.*)",
             r"This call leaves out \1.", "Give a value for each."),
        Rule(r"takes (?:from \d+ to )?(\d+) positional arguments? but (\d+)",
             r"This function takes \1 values, \2 are given.", "Give as many as it takes."),
        Rule(r"unexpected keyword argument '(\w+)'|extra keyword arguments given",
             "This function has no argument of that name.",
             "Look up how it is called: `robo registry show NAME`."),
        Rule(r"can't convert (float) to int|'(float)' object cannot be interpreted as an integer",
             "A whole number is needed here, not one with a fraction.", "Use `int(…)` or `//`."),
        Rule(r"can't convert (\w+) to (?:int|float)|'(\w+)' object cannot be interpreted as an integer",
             "A number is needed here, and this is none.",
             "Use `int(…)` or `float(…)` to make one of a text."),
        Rule(r"to str implicitly|must be str|expected str", "A text is needed here, and this is none.",
             "Write `str(…)` around it."),
        Rule(r"must be (?:a function|callable)|callable", "A function is needed here.",
             "Write its name without brackets."),
        Rule("buffer protocol", "Bytes or a text are needed here.", 'Write e.g. `b"…"` or `"…"`.'),
    ],
    "ValueError": [
        Rule(r"^([\w.]+): (\w+) must be from (\S+) to (\S+)", r"`\2` of `\1` must be from \3 to \4.",
             "Keep the number between them with `min(…)` and `max(…)`."),
        Rule(r"^([\w.]+): (\w+) must be one of ((?:[^,]+, ){0,5}[^,]+)",
             r"`\2` of `\1` must be a word such as \3.", r"Look them up: `robo registry show \1`."),
        Rule("in_low equals in_high", "The numbers to map from are all the same.",
             "Give two different ones, the smaller first."),
        Rule("^invalid pin$", "The board has no pin with this number.",
             "Choose one that is printed on the board, e.g. 4."),
        Rule("can only be input", "This pin can only listen, it cannot switch anything.",
             "Use another pin, e.g. 4."),
        Rule("invalid Pin for DAC", "This pin cannot give out a voltage.", "Pins that can: 25 and 26."),
        Rule("for touchpad", "This pin cannot feel touch.", "Use another pin, e.g. 4."),
        Rule(r"invalid syntax for (integer|number)|invalid literal", "This text is no number.",
             "Look at the text first, e.g. with `.isdigit()`, or catch this with `except ValueError:`."),
        Rule(r"^(I2C|SPI|UART)\((.*)\)", r"The board has no \1 with the number \2.", "Use 1."),
        Rule("Timer number", "The board has no timer with this number.", "Use 0, 1, 2 or 3."),
        Rule(r"^(.+) must be from (.+) to (.+)$", r"The \1 must be from \2 to \3.",
             "Keep the number between them with `min(…)` and `max(…)`."),
        Rule("callback must be callable", "A function is needed here.", "Write its name without brackets."),
        Rule("unpack", "There are more or fewer values than names on the left.", "Give each a name."),
        Rule("not in list|not in sequence|substring not found", "That value is not in there.",
             "Look first with `in`."),
        Rule("empty range|low is greater than high", "There is no number between these two.",
             "Write the smaller one first."),
        Rule("JSON", "This text is no JSON.", "Look at what arrives with `print(…)`."),
    ],
    "AttributeError": [
        Rule(r"^'(\w+)' object has no attribute '(\w+)'", r"{1} has no `\2`.",
             "Look where it gets its value, and at the spelling."),
        Rule(r"no attribute '(\w+)'", r"There is no `\1` here.", "Look at the spelling."),
    ],
    "ImportError": [
        Rule(r"[Nn]o module named '?([\w.]+)", r"The board has no module `\1`.", "Use what the kit has."),
        Rule(r"(?:import name |can't import name )'?(\w+)", r"There is no `\1` to import.",
             "Look at the spelling."),
    ],
    "OSError": [
        Rule("ETIMEDOUT|timeout|timed out", "A part does not answer in time.", _CATCH),
        Rule("ENODEV", "No part answers at this address of the bus.", _CATCH),
        Rule("no device", "No part answers on this wire.", _CATCH),
        Rule("Out of range", "The distance sensor hears no echo.", _CATCH),
        Rule("CRC", "A reading arrives damaged.", _CATCH),
        Rule("ENOENT", "There is no such file.", 'Write it first, with `open("…", "w")`.'),
        Rule("EAI_FAIL|ECONN|EHOST|ENOTCONN|EINPROGRESS|^-1$", "The network does not answer.",
             "Connect to Wi-Fi first, and catch this with `except OSError:`."),
        Rule("WiFi Not Started|STA must be active", "The Wi-Fi is switched off.",
             "Call `active(True)` first."),
        Rule("mqtt is not connected", "MQTT is not connected yet.", "Call `mqtt.connect(…)` first."),
        Rule("out of PWM channels", "More pins than 16 cannot have PWM at once.",
             "Switch some off with `deinit()`."),
        Rule("^(.*)$", r"A part of the board reports a failure (\1).", _CATCH),
    ],
    "MemoryError": [
        Rule("", "The program needs more memory than the board has.", "Keep fewer values."),
    ],
    "RuntimeError": [
        Rule("recursion", "A function calls itself again and again.",
             "Let it stop with `if` and `return`, or use a loop."),
        Rule("PWM is inactive", "This PWM was switched off with `deinit()`.",
             "Make it again before this line."),
    ],
    "EOFError": [
        Rule("", "`input()` waits for a line that nobody types.", "Give the world `answers`."),
    ],
    "KeyboardInterrupt": [
        Rule("", "The program stops itself.", ""),
    ],
}  # fmt: skip
_SAME = {
    "UnboundLocalError": "NameError",
    "ModuleNotFoundError": "ImportError",
    "RecursionError": "RuntimeError",
}


def in_plain_words(kind: str, text: str) -> tuple[str, str]:
    """Message and fix for an error of a running program, such as `ValueError` and `invalid pin`."""
    if words := told(_RULES.get(_SAME.get(kind, kind), []), text, in_words):
        return words
    said = f" ({text})" if text else ""
    return f"The program stops here with {kind}{said}.", "Look at the values in this line with `print(…)`."
