"""Phrase grammars: how a meaning is said, as data in `data/phrases/<language>/*.yaml`.

A rule is a name and its alternatives. In an alternative:

    <rule>            another rule, of any file of the language
    {slot}            a value that must be said exactly once (a pin, a time, a finished clause, ...)
    {=slot}           said once more, beside a {slot} in the same alternative
    {slot:form}       the same value in another form (`{count:n}` "3" beside `{count}` "3 times")
    (a|b)             one of these; [a|b] one of these or nothing; (a) is a in plain brackets
    trailing @2.5     weight, 1 when left out
    trailing ?x ?!x   only if the flag x is given, or is not given
    \\                 the next character is plain text

`Grammar.say(rule, slots)` writes one of the sentences that say *every* given slot exactly once and no
other slot, so a prompt always determines its program. For that each part knows the sets of slots it can
say (bit masks, computed once); a sentence is sampled top-down within these sets and never rejected.

A rule named in `sticky` mostly keeps its choice within a prompt, as people do with "GPIO" or "pin"; one named
in `fixed` always does, as a porch light never turns into a headlight.

Held-out templates: of each rule with five or more alternatives a fifth, chosen by hash, is used in the
`template` split only; lexical rules named in the file's `keep` are always whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Protocol

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import workspace

from robo_train.compose.phrase_parser import Choice, Join, Lit, Option, Ref, Slot, hold_out, parse_option

_HABIT = 0.85  # how often a sticky rule (the spelling of pins, of units) stays with its first choice


class PhraseFile(Strict):
    """One YAML file of a language's grammar."""

    about: str
    slots: list[str] = []
    flags: list[str] = []
    keep: list[str] = []
    sticky: list[str] = []
    fixed: list[str] = []
    words: dict[int, str] = {}
    """Numbers in words, said by `{n:word}`."""
    texts: list[str] = []
    """What people of this language let a program print or show."""
    rules: dict[str, list[str | int | float]]


class Unsayable(RoboError):
    """No sentence of the grammar says this; `rule`, `slots` and `flags` tell what was asked for."""

    def __init__(self, text: str, rule: str, slots: Iterable[str], flags: Iterable[str]) -> None:
        super().__init__(text)
        self.rule, self.slots, self.flags = rule, tuple(sorted(slots)), tuple(sorted(flags))

    def __reduce__(self) -> tuple[object, ...]:  # workers send it home
        return Unsayable, (str(self), self.rule, self.slots, self.flags)


class Voice:
    """Who speaks in one prompt: the randomness, the templates allowed, and habits kept within the prompt.

    Args:
        mode: `train` leaves held-out alternatives out, `template` prefers them, `all` treats all alike.
    """

    def __init__(self, rng: Random, mode: str = "train") -> None:
        self.rng = rng
        self.mode = mode
        self.held = 0
        self.slip = False
        """Whether a number is still to be said wrong first and then corrected."""
        self.habits: dict[str | tuple[str, ...], Option] = {}


class Spoken(Protocol):
    """A slot's value that knows how it is said (numbers, mostly)."""

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        """The value in one of its forms."""
        ...


