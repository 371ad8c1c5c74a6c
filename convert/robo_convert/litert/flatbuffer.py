"""A TFLite file, put together: buffers that its subgraphs share, tensors, operators, signatures.

The schema is TensorFlow Lite's, in the Python that ai-edge-litert brings along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

VERSION, IDENTIFIER = 3, b"TFL3"
ALIGNMENT = 16
"""Of the data of a buffer, as the schema asks."""
TYPES = {
    "float32": schema.TensorType.FLOAT32, "float16": schema.TensorType.FLOAT16,
    "int32": schema.TensorType.INT32, "int8": schema.TensorType.INT8, "int4": schema.TensorType.INT4,
}  # fmt: skip


@dataclass(frozen=True)
class Constant:
    """A tensor with data that all subgraphs may use."""

    name: str
    data: bytes
    type: str
    shape: tuple[int, ...]
    scales: NDArray[np.float32] | None = None
    """One for each row, for rows of integers."""
    block_scales: Constant | None = None
    """float16, one for each block of a row, row by row."""
    block: int = 0
    """Numbers that share one of `block_scales`."""


class _Buffer(schema.BufferT):
    """Bytes, aligned: the generated code does not do that."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__()
        self.content = content

    def Pack(self, builder: Any) -> Any:
        content = self.content
        if content:
            builder.StartVector(1, len(content), ALIGNMENT)
            builder.head -= len(content)
            builder.Bytes[builder.head : builder.head + len(content)] = content
            vector = builder.EndVector()
        schema.BufferStart(builder)
        if content:
            schema.BufferAddData(builder, vector)
        return schema.BufferEnd(builder)


class _Rows(schema.QuantizationParametersT):
    """Scales of rows, and the noughts that LiteRT wants beside them.

    The generated code would write both anew for each subgraph: a tenth of a small file.
    """

    def __init__(self, name: str, scales: NDArray[np.float32], packed: dict[Any, Any]) -> None:
        super().__init__()
        self.name, self.scale, self.packed = name, scales, packed

    def Pack(self, builder: Any) -> Any:
        length = len(self.scale)
        if length not in self.packed:
            self.packed[length] = builder.CreateNumpyVector(np.zeros(length, np.int64))
        if self.name not in self.packed:
            scales = builder.CreateNumpyVector(self.scale)
            schema.QuantizationParametersStart(builder)
            schema.QuantizationParametersAddScale(builder, scales)
            schema.QuantizationParametersAddZeroPoint(builder, self.packed[length])
            self.packed[self.name] = schema.QuantizationParametersEnd(builder)
        return self.packed[self.name]


def pack(model: Any) -> bytes:
    """The bytes of a model, of `schema.ModelT`."""
    buffers = [b if isinstance(b, _Buffer) else _Buffer(_bytes(b.data)) for b in model.buffers]
    model.buffers = buffers
    builder = flatbuffers.Builder(sum(len(buffer.content) for buffer in buffers) + (1 << 20))
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def _bytes(data: Any) -> bytes:
    return b"" if data is None else bytes(bytearray(data))


class File:
    """What all subgraphs have in common."""

    def __init__(self, description: str, metadata: Mapping[str, str]) -> None:
        self.model = schema.ModelT()
        self.model.version = VERSION
        self.model.description = description.encode()
        self.model.buffers = [_Buffer()]
        self.model.operatorCodes, self.model.subgraphs, self.model.signatureDefs = [], [], []
        self.model.metadata = []
        self._buffers: dict[str, int] = {}
        self._codes: dict[tuple[int, int], int] = {}
        self.packed: dict[Any, Any] = {}
        """Where in the file is what subgraphs share, while it is put together."""
        for name, text in metadata.items():
            entry = schema.MetadataT()
            entry.name, entry.buffer = name.encode(), self.buffer(f"metadata {name}", text.encode())
            self.model.metadata.append(entry)

    def buffer(self, name: str, content: bytes) -> int:
        """The number of a buffer; the same name means the same content."""
        if name not in self._buffers:
            self._buffers[name] = len(self.model.buffers)
            self.model.buffers.append(_Buffer(content))
        return self._buffers[name]

    def code(self, kind: str, version: int) -> int:
        """The number of an operator's kind, by its name in the schema."""
        number = getattr(schema.BuiltinOperator, kind)
        if (number, version) not in self._codes:
            self._codes[number, version] = len(self.model.operatorCodes)
            code = schema.OperatorCodeT()
            code.builtinCode, code.version = number, version
            code.deprecatedBuiltinCode = min(number, 127)
            self.model.operatorCodes.append(code)
        return self._codes[number, version]

    def content(self) -> bytes:
        """The file."""
        self.packed.clear()
        return pack(self.model)


