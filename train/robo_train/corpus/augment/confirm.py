"""An augmented record is kept only if the simulator confirms it."""

from __future__ import annotations

import ast
from typing import Any

from robo_runtime.check import check_program
from robo_runtime.checks import check_list, evaluate
from robo_runtime.registry import load_registry
from robo_runtime.simulate import World, simulate

from robo_train.compose.verify import observed
from robo_train.corpus.records import Record


def failures(code: str, record: Record) -> list[str]:
    """What `code` does wrong by the checks of `record`, in its world."""
    until = record.until or observed(record.checks)
    return evaluate(simulate(code, World(**record.world), until), check_list(record.checks))


def confirmed(record: Record) -> bool:
    """Whether the program parses, calls only what the registry has, and passes its checks."""
    try:
        ast.parse(record.code)
    except SyntaxError:
        return False
    if check_program(record.code, load_registry()):
        return False
    return not record.checks or not failures(record.code, record)


def changed(record: Record, name: str, **fields: Any) -> Record:
    """A copy with other fields, that says what was done to it."""
    return record.model_copy(update={**fields, "source": f"{record.source}/{name}", "id": ""})
