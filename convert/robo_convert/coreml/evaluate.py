"""Runs a saved Core ML program in numpy, operation by operation, where no Apple machine is at hand.

Each result is rounded to the type the program declares for it, so float16 overflows and loses here as it may
there; sums within one operation are float32. Meanings: coremltools' MIL operation reference, opset iOS 18.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from robo_runtime.errors import RoboError

from robo_convert.coreml.program import Function, Operation

Array = NDArray[Any]
State = dict[str, Array]


def blockwise_shift_scale(data: Array, scale: Array, offset: Array | None = None) -> Array:
    """Each block of `data` less its offset, times its scale."""
    shifted = data.astype(np.float32)
    if offset is not None:
        shifted = shifted - _spread(offset.astype(np.float32), data.shape)
    return shifted * _spread(scale.astype(np.float32), data.shape)


def lut_to_dense(indices: Array, lut: Array) -> Array:
    """Each index looked up in the palette of its block; palettes are the last two axes but one."""
    tables = lut[..., 0].astype(np.float32)
    for axis, size in enumerate(indices.shape):
        tables = np.repeat(tables, size // tables.shape[axis], axis)
    return np.take_along_axis(tables, indices[..., None].astype(np.int64), -1)[..., 0]


def _spread(blocks: Array, shape: tuple[int, ...]) -> Array:
    for axis, size in enumerate(shape):
        blocks = np.repeat(blocks, size // blocks.shape[axis], axis)
    return blocks


def _matmul(x: Array, y: Array, transpose_x: Array, transpose_y: Array) -> Array:
    return (np.swapaxes(x, -1, -2) if transpose_x else x) @ (np.swapaxes(y, -1, -2) if transpose_y else y)


def _softmax(x: Array, axis: Array) -> Array:
    shares = np.exp(x - x.max(int(axis), keepdims=True))
    return np.asarray(shares / shares.sum(int(axis), keepdims=True))


def _slice_update(x: Array, update: Array, begin: Array, end: Array, **masks: Array) -> Array:
    stride, squeeze = masks.get("stride", np.ones_like(begin)), masks.get("squeeze_mask")
    if (np.asarray(stride) != 1).any() or (squeeze is not None and squeeze.any()):
        raise RoboError("slice_update with strides or squeezed axes is not evaluated")
    first, last = (masks.get(f"{k}_mask", np.zeros(x.ndim, bool)) for k in ("begin", "end"))
    place = tuple(
        slice(None if no_b else int(b), None if no_e else int(e))
        for b, e, no_b, no_e in zip(begin, end, first, last, strict=True)
    )
    out = x.copy()
    out[place] = update
    return out


def _gather(x: Array, indices: Array, axis: Array, batch_dims: Array, **_: Array) -> Array:
    if int(batch_dims):
        raise RoboError("gather with batch dimensions is not evaluated")
    return np.take(x, indices.astype(np.int64), int(axis))


def _axes(axes: Array) -> tuple[int, ...]:
    return tuple(int(a) for a in np.atleast_1d(axes))


def _squeeze(x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, None if axes is None else _axes(axes))


def _split(x: Array, axis: Array, split_sizes: Array | None = None, num_splits: Array | None = None) -> Any:
    if split_sizes is None:
        assert num_splits is not None
        return np.split(x, int(num_splits), int(axis))
    return np.split(x, np.cumsum(split_sizes)[:-1], int(axis))


def _concat(values: list[Array], axis: Array, interleave: Array) -> Array:
    if interleave:
        raise RoboError("an interleaved concat is not evaluated")
    return np.concatenate([np.atleast_1d(v) for v in values], int(axis))


def _silu(x: Array) -> Array:
    return x / (1 + np.exp(-x))


MOVES: dict[str, Callable[..., Any]] = {
    "cast": lambda x, dtype: x.astype({"fp16": "f2", "fp32": "f4"}.get(str(dtype), str(dtype))),
    "concat": _concat,
    "expand_dims": lambda x, axes: np.expand_dims(x, _axes(axes)),
    "gather": _gather,
    "identity": lambda x: x,
    "reshape": lambda x, shape: x.reshape([int(n) for n in shape]),
    "select": lambda cond, a, b: np.where(cond, a, b),
    "slice_update": _slice_update,
    "split": _split,
    "squeeze": _squeeze,
    "transpose": lambda x, perm: x.transpose([int(p) for p in perm]),
}
"""Operations that move values; their results need no rounding."""

COMPUTES: dict[str, Callable[..., Any]] = {
    "abs": lambda x: np.abs(x),
    "add": lambda x, y: x + y,
    "constexpr_blockwise_shift_scale": blockwise_shift_scale,
    "constexpr_lut_to_dense": lut_to_dense,
    "equal": lambda x, y: x == y,
    "greater_equal": lambda x, y: x >= y,
    "less_equal": lambda x, y: x <= y,
    "linear": lambda x, weight, bias=0: x @ weight.T + bias,
    "matmul": _matmul,
    "mul": lambda x, y: x * y,
    "real_div": lambda x, y: x / y,
    "reduce_max": lambda x, axes, keep_dims: x.max(_axes(axes), keepdims=bool(keep_dims)),
    "reduce_mean": lambda x, axes, keep_dims: x.mean(_axes(axes), keepdims=bool(keep_dims)),
    "reduce_sum": lambda x, axes, keep_dims: x.sum(_axes(axes), keepdims=bool(keep_dims)),
    "rsqrt": lambda x, epsilon: 1 / np.sqrt(x + epsilon),
    "silu": _silu,
    "softmax": _softmax,
    "sub": lambda x, y: x - y,
}


class Evaluator:
    """One function of a program, ready to run; weights are unpacked once."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self._values: dict[str, Array] = {}
        self._steps: list[Operation] = []
        for op in function.operations:
            if op.type == "const":
                self._values[op.outputs[0].name] = _wide(op.literals["val"])
            elif op.type.startswith("constexpr_"):
                self._run(op, self._values, {})
            elif op.type in MOVES or op.type in COMPUTES or op.type in ("read_state", "write_state"):
                self._steps.append(op)
            else:
                raise RoboError(f"{op.outputs[0].name}: operation {op.type} is not evaluated here")

    def state(self) -> State:
        """The caches before the first token."""
        return {s.name: np.zeros(s.shape, np.float32) for s in self.function.states}

    def constants(self) -> dict[str, Array]:
        """What the program knows before it runs, weights unpacked, by name."""
        return dict(self._values)

    def __call__(
        self, inputs: Mapping[str, Array], state: State, also: Sequence[str] = ()
    ) -> dict[str, Array]:
        """Outputs by name, and other values; `state` changes."""
        values = self._values | {t.name: np.asarray(inputs[t.name]) for t in self.function.inputs}
        with np.errstate(over="ignore"):  # in float16 as on a device: infinity, which the gate then finds
            for op in self._steps:
                self._run(op, values, state)
        return {name: values[name] for name in (*self.function.outputs, *also)}

    def _run(self, op: Operation, values: dict[str, Array], state: State) -> None:
        if op.type == "read_state":
            values[op.outputs[0].name] = state[op.inputs["input"][0]]
            return
        if op.type == "write_state":
            state[op.inputs["input"][0]] = values[op.inputs["data"][0]]
            return
        given: dict[str, Any] = dict(op.literals)
        given |= {k: values[names[0]] for k, names in op.inputs.items() if k != "values"}
        if "values" in op.inputs:
            given["values"] = [values[name] for name in op.inputs["values"]]
        move = MOVES.get(op.type)
        found = move(**given) if move else COMPUTES[op.type](**given)
        for out, result in zip(op.outputs, found if op.type == "split" else [found], strict=True):
            values[out.name] = _wide(result) if move else _rounded(result, out.type)


def _wide(x: Array) -> Array:
    """float16 held as float32, in which numpy computes ten times faster."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _rounded(x: Array, kind: str) -> Array:
    if kind == "float16":
        return x.astype(np.float16).astype(np.float32)
    return np.asarray(x).astype(kind)
