"""What comes out of each layer of a saved package, by the evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from robo_convert.coreml.run import Model as Running
from robo_convert.parity import Encoded
from robo_convert.reference import Array


def layer_outputs(package: Path, cases: Sequence[Encoded]) -> list[list[Array]]:
    """For each case what comes out of the embedding and of each layer, (T, hidden size) each."""
    running, found = Running(package), []
    for case in cases:
        running.reset()
        found.append(running.layers(case.tokens(running.context)))
    return found
