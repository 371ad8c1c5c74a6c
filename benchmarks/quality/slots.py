"""Slots of a program: the numbers, pins, colours and texts that its prompt names, and their replacement."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from robo_runtime.simulate.kit.lights import COLORS
from robo_train.compose.families.pixels import RGB

from benchmarks.quality.mentions import UNITS, Mention, mentions
from benchmarks.quality.roles import MEASURES, align

_NAMED = {str(rgb): name for name, rgb in RGB.items()}
_LITERAL = re.compile(
    rf"#[^\n]*|(?P<rgb>{'|'.join(map(re.escape, _NAMED))})"
    r"|(?P<text>\"[^\"\n]*\")|(?P<number>(?<![\w.])\d+(?:\.\d+)?(?![\w.]))"
)
_CONSTANT_BEFORE = re.compile(r"(//|\*|I2C\(|I2C\(128,|freq=|[(,] -|[\w)] / [\d.]+ /) ?$")
_POLLS = ("sleep_ms(", "wait_ms(")
_PIN_BEFORE = re.compile(r"(Pin\(|[a-z]_?pin=|TouchPad\(|for \w+ in \([\d, ]*|pins = [\[(][\d, ]*)$")
_TIME_BEFORE = re.compile(
    r"(sleep\w*|wait\w*|_for|period|\w_ms|interval|delay|duration|timeout)[(=, ]+$|>=? $"
)
_WHOLE_BEFORE = re.compile(r"(_ms\(|_ms=|ms = |range\([^\n]*|times=)$")
_TEXTS = ("text", "word")
"""Quoted, and without quotes: the second is seen only by its copy in the program."""


class Place(NamedTuple):
    """A literal of a program that a mention fills."""

    start: int
    end: int
    mention: int
    """Which mention of its prompt."""
    factor: float
    """The literal is the mention's value in its kind's first unit, divided by this."""


class Template(NamedTuple):
    """A program with its slots."""

    prompt: str
    code: str
    mentions: list[Mention]
    places: list[Place]
    doubtful: int
    """Literals that two mentions could fill."""


class Filled(NamedTuple):
    """A program with the numbers asked for."""

    code: str
    open: int
    """Slots for which the request names nothing."""
    unused: int
    """What the request names and no slot took."""
    differing: int
    """What request and template name differently outside of any slot."""
    cost: float
    """How badly the roles of the mentions fit."""


def said(prompt: str, hardware: Sequence[str]) -> tuple[str, list[Mention]]:
    """Prompt and parts list as one text, with its mentions; a pin that the list only repeats counts once."""
    parts = "; ".join(part for part in hardware if part.lower() != "robokit")
    text = f"{prompt} ; {parts}" if parts else prompt
    found = mentions(text)
    pins = {m.value for m in found if m.kind == "pin" and m.start < len(prompt)}
    return text, [
        m if m.start < len(prompt) else m._replace(soft=True)
        for m in found if m.start < len(prompt) or (m.kind == "pin" and m.value not in pins)
    ]  # fmt: skip


def template(prompt: str, hardware: Sequence[str], code: str) -> Template:
    """Bind the literals of a program to what its prompt mentions."""
    text, found = said(prompt, hardware)
    found += _bare_texts(code, text, found)
    literals = [m for m in _LITERAL.finditer(code) if m.lastgroup]
    options = [_options(code, m, found) for m in literals]
    weak = [_constant(code, m) for m in literals]
    strong = {i for constant, o in zip(weak, options, strict=True) if not constant for i, _ in o}
    options = [
        [(i, factor) for i, factor in o if i not in strong and found[i].value > 1] if constant else o
        for constant, o in zip(weak, options, strict=True)
    ]
    places: list[Place] = []
    doubtful = 0
    groups = Counter(tuple(i for i, _ in o) for o in options)
    turn: Counter[tuple[int, ...]] = Counter()
    for m, choice in zip(literals, options, strict=True):
        if not choice:
            continue
        key = tuple(i for i, _ in choice)
        at = turn[key] * len(key) // groups[key] if groups[key] % len(key) == 0 else 0
        turn[key] += 1
        doubtful += len(key) > 1
        index, factor = choice[min(at, len(key) - 1)]
        start, end = m.span()
        if m["text"] and found[index].kind in _TEXTS:  # the text may be a part of the literal
            start += m[0].index(found[index].text)
            end = start + len(found[index].text)
        places.append(Place(start, end, index, factor))
    return Template(text, code, found, places, doubtful)


def fill(
    source: Template, text: str, asked: Sequence[Mention], defaults: dict[str, str] | None = None
) -> Filled:
    """The program with the literals that another request wants.

    Args:
        defaults: pins by the name of the part's variable, for slots that the request leaves open.
    """
    partner, cost = align(source.prompt, source.mentions, text, asked)
    code, opened = source.code, 0
    bound = {p.mention for p in source.places}
    for place in sorted(source.places, reverse=True):
        old = source.code[place.start : place.end]
        index = partner.get(place.mention)
        was = source.mentions[place.mention]
        bare = _same_place(source.prompt, was, text) if was.kind == "word" and index is None else ""
        if bare:
            new = bare
        elif index is None:
            new, missing = _default(source.code, place.start, old, defaults or {})
            opened += missing
        else:
            new = _spelt(source.code, place, was, asked[index], old)
        code = code[: place.start] + new + code[place.end :]
    used = set(partner.values())
    unused = sum(i not in used and not m.soft and m.kind != "colour" for i, m in enumerate(asked))
    differing = sum(
        i not in bound and (asked[j].value, asked[j].text.lower()) != (m.value, m.text.lower())
        and asked[j].kind not in ("pin", "text")
        for i, m in enumerate(source.mentions) if (j := partner.get(i)) is not None
    )  # fmt: skip
    return Filled(code, opened, unused, differing, cost)


def default_pins(codes: Iterable[str]) -> dict[str, str]:
    """The pins that programs take where nobody named one, by the variable's name."""
    seen: dict[str, Counter[str]] = {}
    for code in codes:
        assumed = code.partition("\n")[0] if code.startswith("# assumed") else ""
        for pin in re.findall(r"on pin (\d+)", assumed):
            for name in re.findall(rf"^(\w+) = [^\n]*Pin\({pin}\b", code, re.M):
                seen.setdefault(name, Counter())[pin] += 1
    return {name: pins.most_common(1)[0][0] for name, pins in seen.items()}


