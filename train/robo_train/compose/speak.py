"""From meaning to words: who is mentioned when, in which form, in which discourse frame."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from robo_runtime.errors import RoboError

from robo_train.compose.code import ANALOG_NAMES
from robo_train.compose.framing import framed, listed_below
from robo_train.compose.numbers import Quantity
from robo_train.compose.outputs import output_flag
from robo_train.compose.phrases import Grammar, Spoken, Unsayable, Voice
from robo_train.compose.refusals import Impossible
from robo_train.compose.rules import After, Every, Forever, Level, Press, Repeat, Seq, Start, Wait
from robo_train.compose.spec import Body, Condition, Device, Node, Rule, TaskSpec
from robo_train.compose.words import Words

IDIOM = 0.3
"""Share of tasks said in an idiom where there is one."""
TELEGRAMS = 0.1
"""Share of robokit prompts in telegram style."""
CORRECTED = 0.03
"""Share of prompts in which the speaker corrects a number."""
NICKNAMED = 0.15
"""Share of prompts that name an LED, a servo or a buzzer after its use: porch light, barrier, alarm."""
_USED = frozenset({"led", "servo", "buzzer"})
_LETTERS = "abcdefgh"
FORMS = {"imp": 6.0, "inf": 3.0, "stm": 2.2, "tel": 1.4}
"""Command, infinitive ("I want to ..."), statement, telegram: a language has those it has a `frame_` for."""
_IN_PLACE = {"imp": "imp", "inf": "", "stm": "imp", "tel": "imp"}
"""The form that stands in where a rule has not the one asked for; an infinitive cannot be replaced."""


def _long(body: object) -> bool:
    """Whether a body has several steps, so that where it ends must be plain."""
    return isinstance(body, Seq) or _trails(body)


def _trails(body: object) -> bool:
    """Whether a pause said right after the body would be taken for a part of it, as after "else ..."."""
    return isinstance(body, Repeat) or (isinstance(body, Body) and bool(body.clauses))


class Prompt(NamedTuple):
    """A request as typed, before noise; `hardware` is the separate list of parts, when one is given."""

    text: str
    hardware: list[str]
    held: int
    frame: str


class Speaker:
    """Says one task once. Devices are introduced with their pin at first mention, later they are known."""

    def __init__(self, spec: TaskSpec, grammar: Grammar, voice: Voice) -> None:
        self.spec = spec
        self.grammar = grammar
        self.voice = voice
        self.known: set[Device] = set()
        self.last: Device | None = None
        self.verb = False
        self.nicknamed = voice.rng.random() < NICKNAMED
        self.bounded = False
        """Whether what is being said lasts for a time, or until something happens."""
        devices = spec.devices()
        kinds = [(d.type, d.label if d.type in ("analog", "output") else "") for d in devices]
        self.twins = {d for d, k in zip(devices, kinds, strict=True) if kinds.count(k) > 1}

    # -- devices ----------------------------------------------------------------------------------

    def device(self, d: Device | None) -> tuple[dict[str, Spoken | str], set[str]]:
        """Slots and flags that name a device now; it is known from here on."""
        slots: dict[str, Spoken | str] = {}
        flags: set[str] = set()
        if d is None:
            return slots, flags
        coloured = d.type == "led" and d.label
        twin = d in self.twins
        if coloured and (d not in self.known or twin or self.voice.rng.random() < 0.4):
            slots["colour"] = d.label
        if d in self.known:
            flags.add("known")
            if d == self.last and not twin and d.type not in ("button", "analog"):
                flags.add("it")
        if d.assumed:
            flags.add("assumed")
        elif d not in self.known or (twin and not coloured):
            slots["pin"] = Quantity(kind="pin", value=str(d.pin))
            for i, pin in enumerate(d.pins()[1:], 2):
                slots[f"pin{i}"] = Quantity(kind="pin", value=str(pin))
            if d.active_low:
                slots["low"] = Words(rule="low")
        if d.type == "output":
            flags.add(output_flag(d))
        if self.nicknamed and d.type in _USED and not coloured and not twin:
            flags.add("named")
        self.known.add(d)
        self.last = d
        return slots, flags

    # -- nodes ------------------------------------------------------------------------------------

    def say(self, rule: str, form: str, slots: Mapping[str, Spoken | str], flags: set[str]) -> str:
        """The rule in the form asked for; as a command where the form is not written."""
        for name in (f"{rule}_{form}", f"{rule}_{_IN_PLACE[form]}", rule):
            if self.grammar.can_say(name, slots, flags, self.voice.mode):
                return self.grammar.say(name, slots, self.voice, flags)
        raise Unsayable(
            f"data/phrases/{self.grammar.lang}: rule {rule}_{form}: cannot say {sorted(slots)} with"
            f" {sorted(flags)}; add an alternative",
            f"{rule}_{form}",
            slots,
            flags,
        )

    def body(self, body: Body, form: str) -> str:
        """An action, whatever it is made of."""
        if isinstance(body, Seq):
            return self.seq(body, form)
        if isinstance(body, Repeat):
            return self.say(
                "repeat", form, {"count": body.times, "act": self.body(body.body, form)}, self.top()
            )
        if isinstance(body, Wait):
            return self.say("wait", form, body.slots(), set())
        return self.leaf(body, form)

    def leaf(self, node: Node, form: str) -> str:
        """A node by its own rule, with its devices and clauses."""
        slots, flags = self.device(getattr(node, "device", None))
        slots.update(node.slots())
        for field, slot in node.named.items():
            device: Device | None = getattr(node, field)
            if device is None:
                continue
            own, more = self.device(device)
            slots[slot] = self.grammar.say(self.noun(device), own, self.voice, more - {"it"})
        before, self.bounded = self.bounded, self.bounded or getattr(node, "bounds", False)
        slots.update(self.clauses(node, form))
        self.bounded = before
        if _long(getattr(node, "body", None)):
            flags.add("multi")
        if node is not self._alone():  # "now" and "again" are for what is done at once and alone
            flags.add("step")
        flags |= node.flags() | self.top()
        if self.bounded:  # "blink forever for 5 s" would contradict itself
            with suppress(Unsayable):
                return self.say(node.rule, form, slots, flags - {"endless"})  # type: ignore[attr-defined]
        return self.say(node.rule, form, slots, flags)  # type: ignore[attr-defined]

    def noun(self, device: Device) -> str:
        """The rule that names a device: its type, or what an analog input measures."""
        return ANALOG_NAMES[device.label] if device.type == "analog" else device.type

    def clauses(self, node: Node, form: str) -> dict[str, Spoken | str]:
        """The finished clauses of a node that is made of others."""
        found: dict[str, Spoken | str] = {}
        for field, slot in node.clauses.items():
            value = getattr(node, field)
            for i, item in enumerate(value if isinstance(value, tuple) else (value,), 1):
                if item is None:
                    continue
                said = self.body(item, form) if isinstance(item, Body) else self.condition(item)
                found[f"{slot}{i}" if isinstance(value, tuple) else slot] = said
        for slot, part in node.parts().items():
            found[slot] = self.part(part, form)
        return found

    def part(self, part: Node, form: str) -> str:
        """A part of a sentence: what is done, when, or with what."""
        if isinstance(part, Condition):
            return self.condition(part)
        return self.body(part, form) if isinstance(part, Body) else self.leaf(part, form)

    def step(self, step: Body, form: str, last: bool = True) -> str:
        """One of several steps; where a repetition or a choice among them ends must be plain."""
        if isinstance(step, Repeat) and "repeat_inner" in self.grammar.rules:
            slots: dict[str, Spoken | str] = {"count": step.times, "act": self.body(step.body, form)}
            return self.say("repeat_inner", form, slots, self.top())
        text = self.body(step, form)
        choice = step.kind == "decide" and not last and "repeat_inner" in self.grammar.rules
        return f"({text})" if choice else text

    def seq(self, body: Seq, form: str) -> str:
        """Steps one after the other; a pause may be said with the step behind it."""
        texts: list[str] = []
        steps = list(body.steps)
        while steps:
            step = steps.pop(0)
            if (
                isinstance(step, Wait)
                and steps
                and not isinstance(steps[0], Wait)
                and self.voice.rng.random() < 0.45
            ):
                next_ = steps.pop(0)
                then = self.step(next_, form, not steps)
                texts.append(self.say("wait_next", form, {"time": step.time, "next": then}, set()))
            else:
                texts.append(self.step(step, form, not steps))
        if len(texts) == 1:
            return texts[0]
        slots: dict[str, Spoken | str] = dict(zip(_LETTERS, texts, strict=False))
        return self.say("seq", form, slots, self.top() | ({"sentence"} if body is self._alone() else set()))

    def _alone(self) -> Body | None:
        rule = self.spec.rules[0]
        return rule.body if len(self.spec.rules) == 1 and isinstance(rule, Start) else None

    def top(self) -> set[str]:
        """The flag of a sentence that begins with a verb."""
        return {"verb"} if self.verb else set()

    def condition(self, condition: Condition) -> str:
        """A condition, without what it starts."""
        slots, flags = self.device(getattr(condition, "device", None))
        slots.update(condition.slots())
        for field, slot in condition.named.items():
            own, more = self.device(getattr(condition, field))
            slots[slot] = self.grammar.say(
                self.noun(getattr(condition, field)), own, self.voice, more - {"it"}
            )
        slots.update(self.clauses(condition, "imp"))
        return self.grammar.say(
            condition.rule,  # type: ignore[attr-defined]
            slots,
            self.voice,
            flags | condition.flags(),
        )

    def rule(self, rule: Rule, form: str) -> str:
        flags = self.top()
        body = getattr(rule, "body", None)
        counted = isinstance(rule, Every) and getattr(body, "times", None) is not None
        if _trails(body):
            flags.add("tail")
        if _long(body) or counted:  # "blink 3 times every 2 s" would mean the blinks
            flags.add("multi")
        if form == "imp" and self.voice.rng.random() < IDIOM and (text := self.idiom(rule)):
            return text
        if isinstance(rule, Press):
            slots, more = self.device(rule.button)
            slots["act"] = self.body(rule.body, form)
            return self.say(rule.kind, form, slots, flags | more)
        if isinstance(rule, Level):
            parts: dict[str, Spoken | str] = {"cond": self.condition(rule.condition)}
            parts["act"] = self.body(rule.body, form)
            if rule.said_otherwise and rule.otherwise:
                parts["other"] = self.body(rule.otherwise, form)
            return self.say(rule.kind, form, parts, flags)
        if isinstance(rule, Every | After):
            act = self.body(rule.body, form)
            return self.say(rule.kind, form, {"time": rule.time, "act": act}, flags | rule.flags())
        if isinstance(rule, Start | Forever):
            act = self.body(rule.body, form)
            return listed_below(self.say(rule.kind, form, {"act": act}, flags), act)
        return self.leaf(rule, form)

    def idiom(self, rule: Rule) -> str:
        """The task as a whole in an idiom ("a night light"), where the grammar has one; else nothing."""
        body = getattr(rule, "body", None)
        if not isinstance(rule, Press | Level) or getattr(rule, "said_otherwise", False) or body is None:
            return ""
        name = f"idiom_{rule.kind}_{body.kind}"
        source: Node = rule
        if isinstance(rule, Level):
            source = rule.condition
            name = f"idiom_{source.rule}_{body.kind}"  # type: ignore[attr-defined]
        if name not in self.grammar.rules:
            return ""
        before = set(self.known), self.last
        slots, flags = self.device(
            rule.button if isinstance(rule, Press) else getattr(source, "device", None)
        )
        own, more = self.device(body.device)
        slots |= source.slots() | body.slots()
        flags |= source.flags()
        slots["out"] = self.grammar.say(body.device.type, own, self.voice, more)
        flags |= self.top() | {f for f in more if f.startswith("is_")}
        if self.grammar.can_say(name, slots, flags, self.voice.mode):
            return self.grammar.say(name, slots, self.voice, flags)
        self.known, self.last = before
        return ""

    # -- the whole --------------------------------------------------------------------------------

    def task(self, form: str) -> str:
        """All rules of the task, without a frame."""
        texts = []
        for rule in self.spec.rules:
            texts.append(self.rule(rule, form))
            self.verb = False
        if len(texts) == 1:
            return texts[0]
        return self.grammar.say("both", dict(zip(_LETTERS, texts, strict=False)), self.voice, self.top())


def prompt(spec: TaskSpec, grammar: Grammar, voice: Voice) -> Prompt:
    """One way to ask for `spec`."""
    rng = voice.rng
    voice.slip = rng.random() < CORRECTED
    if isinstance(spec.rules[0], Impossible):
        wish = grammar.say(f"impossible_{spec.rules[0].kind}_imp", {}, voice)
        text = wish if spec.rules[0].kind == "nothing" else grammar.say("frame_imp", {"task": wish}, voice)
        return Prompt(text, [], voice.held, "impossible")
    if spec.api == "robokit":
        return _kit(spec, grammar, voice)
    able = {f: w for f, w in FORMS.items() if f"frame_{f}" in grammar.rules}
    form = rng.choices(list(able), list(able.values()))[0]
    if form != "inf" and not all(_has(rule, form, grammar) for rule in spec.rules):
        form = "imp"
    try:
        return _plain(spec, grammar, voice, form)
    except Unsayable:
        if form == "imp" or grammar.lang == "en":  # English says everything in every form
            raise
        return _plain(spec, grammar, voice, "imp")


def _has(rule: Rule, form: str, grammar: Grammar) -> bool:
    """Whether the whole rule can be said in this form, so that a frame made for it fits."""
    return f"{getattr(rule, 'rule', rule.kind)}_{form}" in grammar.rules


def _plain(spec: TaskSpec, grammar: Grammar, voice: Voice, form: str) -> Prompt:
    rng = voice.rng
    devices = [d for d in spec.devices() if not d.assumed]
    listable = (
        bool(devices)
        and all(f"intro_{d.type}" in grammar.rules for d in devices)
        and not any(getattr(n, "lists", False) for r in spec.rules for n in r.nodes())
    )
    if listable and rng.random() < 0.08 + 0.06 * (len(devices) - 1):
        return _listed(spec, grammar, voice, "imp" if form == "inf" else form, devices)
    verb = form == "imp" and rng.random() < 0.5
    task, verb = _task(spec, grammar, voice, form, verb, set())
    return Prompt(framed(f"frame_{form}", task, grammar, voice, verb), [], voice.held, form)


def _kit(spec: TaskSpec, grammar: Grammar, voice: Voice) -> Prompt:
    """A task for the kit's own functions: the prompt or the hardware list says robokit."""
    listed = voice.rng.random() < 0.35
    form, frame = "imp", "frame_robokit"
    if "frame_robokit_tel" in grammar.rules and voice.rng.random() < TELEGRAMS:
        form, frame = "tel", "frame_robokit_tel"
    task, verb = _task(spec, grammar, voice, form, form == "imp" and voice.rng.random() < 0.6, set())
    text = framed(f"frame_{form}" if listed else frame, task, grammar, voice, verb)
    return Prompt(text, ["robokit"] if listed else [], voice.held, "robokit")


