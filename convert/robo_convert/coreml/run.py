"""A saved package as a language model, through the evaluator: the calls that an app makes on a device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from robo_convert.coreml.evaluate import Evaluator, State
from robo_convert.coreml.program import Operation, read_package
from robo_convert.coreml.store import constant_of
from robo_convert.reference import Array, Weights


class Held(NamedTuple):
    """Caches, and the position of the next token; a step leaves them as they are."""

    caches: State
    position: int


class Model:
    """Both functions of a package over one set of caches."""

    def __init__(self, package: Path) -> None:
        functions = read_package(package)
        self._decode, self._prefill = Evaluator(functions["decode"]), Evaluator(functions["prefill"])
        self.chunk = next(t.shape[1] for t in functions["prefill"].inputs if t.name == "tokens")
        self.context = functions["decode"].states[0].shape[2]
        self.operations = sorted({op.type for f in functions.values() for op in f.operations})
        decode = functions["decode"]
        made = {out.name: out for op in decode.operations for out in op.outputs}
        self.vocabulary = made[decode.outputs[0]].shape[-1]
        self._state: State = {}
        self._position = 0
        self.reset()

    def reset(self) -> None:
        """Forget the running text."""
        self._state, self._position = self._decode.state(), 0

    def held(self) -> Held:
        """The running text as it is now."""
        return Held(dict(self._state), self._position)

    def hold(self, held: Held) -> None:
        """Go on from there."""
        self._state, self._position = dict(held.caches), held.position

    def step(self, token: int) -> Array:
        """Logits (vocab,) after one more token."""
        return self._call(self._decode, [token])[0]

    def feed(self, tokens: Sequence[int]) -> Array:
        """Logits (T, vocab) of T more tokens, in chunks; the last is padded where the cache has room for it.

        Padding writes rows that no position sees before they are written anew.
        """
        rows, left = [], list(tokens)
        while left and self._position + self.chunk <= self.context:
            part, left = left[: self.chunk], left[self.chunk :]
            at = self._position
            rows.append(self._call(self._prefill, part + [0] * (self.chunk - len(part)))[: len(part)])
            self._position = at + len(part)
        rows += [self._call(self._decode, [token]) for token in left]
        return np.concatenate(rows)

    def layers(self, tokens: Sequence[int]) -> list[Array]:
        """What comes out of the embedding and of each layer (T, hidden size), of tokens behind the text.

        Each layer has two norms, and one stands before the head; a norm begins with magnitudes, and what goes
        into every other one is the sum that runs through the layers.
        """
        sums = [op.inputs["x"][0] for op in self._prefill.function.operations if op.type == "abs"][::2]
        parts: list[list[Array]] = [[] for _ in sums]
        for start in range(0, len(tokens), self.chunk):
            part = list(tokens[start : start + self.chunk])
            at = self._position
            values = self._values(self._prefill, part + [0] * (self.chunk - len(part)), sums)
            self._position = at + len(part)
            for rows, name in zip(parts, sums, strict=True):
                rows.append(values[name].reshape(self.chunk, -1)[: len(part)])
        return [np.concatenate(rows) for rows in parts]

    def weights(self, names: dict[str, str]) -> Weights:
        """The weights the program multiplies with, by the values of `names`, whose keys are the program's."""
        found: dict[str, Array] = {}
        for evaluator in (self._decode, self._prefill):
            for name, value in evaluator.constants().items():
                if own := names.get(constant_of(name)):
                    if own in found and not np.array_equal(found[own], value):
                        raise ValueError(f"{own} differs between decode and prefill")
                    found[own] = value
        return found

    def types(self, names: dict[str, str]) -> dict[str, str]:
        """The types that hold the weights, named as in `weights`, in the words of `store.kind_of`."""
        found = {}
        for op in self._decode.function.operations:
            for out in op.outputs[:1]:  # write_state has none
                if own := names.get(constant_of(out.name)):
                    found[own] = _stored_as(op)
        return found

    def _call(self, function: Evaluator, tokens: list[int]) -> Array:
        logits: Array = self._values(function, tokens)["logits"][0]
        return logits

    def _values(self, function: Evaluator, tokens: list[int], also: Sequence[str] = ()) -> dict[str, Any]:
        inputs = {
            "tokens": np.array([tokens], np.int32),
            "position": np.array([self._position], np.int32),
        }
        self._position += len(tokens)
        return function(inputs, self._state, also)


def _stored_as(op: Operation) -> str:
    if op.type == "constexpr_lut_to_dense":
        return f"palette {op.literals['lut'].shape[-2]}"
    if op.type == "constexpr_blockwise_shift_scale":
        blocks, columns = op.literals["scale"].shape[-1], op.literals["data"].shape[-1]
        return f"{op.types['data']} {'row' if blocks == 1 else f'block {columns // blocks}'}"
    return op.outputs[0].type