class Grammar:
    """All phrase rules of one language.

    Raises:
        RoboError: an unknown rule or slot, a rule defined twice or in a circle, a malformed alternative;
            the text names file, rule and alternative.
    """

    def __init__(self, files: Iterable[tuple[str, PhraseFile]], lang: str = "en") -> None:
        self.lang = lang
        self.words: dict[int, str] = {}
        self.texts: list[str] = []
        self.rules: dict[str, Choice] = {}
        self.home: dict[str, str] = {}
        self._masks: dict[tuple[object, ...], frozenset[int]] = {}
        slots: set[str] = set()
        flags: set[str] = set()
        keep: set[str] = set()
        sticky: set[str] = set()
        fixed: set[str] = set()
        files = list(files)
        for where, file in files:
            slots.update(file.slots)
            flags.update(file.flags)
            keep.update(file.keep)
            sticky.update(file.sticky)
            fixed.update(file.fixed)
            self.words.update(file.words)
            self.texts += file.texts
            for name, alternatives in file.rules.items():
                if name in self.rules:
                    raise RoboError(
                        f"{where}: rules.{name}: already defined in {self.home[name]}; rename one"
                    )
                if not alternatives:
                    raise RoboError(f"{where}: rules.{name}: no alternatives; write at least one")
                options = [parse_option(str(a), f"{where}: rules.{name}") for a in alternatives]
                texts = [o.text for o in options]
                if double := {t for t in texts if texts.count(t) > 1}:
                    raise RoboError(f"{where}: rules.{name}: written twice: {', '.join(sorted(double))}")
                self.home[name] = where
                self.rules[name] = Choice(tuple(options))
        for name in sorted((keep | sticky | fixed) - set(self.rules)):
            raise RoboError(f"keep, sticky or fixed: {name}: no such rule; remove it from the list")
        for name, choice in self.rules.items():
            if name not in keep:
                self.rules[name] = Choice(hold_out(name, list(choice.options)))
        for name in self.rules:
            self._verify(name, slots, flags)
        self._bits = {slot: 1 << i for i, slot in enumerate(sorted(slots))}
        self._sticky = sticky
        self._fixed = fixed

    def _verify(self, rule: str, slots: set[str], flags: set[str]) -> None:
        for o in self.rules[rule].options:
            where = f"{self.home[rule]}: rules.{rule}: {o.text!r}"
            if unknown := (o.needs | o.bars) - flags:
                raise RoboError(f"{where}: unknown flag {min(unknown)}; known: {', '.join(sorted(flags))}")
            for leaf in _leaves(o.part):
                if isinstance(leaf, Slot) and leaf.name not in slots:
                    raise RoboError(
                        f"{where}: unknown slot {{{leaf.name}}}; known: {', '.join(sorted(slots))}"
                    )
                if isinstance(leaf, Ref):
                    if leaf.rule not in self.rules:
                        raise RoboError(f"{where}: unknown rule <{leaf.rule}>")
                    self._verify_ref(leaf.rule, rule)

    def _verify_ref(self, target: str, rule: str) -> None:
        seen: set[str] = set()
        stack = [target]
        while stack:
            at = stack.pop()
            if at == rule:
                raise RoboError(f"{self.home[rule]}: rules.{rule}: calls itself by way of <{target}>")
            if at in seen or at not in self.rules:
                continue
            seen.add(at)
            stack += [
                leaf.rule for o in self.rules[at].options for leaf in _leaves(o.part) if isinstance(leaf, Ref)
            ]

    # -- which sets of slots a part can say -------------------------------------------------------

    def _bit(self, slot: str) -> int:
        return self._bits[slot]

    def masks(self, part: object, flags: frozenset[str], mode: str) -> frozenset[int]:
        """Every set of slots that `part` can say, as bit masks."""
        key = (id(part) if not isinstance(part, Ref) else part.rule, flags, mode == "train")
        if (known := self._masks.get(key)) is not None:
            return known
        found: set[int] = set()
        if isinstance(part, Lit):
            found = {0}
        elif isinstance(part, Slot):
            found = {0 if part.again else self._bit(part.name)}
        elif isinstance(part, Ref):
            found = set(self.masks(self.rules[part.rule], flags, mode))
        elif isinstance(part, Choice):
            for o in part.options:
                if _open(o, flags, mode):
                    found |= self.masks(o.part, flags, mode)
        elif isinstance(part, Join):
            found = set(self._tails(part, flags, mode)[0])
        self._masks[key] = frozenset(found)
        return self._masks[key]

    def _tails(self, part: Join, flags: frozenset[str], mode: str) -> list[frozenset[int]]:
        """Masks of parts[i:] for every i; disjoint unions only, as a slot is said once."""
        key = (id(part), "tails", flags, mode == "train")
        if (known := self._masks.get(key)) is not None:
            return known  # type: ignore[return-value]
        tails = [frozenset((0,))]
        for item in reversed(part.parts):
            own = self.masks(item, flags, mode)
            tails.append(frozenset(a | b for a in own for b in tails[-1] if not a & b))
        tails.reverse()
        self._masks[key] = tails  # type: ignore[assignment]
        return tails

    # -- sampling ---------------------------------------------------------------------------------

    def can_say(self, rule: str, slots: Iterable[str], flags: Iterable[str] = (), mode: str = "all") -> bool:
        """Whether some sentence of `rule` says exactly these slots."""
        if rule not in self.rules or any(s not in self._bits for s in slots):
            return False
        target = sum(self._bit(s) for s in set(slots))
        return target in self.masks(Ref(rule), frozenset(flags), mode)

    def slot_sets(self, rule: str, mode: str = "all") -> list[list[str]]:
        """Every set of slots that some sentence of `rule` says, in order of their names."""
        masks = sorted(self.masks(Ref(rule), frozenset(), mode))
        return [[slot for slot, bit in self._bits.items() if mask & bit] for mask in masks]

    def say(
        self, rule: str, slots: Mapping[str, str | Spoken], voice: Voice, flags: Iterable[str] = ()
    ) -> str:
        """One sentence of `rule` that says every slot exactly once."""
        if rule not in self.rules:
            raise Unsayable(
                f"no phrase rule called {rule!r}; add it to data/phrases/{self.lang}", rule, slots, flags
            )
        f = frozenset(flags)
        target = -1 if any(s not in self._bits for s in slots) else sum(self._bit(s) for s in slots)
        if target not in self.masks(Ref(rule), f, voice.mode):
            raise Unsayable(
                f"{self.home[rule]}: rules.{rule}: no alternative says exactly {sorted(slots)} "
                f"with flags {sorted(f)}; add one",
                rule,
                slots,
                f,
            )
        out: list[str] = []
        self._write(Ref(rule), target, f, slots, voice, out)
        return tidy("".join(out))

    def word(self, value: str, voice: Voice) -> str:
        """A plain value (a colour, mostly) in the language's own word, `word=<value>`, where it has one."""
        rule = f"word={value}"
        return self.say(rule, {}, voice) if rule in self.rules else value

    def _write(
        self,
        part: object,
        target: int,
        flags: frozenset[str],
        slots: Mapping[str, str | Spoken],
        voice: Voice,
        out: list[str],
        rule: str = "",
    ) -> None:
        if isinstance(part, Lit):
            out.append(part.text)
        elif isinstance(part, Slot):
            value = slots[part.name]
            out.append(
                self.word(value, voice) if isinstance(value, str) else value.spoken(self, part.form, voice)
            )
        elif isinstance(part, Ref):
            self._write(self.rules[part.rule], target, flags, slots, voice, out, part.rule)
        elif isinstance(part, Choice):
            able = [
                o
                for o in part.options
                if _open(o, flags, voice.mode) and target in self.masks(o.part, flags, voice.mode)
            ]
            boost = 5.0 if voice.mode == "template" else 1.0
            o = _pick(able, [o.weight * (boost if o.held else 1.0) for o in able], voice.rng)
            if rule in self._sticky:
                before = voice.habits.get(rule)
                if before in able and voice.rng.random() < _HABIT:
                    o = before
                voice.habits[rule] = o
            elif rule in self._fixed:  # by what may stand here: a pump and a fan have names of their own
                o = voice.habits.setdefault((rule, *(o.text for o in able)), o)
            voice.held += o.held
            self._write(o.part, target, flags, slots, voice, out)
        elif isinstance(part, Join):
            tails = self._tails(part, flags, voice.mode)
            for i, item in enumerate(part.parts):
                if isinstance(item, Lit):
                    out.append(item.text)
                    continue
                fits = [
                    m
                    for m in self.masks(item, flags, voice.mode)
                    if not m & ~target and (target & ~m) in tails[i + 1]
                ]
                mask = fits[0] if len(fits) == 1 else voice.rng.choice(sorted(fits))
                self._write(item, mask, flags, slots, voice, out)
                target &= ~mask

    def count(self, rule: str, slots: Iterable[str], flags: Iterable[str] = (), mode: str = "all") -> int:
        """How many derivations of `rule` say exactly these slots (before the values are filled in)."""
        memo: dict[tuple[object, int], int] = {}
        f = frozenset(flags)

        def ways(part: object, target: int) -> int:
            key = (id(part) if not isinstance(part, Ref) else part.rule, target)
            if key in memo:
                return memo[key]
            total = 0
            if isinstance(part, Lit):
                total = int(target == 0)
            elif isinstance(part, Slot):
                total = int(target == (0 if part.again else self._bit(part.name)))
            elif isinstance(part, Ref):
                total = ways(self.rules[part.rule], target)
            elif isinstance(part, Choice):
                total = sum(ways(o.part, target) for o in part.options if _open(o, f, mode))
            elif isinstance(part, Join):
                table = {0: 1}
                for item in part.parts:
                    step: dict[int, int] = {}
                    for done, n in table.items():
                        for m in self.masks(item, f, mode):
                            if not m & done and not m & ~target:
                                step[done | m] = step.get(done | m, 0) + n * ways(item, m)
                    table = step
                total = table.get(target, 0)
            memo[key] = total
            return total

        return ways(Ref(rule), sum(self._bit(s) for s in set(slots)))