def _bare_texts(code: str, text: str, found: Sequence[Mention]) -> list[Mention]:
    """Texts of the program that its prompt says without quotes."""
    known = {m.text for m in found if m.kind in ("text", "colour")}
    bare = []
    for literal in dict.fromkeys(m["text"][1:-1] for m in _LITERAL.finditer(code) if m["text"]):
        at = re.search(rf"(?<!\w){re.escape(literal)}(?!\w)", text) if re.search(r"\w", literal) else None
        if at and literal not in known and not any(m.start < at.end() and at.start() < m.end for m in found):
            bare.append(Mention("word", 0, "", literal, *at.span()))
    return bare


def _same_place(prompt: str, was: Mention, text: str) -> str:
    """What another request says between the same words; the text itself if it is there; or ""."""
    if re.search(rf"(?<!\w){re.escape(was.text)}(?!\w)", text):
        return was.text
    left = re.search(r"(\w+)\W+$", prompt[: was.start])
    right = re.match(r"[^\w.!?\n]+(\w+)", prompt[was.end :])
    if not left:
        return ""
    until = rf"(?=\W+{re.escape(right[1])}\b)" if right else r"(?=[.!?\n;]|\s*$)"
    m = re.search(rf"\b{re.escape(left[1])}\b[\s:=]+([^\n\"\\]{{1,30}}?){until}", text, re.I)
    return m[1].strip(" '.,") if m else ""


