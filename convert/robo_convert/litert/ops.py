"""Operators of TFLite as methods: each works out the size of what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert.schema_py_generated import TensorType

from robo_convert.litert.flatbuffer import Subgraph


class Ops(Subgraph):
    """A subgraph that is written operator by operator; tensors are their numbers."""

    def add(self, a: int, b: int) -> int:
        return self._both("ADD", a, b, options="AddOptions")

    def sub(self, a: int, b: int) -> int:
        return self._both("SUB", a, b, options="SubOptions")

    def mul(self, a: int, b: int) -> int:
        return self._both("MUL", a, b, options="MulOptions")

    def minimum(self, a: int, b: int) -> int:
        return self._both("MINIMUM", a, b, options="MaximumMinimumOptions")

    def _both(self, kind: str, a: int, b: int, **options: Any) -> int:
        """An operator on two tensors, of which each may be repeated to the size of the other."""
        size = np.broadcast_shapes(self.shape(a), self.shape(b))
        return int(self.op(kind, [a, b], size, type_=self.type(a), **options))

    def sigmoid(self, x: int) -> int:
        return int(self.op("LOGISTIC", [x], self.shape(x)))

    def inverse_root(self, x: int) -> int:
        return int(self.op("RSQRT", [x], self.shape(x)))

    def softmax(self, x: int) -> int:
        """Over the last dimension."""
        return int(self.op("SOFTMAX", [x], self.shape(x), options="SoftmaxOptions", beta=1.0))

    def mean(self, x: int) -> int:
        """Over the last dimension, which stays, as one."""
        *rows, _ = self.shape(x)
        axes = self.ints([len(rows)])
        return int(self.op("MEAN", [x, axes], (*rows, 1), options="ReducerOptions", keepDims=True))

    def sum(self, x: int) -> int:
        """Over the last dimension, which goes."""
        *rows, _ = self.shape(x)
        return int(self.op("SUM", [x, self.ints([len(rows)])], rows, options="ReducerOptions"))

    def to_float(self, x: int) -> int:
        """float32 of int32."""
        types = {"inDataType": TensorType.INT32, "outDataType": TensorType.FLOAT32}
        return int(self.op("CAST", [x], self.shape(x), options="CastOptions", **types))

    def dequantise(self, x: int) -> int:
        """float32 of float16."""
        return int(self.op("DEQUANTIZE", [x], self.shape(x), version=3, options="DequantizeOptions"))

    def lookup(self, rows: int, table: int) -> int:
        """Rows of a table, as float32."""
        version = 1 if self.type(table) == "float32" else 3
        size = (*self.shape(rows), self.shape(table)[1])
        return int(self.op("EMBEDDING_LOOKUP", [rows, table], size, version=version))

    def gather(self, table: int, rows: int) -> int:
        """Rows of a table of floats."""
        size = (*self.shape(rows), *self.shape(table)[1:])
        return int(self.op("GATHER", [table, rows], size, options="GatherOptions"))

    def linear(self, x: int, matrix: int) -> int:
        """x (T, in) times a matrix (out, in)."""
        size = (self.shape(x)[0], self.shape(matrix)[0])
        options = "FullyConnectedOptions"
        return int(
            self.op("FULLY_CONNECTED", [x, matrix, -1], size, version=13, options=options, keepNumDims=True)
        )

    def matmul(self, a: int, b: int, turn: bool = False) -> int:
        """Product over the last two dimensions; with `turn` that of b's transpose."""
        *batch, rows, _ = self.shape(a)
        size = (*batch, rows, self.shape(b)[-2 if turn else -1])
        return int(self.op("BATCH_MATMUL", [a, b], size, options="BatchMatMulOptions", adjY=turn))

    def reshape(self, x: int, size: Sequence[int]) -> int:
        inputs, type_ = [x, self.ints(size)], self.type(x)
        return int(
            self.op("RESHAPE", inputs, size, type_=type_, options="ReshapeOptions", newShape=list(size))
        )

    def transpose(self, x: int, order: Sequence[int]) -> int:
        size = self.shape(x)
        new = [size[i] for i in order]
        if [i for i in order if size[i] > 1] == [i for i in range(len(size)) if size[i] > 1]:
            return self.reshape(x, new)
        return int(self.op("TRANSPOSE", [x, self.ints(order)], new, options="TransposeOptions"))

    def slice(self, x: int, axis: int, start: int, length: int) -> int:
        size = list(self.shape(x))
        begin = [0] * len(size)
        begin[axis], size[axis] = start, length
        inputs, type_ = [x, self.ints(begin), self.ints(size)], self.type(x)
        return int(self.op("SLICE", inputs, size, type_=type_, options="SliceOptions"))

    def halves(self, x: int) -> list[int]:
        """Of the last dimension."""
        *rows, last = self.shape(x)
        axis = self.array(f"axis_{len(rows)}", np.array(len(rows), dtype=np.int32))
        size = (*rows, last // 2)
        found: list[int] = self.op("SPLIT", [axis, x], size, size, options="SplitOptions", numSplits=2)
        return found

    def concat(self, parts: Sequence[int], axis: int) -> int:
        size = list(self.shape(parts[0]))
        size[axis] = sum(self.shape(part)[axis] for part in parts)
        options, type_ = "ConcatenationOptions", self.type(parts[0])
        return int(self.op("CONCATENATION", parts, size, type_=type_, options=options, axis=axis))

    def update(self, x: int, rows: int, start: int) -> int:
        """x with `rows` written over a part of it, from `start` on."""
        options = "DynamicUpdateSliceOptions"
        return int(self.op("DYNAMIC_UPDATE_SLICE", [x, rows, start], self.shape(x), options=options))

    def ints(self, values: Sequence[int]) -> int:
        """A constant vector."""
        return self.array("ints_" + "_".join(map(str, values)), np.array(values, dtype=np.int32))

    def scalar(self, value: float) -> int:
        return self.array(f"float_{value:g}", np.array([value], dtype=np.float32))
