"""What comes out of each layer of an ONNX file: the graph with more outputs, run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from robo_runtime.errors import RoboError

from robo_convert.parity import Encoded
from robo_convert.reference import Array


def layer_outputs(path: Path, cases: Sequence[Encoded]) -> list[list[Array]]:
    """For each case what comes out of the embedding and of each layer, (T, hidden size) each.

    Raises:
        RoboError: the graph is not laid out as `graph` writes it.
    """
    import onnxruntime

    model = onnx.load(str(path))
    # Each layer has two norms, and one stands before the head; a norm begins with squares. What goes into
    # every other one is the sum that runs through the layers.
    sums = [node.input[0] for node in model.graph.node if node.op_type == "Pow"][::2]
    caches = [value for value in model.graph.input if value.name != "input_ids"]
    if len(sums) != len(caches) // 2 + 1:
        raise RoboError(f"{path.name}: has {len(sums)} sums for {len(caches) // 2} layers; export it again")
    for name in sums:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    empty = {
        value.name: np.zeros([d.dim_value for d in value.type.tensor_type.shape.dim], np.float32)
        for value in caches
    }
    context = next(i.dims[0] for i in model.graph.initializer if i.name == "cos")
    return [
        session.run(sums, {**empty, "input_ids": np.array([case.tokens(context)], np.int64)})
        for case in cases
    ]