def _options(code: str, literal: re.Match[str], found: Sequence[Mention]) -> list[tuple[int, float]]:
    """The mentions that a literal may have come from, the likeliest kind only, with its factor."""
    if literal["rgb"]:
        name = _NAMED[literal[0]]
        return [(i, 1.0) for i, m in enumerate(found) if m.kind == "colour" and m.text == name]
    if literal["text"]:
        inner = literal[0][1:-1]
        quoted = [(i, 1.0) for i, m in enumerate(found) if m.kind in _TEXTS and m.text in inner]
        return quoted or [(i, 1.0) for i, m in enumerate(found) if m.kind == "colour" and m.text == inner]
    value, before = float(literal[0]), _line_before(code, literal.start())
    pin, time = bool(_PIN_BEFORE.search(before)), bool(_TIME_BEFORE.search(before))
    scored = [
        ((m.kind == "pin") + (m.kind == "number") / 2 if pin else (m.kind == "time") * time
         + (m.kind != "pin") + (m.kind in ("number", *MEASURES)) / 4, i, factor)
        for i, m in enumerate(found) if m.kind not in (*_TEXTS, "colour")
        and (pin or m.kind != "pin" or m.text.isdigit())
        and (factor := _factor(m, value)) is not None and not (pin and m.kind in MEASURES)
    ]  # fmt: skip
    best = max((score for score, *_ in scored), default=0)
    return [(i, factor) for score, i, factor in scored if score == best and (score > 0 or not pin)]


def _factor(m: Mention, value: float) -> float | None:
    """How the mention's value became the literal; None if it did not."""
    unit = UNITS[m.unit][1] if m.unit else 1.0
    if value == m.value:
        return unit
    for factor in (0.001, 1.0) if m.kind == "time" else (1.0,) if m.unit else ():
        if value and abs(m.value * unit / factor - value) < 1e-6 * value:
            return factor
    return None


def _constant(code: str, literal: re.Match[str]) -> bool:
    """Whether a number more likely belongs to the program's form than to the request."""
    before, after = _line_before(code, literal.start()), code[literal.end() :]
    if not literal["number"]:
        return False
    if re.search(r"[\w)] / $", before):
        return not after.startswith(" / ")  # 1 / hz / 2, but time / steps
    return bool(
        _CONSTANT_BEFORE.search(before)
        or re.match(r" / [\d.]+ / 2", after)
        or (literal[0] in ("0", "1") and re.search(r"(==|!=|value[=(]|[+-]=|,) ?$", before))
        or (literal[0] == "10" and before.endswith(_POLLS))
    )


def _spelt(code: str, place: Place, was: Mention, now: Mention, old: str) -> str:
    """How the program spells the new value."""
    if was.kind in _TEXTS:
        return now.text.replace('"', "'")
    if was.kind == "colour":
        table: dict[str, tuple[int, int, int]] = COLORS if old.startswith('"') else RGB
        if old.startswith('"'):
            return f'"{now.text}"'
        return str(table.get(now.text, COLORS.get(now.text, (255, 255, 255))))
    same_kind = was.kind == now.kind and was.unit and now.unit
    value = now.value * UNITS[now.unit][1] / place.factor if same_kind else now.value
    if _WHOLE_BEFORE.search(_line_before(code, place.start)) or "." not in f"{value:.6g}":
        return str(round(value))
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _default(code: str, at: int, old: str, defaults: dict[str, str]) -> tuple[str, int]:
    """The usual pin of the part on this line; otherwise what stands there, and 1 for an open slot."""
    name = re.match(r"(\w+) = (?:[\w.]+\()*Pin\($", _line_before(code, at))
    usual = defaults.get(name[1]) if name else None
    return (usual, 0) if usual else (old, 1)


def _line_before(code: str, at: int) -> str:
    return code[code.rfind("\n", 0, at) + 1 : at]
