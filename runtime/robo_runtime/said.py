"""The numbers that a prompt says, in digits of any script or in English words; whether a program has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

_DIGITS = re.compile(r"\d+(?:[.,]\d+)?|[.,]\d+")
_WORDS = {
    word: float(n)
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty".split()
    )
} | {
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "hundred": 100, "thousand": 1000, "once": 1, "twice": 2, "thrice": 3, "half": 0.5, "quarter": 0.25,
    "tenth": 0.1, "third": 3, "fifth": 5, "double": 2, "triple": 3, "both": 2, "a": 1, "an": 1, "every": 1,
    "minute": 60, "hour": 3600, "dozen": 12,
}  # fmt: skip
_SCALES = (1000.0, 60.0, 60_000.0, 3600.0, 100.0, 2.55, 2.56, 10.23, 40.95, 655.35)
"""How one quantity is written otherwise: s and ms, min and s, per cent and parts of a full scale."""


def said_numbers(prompt: str) -> set[float]:
    """Every number in a prompt; compound words ("twenty five") also as their sum or product."""
    found = {float(m[0].replace(",", ".")) for m in _DIGITS.finditer(prompt)}
    before: float | None = None
    for token in re.findall(r"[a-z]+", prompt.lower()):
        value = _WORDS.get(token)
        if value is not None:
            found.add(value)
            if before is not None:
                found |= {before + value, before * value}
        before = value if token not in ("a", "an", "every", "and") else before
    return found


def among(value: float, others: Iterable[float], role: str = "") -> bool:
    """Whether `value` is one of `others` in some unit.

    Args:
        role: where a program has it (`programs.Anatomy.roles`): a pin is only itself, a time may also be
            half a period or the inverse of a frequency.
    """
    pin = "Pin#0" in role or role.endswith("_pin")
    time = "sleep" in role or "wait" in role or "period" in role or "ticks" in role
    for other in others:
        if value == other:
            return True
        if pin or not value or not other:
            continue
        same = [x for scale in _SCALES for x in (other * scale, other / scale)]
        if time:
            same += [x / 2 for x in (other, *same)]
            same += [unit / other / parts for unit in (1.0, 1000.0) for parts in (1, 2)]
        if any(abs(value - x) <= 1e-6 * abs(value) for x in same):
            return True
    return False


_PLAIN = re.compile(
    r"(?<![\w.,-])(?:(?:pin|gpio|io|d|p|g)\s?)?(\d+(?:[.,]\d+)?|[.,]\d+)(?=(?:ms|s|min|hz|cm|mm|v|x|°|%)?(?![\w]))",
    re.I,
)
"""Not the 22 of DHT22, nor the 32 of an ESP32."""
_HUGE = 1e300
_SAID_BY_ALL = frozenset({0.0, 1.0})


def unused(text: str, code: str) -> list[float]:
    """Numbers that a request says in digits and its program has in no unit: a part of it may be missing.

    Nothing for a refusal, a program that does not parse, or one that says the number in a text.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    if not tree.body:
        return []
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    numbers = [
        float(c)
        for c in constants
        if isinstance(c, int | float) and not isinstance(c, bool) and abs(c) < _HUGE
    ]
    texts = " ".join(
        c if isinstance(c, str) else c.decode("latin-1") for c in constants if isinstance(c, str | bytes)
    )
    said = dict.fromkeys(float(m[1].replace(",", ".")) for m in _PLAIN.finditer(text))
    shown = said_numbers(texts)
    return [n for n in said if n not in _SAID_BY_ALL and n not in shown and not among(n, numbers, "sleep")]
