"""A saved .mlpackage, read: functions, operations, constants.

Formats: coremltools' mlmodel/format/MIL.proto, and MILBlob for weight.bin (a header of 64 bytes, then for
each blob 64 bytes of metadata and its data). Reads the messages through coremltools' own generated classes
without importing coremltools, which takes some seconds.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from robo_runtime.errors import RoboError

_PROTOS = "_robo_coreml_proto"
_BLOB = np.dtype([("sentinel", "<u4"), ("kind", "<u4"), ("bytes", "<u8"), ("offset", "<u8")])
_SENTINEL = 0xDEADBEEF


@dataclass(frozen=True)
class Tensor:
    """What the program declares of a value."""

    name: str
    type: str
    """In lower case: "float16", "int32", "int4", "bool", "string"."""
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Operation:
    """One line of the program."""

    type: str
    inputs: dict[str, list[str]]
    """Parameters and the names of the values they take; only some take several."""
    literals: dict[str, NDArray[Any]]
    """Parameters given as values; a `const` has one called "val"."""
    types: dict[str, str]
    """What the program calls the types of the literals: numpy has no "int4"."""
    outputs: list[Tensor]


@dataclass(frozen=True)
class Function:
    """One function."""

    inputs: list[Tensor]
    states: list[Tensor]
    operations: list[Operation]
    outputs: list[str]


def read_package(package: Path) -> dict[str, Function]:
    """The functions of a .mlpackage, by name.

    Raises:
        RoboError: it is not one, or cut short.
    """
    data = package / "Data" / "com.apple.CoreML"
    try:
        model = model_message(data / "model.mlmodel")
        weights = np.memmap(data / "weights" / "weight.bin", np.uint8, "r")
        return {name: _function(f, weights) for name, f in model.mlProgram.functions.items()}
    except OSError as e:
        raise RoboError(f"{package}: cannot be read: {e}; export again") from None
    except (ValueError, DecodeError) as e:
        raise RoboError(f"{package}: damaged or cut short: {e}; export again") from None


def model_message(path: Path) -> Any:
    """The message in a model.mlmodel file (coremltools' Model.proto)."""
    model = _protos().Model()
    model.ParseFromString(path.read_bytes())
    return model


def _protos() -> Any:
    if _PROTOS not in sys.modules:
        spec = importlib.util.find_spec("coremltools")
        if spec is None or not spec.submodule_search_locations:
            raise RoboError("reading Core ML packages needs coremltools: pip install 'robo-convert[coreml]'")
        folder = Path(spec.submodule_search_locations[0]) / "proto"
        own = importlib.util.spec_from_file_location(
            _PROTOS, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert own
        sys.modules[_PROTOS] = importlib.util.module_from_spec(own)
    return importlib.import_module(f"{_PROTOS}.Model_pb2")


def _function(function: Any, weights: NDArray[np.uint8]) -> Function:
    block = function.block_specializations[function.opset]
    values = [_tensor(i.name, i.type) for i in function.inputs]
    is_state = [i.type.WhichOneof("type") == "stateType" for i in function.inputs]
    return Function(
        inputs=[v for v, state in zip(values, is_state, strict=True) if not state],
        states=[v for v, state in zip(values, is_state, strict=True) if state],
        operations=[_operation(op, weights) for op in block.operations],
        outputs=list(block.outputs),
    )


def _operation(op: Any, weights: NDArray[np.uint8]) -> Operation:
    inputs, given_values = {}, {}
    for key, argument in op.inputs.items():
        given = argument.arguments
        if len(given) == 1 and given[0].WhichOneof("binding") == "value":
            given_values[key] = given[0].value
        else:
            inputs[key] = [a.name for a in given]
    if op.type == "const":
        given_values["val"] = op.attributes["val"]
    return Operation(
        type=op.type,
        inputs=inputs,
        literals={key: _value(value, weights) for key, value in given_values.items()},
        types={key: _tensor(key, value.type).type for key, value in given_values.items()},
        outputs=[_tensor(o.name, o.type) for o in op.outputs],
    )


def _tensor(name: str, type_: Any) -> Tensor:
    tensor = type_.stateType.wrappedType.tensorType if type_.HasField("stateType") else type_.tensorType
    kind = importlib.import_module(f"{_PROTOS}.MIL_pb2").DataType.Name(tensor.dataType)
    return Tensor(name, kind.lower(), tuple(d.constant.size for d in tensor.dimensions))


def _value(value: Any, weights: NDArray[np.uint8]) -> NDArray[Any]:
    tensor = _tensor("", value.type)
    if value.HasField("blobFileValue"):
        return _from_bytes(_blob(weights, value.blobFileValue.offset), tensor)
    immediate = value.immediateValue.tensor
    which = immediate.WhichOneof("value")
    values = getattr(immediate, which).values if which else []
    if isinstance(values, bytes):
        return _from_bytes(np.frombuffer(values, np.uint8), tensor)
    if tensor.type == "string":
        return np.array(list(values), dtype=object).reshape(tensor.shape)
    return np.array(list(values), dtype=tensor.type).reshape(tensor.shape)


def _blob(weights: NDArray[np.uint8], offset: int) -> NDArray[np.uint8]:
    head = weights[offset : offset + _BLOB.itemsize]
    if len(head) < _BLOB.itemsize or (blob := head.view(_BLOB)[0])["sentinel"] != _SENTINEL:
        raise ValueError(f"no blob at byte {offset} of weight.bin")
    end = int(blob["offset"]) + int(blob["bytes"])
    if end > len(weights):
        raise ValueError(f"weight.bin ends before byte {end}")
    return np.asarray(weights[int(blob["offset"]) : end])


def _from_bytes(data: NDArray[np.uint8], tensor: Tensor) -> NDArray[Any]:
    """Values of a tensor; two of 4 bits share a byte, the first in its low half."""
    if tensor.type in ("int4", "uint4"):
        both = np.stack([data & 15, data >> 4], axis=-1).reshape(-1)[: math.prod(tensor.shape)]
        signed = (both ^ 8).astype(np.int8) - 8 if tensor.type == "int4" else both
        return np.asarray(signed).reshape(tensor.shape)
    return data.view(tensor.type).reshape(tensor.shape)