def _task(
    spec: TaskSpec, grammar: Grammar, voice: Voice, form: str, verb: bool, known: set[Device]
) -> tuple[str, bool]:
    """The task's text, and whether it begins with a verb as was wished."""
    for wish in (verb, False):
        speaker = Speaker(spec, grammar, voice)
        speaker.known |= known
        speaker.nicknamed &= not known  # a list of parts has named them already
        speaker.verb = wish
        try:
            return speaker.task(form), wish
        except RoboError:  # several steps cannot follow "can you"
            if not wish:
                raise
    raise AssertionError("unreachable")


def _enumerated(rows: list[str], grammar: Grammar, voice: Voice) -> str:
    """ "a, b and c", with the language's own `list_comma` and `list_and` where it has them."""
    if len(rows) == 1:
        return rows[0]
    if "list_and" not in grammar.rules:
        return ", ".join(rows[:-1]) + voice.rng.choice((" and ", " and ", ", ", ", and ")) + rows[-1]
    text = rows[0]
    for row in rows[1:-1]:
        text = grammar.say("list_comma", {"a": text, "b": row}, voice)
    return grammar.say("list_and", {"a": text, "b": rows[-1]}, voice)


def _listed(spec: TaskSpec, grammar: Grammar, voice: Voice, form: str, devices: list[Device]) -> Prompt:
    """The devices first (or last), as a sentence, as a table, or in the separate hardware list."""
    how = voice.rng.choice(("intro", "intro", "table", "table", "hardware"))
    twins = Speaker(spec, grammar, voice).twins
    rows = []
    for d in devices:
        slots: dict[str, Spoken | str] = {"pin": Quantity(kind="pin", value=str(d.pin))}
        if d.type == "led" and d.label:
            slots["colour"] = d.label
        for i, pin in enumerate(d.pins()[1:], 2):
            slots[f"pin{i}"] = Quantity(kind="pin", value=str(pin))
        if d.active_low:
            slots["low"] = Words(rule="low")
        if d.type in ("analog", "dht"):
            slots["label"] = d.label
        if d.type == "led" and not d.label and d in twins:  # the task will name it by its pin
            rows.append(grammar.say("intro_led", slots, voice))
            continue
        flags = {output_flag(d)} if d.type == "output" else set()
        rows.append(
            grammar.say(f"row_{d.type}" if how == "table" else f"intro_{d.type}", slots, voice, flags)
        )
    if voice.rng.random() < 0.3:
        voice.rng.shuffle(rows)
    task, _ = _task(spec, grammar, voice, form, False, set(devices))
    if how == "hardware":
        return Prompt(framed(f"frame_{form}", task, grammar, voice, False), rows, voice.held, how)
    if how == "table":
        bullet = voice.rng.choice(("", "", "- ", "* "))
        parts = "\n".join(bullet + row for row in rows)
    else:
        parts = _enumerated(rows, grammar, voice)
    text = grammar.say(f"frame_{how}", {"task": task, "parts": parts}, voice)
    return Prompt(listed_below(text, task), [], voice.held, how)