class Subgraph:
    """One function of a file; tensors are their numbers."""

    def __init__(self, file: File, name: str) -> None:
        self.file, self.name = file, name
        self.graph = schema.SubGraphT()
        self.graph.name = name.encode()
        self.graph.tensors, self.graph.operators = [], []
        self._constants: dict[str, int] = {}
        self._inputs: dict[str, int] = {}

    def tensor(self, shape: Sequence[int], type_: str = "float32", name: str = "", buffer: int = 0) -> int:
        """A tensor, without data unless a buffer is named."""
        tensor = schema.TensorT()
        tensor.name = (name or f"{self.name}_{len(self.graph.tensors)}").encode()
        tensor.shape, tensor.hasRank = np.array(shape, np.int32), True
        tensor.type, tensor.buffer = TYPES[type_], buffer
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, name: str, shape: Sequence[int], type_: str = "float32") -> int:
        """A tensor that the caller fills."""
        self._inputs[name] = self.tensor(shape, type_, name)
        return self._inputs[name]

    def constant(self, value: Constant) -> int:
        """A tensor of the file; the same name means the same content."""
        if value.name not in self._constants:
            buffer = self.file.buffer(value.name, value.data)
            number = self.tensor(value.shape, value.type, value.name, buffer)
            self.graph.tensors[number].quantization = self._quantization(value)
            self._constants[value.name] = number
        return self._constants[value.name]

    def _quantization(self, value: Constant) -> Any:
        if value.scales is not None:
            return _Rows(value.name, value.scales, self.file.packed)
        if value.block_scales is None:
            return None
        found = schema.QuantizationParametersT()
        found.detailsType = schema.QuantizationDetails.BlockwiseQuantization
        found.details = schema.BlockwiseQuantizationT()
        found.details.scales = self.constant(value.block_scales)
        found.details.zeroPoints, found.details.blockSize = -1, value.block
        return found

    def array(self, name: str, value: NDArray[Any]) -> int:
        """A constant without quantisation."""
        return self.constant(Constant(name, value.tobytes(), value.dtype.name, value.shape))

    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        *shapes: Sequence[int],
        type_: str = "float32",
        version: int = 1,
        options: str = "",
        **fields: Any,
    ) -> Any:
        """Append an operator; the number of its output, or the numbers of several.

        Args:
            kind: its name in the schema.
            shapes: of its outputs.
            options: name of its table of options, of which `fields` are set.
        """
        operator = schema.OperatorT()
        operator.opcodeIndex = self.file.code(kind, version)
        operator.inputs = np.array(inputs, np.int32)
        outputs = [self.tensor(shape, type_) for shape in shapes]
        operator.outputs = np.array(outputs, np.int32)
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, f"{options}T")()
            for field, value in fields.items():
                setattr(operator.builtinOptions, field, value)
        self.graph.operators.append(operator)
        return outputs[0] if len(outputs) == 1 else outputs

    def rename(self, number: int, name: str) -> None:
        """Call a tensor by a name of its own."""
        self.graph.tensors[number].name = name.encode()

    def type(self, number: int) -> str:
        """The type of a tensor, of `TYPES`."""
        return next(name for name, type_ in TYPES.items() if type_ == self.graph.tensors[number].type)

    def shape(self, number: int) -> tuple[int, ...]:
        """The shape of a tensor."""
        return tuple(int(n) for n in self.graph.tensors[number].shape)

    def finish(self, outputs: Mapping[str, int]) -> None:
        """Put the subgraph into the file, with a signature of its name."""
        for name, number in outputs.items():
            self.graph.tensors[number].name = f"{self.name}_{name}".encode()
        self.graph.inputs = np.array(list(self._inputs.values()), np.int32)
        self.graph.outputs = np.array(list(outputs.values()), np.int32)
        signature = schema.SignatureDefT()
        signature.signatureKey = self.name.encode()
        signature.subgraphIndex = len(self.file.model.subgraphs)
        signature.inputs = [named(*entry) for entry in self._inputs.items()]
        signature.outputs = [named(*entry) for entry in outputs.items()]
        self.file.model.subgraphs.append(self.graph)
        self.file.model.signatureDefs.append(signature)


def named(name: str, number: int) -> Any:
    """An input or output of a signature."""
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name.encode(), number
    return entry
