"""One variant of a sketch: values drawn, program filled in, a prompt said, as a record."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from robo_runtime.check import api_functions
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config
from robo_runtime.registry import load_registry

from robo_train.compose.framing import framed
from robo_train.compose.noise import noisy
from robo_train.compose.phrases import Grammar, PhraseFile, Voice, phrases_dir
from robo_train.corpus.records import Record
from robo_train.sketches.fill import Values, compute, in_code, in_data
from robo_train.sketches.schema import Sketch, load_sketches

SPLIT = "sketches"
_TRIES = 2000
_FRAMED = 0.4
"""Share of commands in a frame ("please", "can you …?")."""
_CORRECTED = 0.02
"""Share of prompts in which the speaker corrects a number."""
_LISTED = 0.25
"""Share of prompts that say all pins and have a list of parts nevertheless."""
_ROW_PINS = ("pin", "pin", "pin", "GPIO", "gpio", "IO")


class Filled(NamedTuple):
    """A sketch with drawn values."""

    values: Values
    code: str
    hardware: list[str]
    checks: list[dict[str, Any]]
    world: dict[str, Any]
    until: float


def fill(sketch: Sketch, rng: Random, where: str) -> Filled:
    """Draw values until all conditions of `where` are true, and fill everything in.

    Raises:
        RoboError: no draw fulfils the conditions, or a hole cannot be filled.
    """
    for _ in range(_TRIES):
        values: dict[str, Any] = {}
        pins: list[int] = []
        for name, slot in sketch.slots.items():
            values[name] = slot.draw(rng, pins)
            if slot.pin:
                pins.append(values[name].number)
        if all(compute(condition, values, f"{where}: where") for condition in sketch.where):
            break
    else:
        raise RoboError(f"{where}: where: none of {_TRIES} draws fulfils {sketch.where}; widen the slots")
    return Filled(
        values, in_code(sketch.code.rstrip("\n"), values, f"{where}: code"),
        [in_code(row, values, f"{where}: hardware") for row in sketch.hardware],
        in_data(sketch.checks, values, f"{where}: checks"), in_data(sketch.world, values, f"{where}: world"),
        float(in_data(sketch.until, values, f"{where}: until")),
    )  # fmt: skip


class Sketches:
    """Sketches of some files, with the grammar that says their prompts.

    Raises:
        RoboError: a file that breaks the schema, or a prompt that does not parse.
    """

    def __init__(self, paths: list[Path]) -> None:
        self.all = load_sketches(paths)
        own: dict[str, list[str | int | float]] = {}
        slots: set[str] = set()
        for _, sketch in self.all:
            slots |= sketch.slots.keys()
            for rule, text in prompts_of(sketch):
                own[rule] = [text]
        files = [
            (f"en/{p.name}", read_config(p, PhraseFile))
            for p in sorted((phrases_dir() / "en").glob("*.yaml"))
        ]
        about = PhraseFile(about="prompts of sketches", slots=sorted(slots), rules=own)
        self.grammar = Grammar([*files, ("data/sketches", about)], "en")

    def ways(self, sketch: Sketch, rule: str) -> list[list[str]]:
        """The sets of slots that a prompt can say: all of them, but for pins that the parts say.

        Raises:
            RoboError: a prompt leaves out something else.
        """
        listed = {n for n, s in sketch.slots.items() if s.pin and _in_rows(n, sketch.hardware)}
        found = []
        for said in self.grammar.slot_sets(rule, "train"):
            if missing := set(sketch.slots) - set(said) - listed:
                text = dict(prompts_of(sketch))[rule]
                raise RoboError(
                    f"{sketch.name}: {text!r} may leave out {', '.join(sorted(missing))}; say every slot in"
                    " every alternative (pins may stand in `hardware` instead)"
                )
            found.append(said)
        if not found:
            text = dict(prompts_of(sketch))[rule]
            raise RoboError(f"{sketch.name}: {text!r} says a slot twice; write {{=slot}} for the second time")
        return found

    def record(self, sketch: Sketch, rng: Random, rule: str = "", filled: Filled | None = None) -> Record:
        """A variant, not yet run.

        Args:
            rule: the prompt, one of `prompts_of`; any when left out.
        """
        filled = filled or fill(sketch, rng, sketch.name)
        rule = rule or rng.choice(prompts_of(sketch))[0]
        said = rng.choice(self.ways(sketch, rule))
        voice = Voice(rng, "train")
        voice.slip = rng.random() < _CORRECTED
        text = self.grammar.say(rule, {n: filled.values[n].said for n in said}, voice)
        if rule.startswith("command") and rng.random() < _FRAMED:
            text = framed("frame_imp", text, self.grammar, voice, verb=True)
        kit = "robokit" in sketch.hardware
        parts = len(said) < len(sketch.slots) or kit or rng.random() < _LISTED
        word = rng.choice(_ROW_PINS)
        rows = [re.sub(r"\bpin (?=\d)", f"{word} ", row) for row in filled.hardware] if parts else []
        mark = json.dumps([sketch.name, {n: v.code for n, v in filled.values.items()}], sort_keys=True)
        return Record(
            type="instruction", grade=sketch.grade, prompt=noisy(text, rng), code=filled.code, hardware=rows,
            api_functions=list(_functions(filled.code)), lang="en", family=f"sketch/{sketch.name}",
            spec_hash=sha256(mark.encode()).hexdigest()[:16], split=SPLIT if sketch.held_out else "train",
            source="sketch", checks=filled.checks, world=filled.world, until=filled.until,
        )  # fmt: skip


def prompts_of(sketch: Sketch) -> list[tuple[str, str]]:
    """Commands and prompts, each with the name of its rule in the grammar."""
    return [
        *((f"command.{sketch.name}.{i}", text) for i, text in enumerate(sketch.commands)),
        *((f"prompt.{sketch.name}.{i}", text) for i, text in enumerate(sketch.prompts)),
    ]


def _in_rows(name: str, rows: list[str]) -> bool:
    return any(re.search(rf"\$(?:\{{{name}\}}|{name}\b)", row) for row in rows)


@lru_cache(maxsize=20_000)
def _functions(code: str) -> tuple[str, ...]:
    return tuple(api_functions(code, load_registry()))
