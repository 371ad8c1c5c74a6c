"""Numbers between two bounds, digit by digit: `0..100` is `[1-9] [0-9]? | "100" | "0"` merged by prefix."""

from __future__ import annotations

from decimal import Decimal

from robo_runtime.grammar.gbnf import Grammar, char_class, repeated

FRACTION = 6
"""Digits after the decimal point at most: no device needs more, and a model that loops on a digit stops."""

_DECIMAL, _HEX = "0123456789", "0123456789abcdef"

_Item = tuple[str, str, str]  # lowest and highest digits, of equal length, and what follows them


def int_range(g: Grammar, low: int, high: int, *, hexadecimal: bool = True) -> str:
    """A rule that matches the integers `low` to `high`, without leading zeros or a plus sign.

    Args:
        hexadecimal: positive ones may also be written so, as bus addresses and colours often are.
    """
    out = _signed(g, _ints(max(low, 0), high), _ints(max(-high, 1), -low))
    if hexadecimal and low >= 0 and high > 9:
        pieces = [(f"{a:x}", f"{b:x}", "") for a, b in _pieces(low, high, 16)]
        out.append(f'"0x" {g.share(*_merge(g, frozenset(pieces), _HEX))}')
    return g.share(*out)


def float_range(g: Grammar, low: float | Decimal, high: float | Decimal) -> str:
    """A rule that matches decimal numbers from `low` to `high`: `5`, `0.5`, `60.0`; no exponent."""
    lowest, highest = Decimal(str(low)), Decimal(str(high))
    positive = _decimals(g, max(lowest, Decimal(0)), highest)
    negative = _decimals(g, max(-highest, Decimal(0)), -lowest)
    return g.share(*_signed(g, positive, negative))


def _signed(g: Grammar, positive: list[_Item], negative: list[_Item]) -> list[str]:
    out = _merge(g, frozenset(positive)) if positive else []
    return out + ([f'"-" {g.share(*_merge(g, frozenset(negative)))}'] if negative else [])


def _ints(low: int, high: int, after: str = "") -> list[_Item]:
    return [(str(a), str(b), after) for a, b in _pieces(low, high, 10)]


def _pieces(low: int, high: int, base: int) -> list[tuple[int, int]]:
    """`low..high`, both at least 0, cut where numbers get a digit more."""
    out, power = [], base
    while low <= high:
        if power > low:
            out.append((low, min(high, power - 1)))
            low = power
        power *= base
    return out


def _decimals(g: Grammar, low: Decimal, high: Decimal) -> list[_Item]:
    if high < 0 or low > high:
        return []
    first, last = int(low), int(high)
    low_part, high_part = _digits(low), _digits(high)
    if first == last:
        return [(str(first), str(first), _fraction(g, low_part, high_part))]
    inner = first if not low_part else first + 1
    out = _ints(inner, last - 1, _fraction(g, "", None))
    if low_part:
        out.append((str(first), str(first), _fraction(g, low_part, None)))
    return [*out, (str(last), str(last), _fraction(g, "", high_part))]


def _digits(value: Decimal) -> str:
    return f"{value:f}".partition(".")[2].rstrip("0")


def _fraction(g: Grammar, low: str, high: str | None) -> str:
    """A fraction, point included, of at least `low` and at most `high` (None: no bound)."""
    if high == "" and not low:
        return f'("." "0"{{1,{FRACTION}}})?'
    digits = g.share(*_fraction_digits(g, low, high, FRACTION))
    return f'"." {digits}' if low else f'("." {digits})?'


def _fraction_digits(g: Grammar, low: str, high: str | None, room: int) -> list[str]:
    """Alternatives for 1 to `room` digits whose value as a fraction lies between the bounds."""
    if not low and high is None:
        return [f"[0-9]{{1,{room}}}"]
    a, b = int(low[:1] or "0"), 9 if high is None else int(high[:1] or "0")
    out: dict[str, list[str]] = {}
    for d in range(a, b + 1):
        next_low = low[1:] if d == a else ""
        next_high = None if high is None or d < b else high[1:]
        if next_high == "" and not next_low:
            rest = repeated('"0"', 0, room - 1)
        elif not next_low and next_high is None:
            rest = repeated("[0-9]", 0, room - 1)
        else:
            rest = g.share(*_fraction_digits(g, next_low, next_high, room - 1))
            rest = f"{rest}?" if not next_low else rest
        out.setdefault(rest, []).append(str(d))
    return [f"{char_class(ds)} {rest}".rstrip() for rest, ds in out.items()]


def _merge(g: Grammar, items: frozenset[_Item], digits: str = _DECIMAL) -> list[str]:
    """Alternatives for the pieces, one for each group of first digits that go on alike."""
    ends = sorted({after or '""' for low, _, after in items if not low})
    groups: dict[frozenset[_Item], list[str]] = {}
    for d in digits:
        rest = frozenset(
            (
                low[1:] if d == low[0] else "0" * (len(low) - 1),
                high[1:] if d == high[0] else digits[-1] * (len(high) - 1),
                after,
            )
            for low, high, after in items
            if low and low[0] <= d <= high[0]
        )
        if rest:
            groups.setdefault(rest, []).append(d)
    for rest, ds in groups.items():
        if all(not low for low, _, _ in rest):
            tails = sorted({after for _, _, after in rest})
            tail = tails[0] if len(tails) == 1 else g.share(*(t or '""' for t in tails))
        else:
            tail = g.share(*_merge(g, rest, digits))
        ends.append(f"{char_class([*ds, *map(str.upper, ds)])} {tail}".rstrip())
    return ends