def _leaves(part: object) -> Iterable[object]:
    if isinstance(part, Join):
        for item in part.parts:
            yield from _leaves(item)
    elif isinstance(part, Choice):
        for o in part.options:
            yield from _leaves(o.part)
    else:
        yield part


def _open(o: Option, flags: frozenset[str], mode: str) -> bool:
    return o.needs <= flags and not (o.bars & flags) and not (o.held and mode == "train")


def _pick(items: list[Option], weights: list[float], rng: Random) -> Option:
    if len(items) == 1:
        return items[0]
    at = rng.random() * sum(weights)
    for item, w in zip(items, weights, strict=True):
        at -= w
        if at < 0:
            return item
    return items[-1]


_SPACES = re.compile(r"[ \t]+")
_INSIDE = re.compile(r"(?<=\() +")
_BEFORE = re.compile(r" +([,.;:?!)،؛؟](?![\w\x01.]))")
_EDGES = re.compile(r" *\n *")
_DOUBLE = re.compile(r",\s*(?=[,:;](?:\s|$))")


def tidy(text: str) -> str:
    """One space between words, none before punctuation, in brackets or at line ends; one mark at a time."""
    text = _SPACES.sub(" ", text)
    text = _BEFORE.sub(r"\1", text)
    text = _INSIDE.sub("", text)
    text = _DOUBLE.sub("", text)
    text = _EDGES.sub("\n", text)
    return text.strip().strip(",").strip()


@lru_cache(maxsize=32)
def phrases_version(lang: str) -> str:
    """Twelve hex digits that change with any phrase file of the language."""
    digest = sha256()
    for path in sorted((phrases_dir() / lang).glob("*.yaml")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def phrases_dir() -> Path:
    """`data/phrases` of the checkout."""
    return workspace() / "data" / "phrases"


@lru_cache(maxsize=4)  # what a grammar remembers grows to some 80 MB; chunks come language by language
def grammar(lang: str = "en") -> Grammar:
    """The grammar of one language, read once."""
    folder = phrases_dir() / lang
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise RoboError(f"{folder}: no phrase files; expected <family>.yaml")
    return Grammar(((f"{lang}/{p.name}", read_config(p, PhraseFile)) for p in files), lang)
