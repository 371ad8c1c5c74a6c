"""What comes out of each layer of a TFLite file: its `decode` with more outputs, run by LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from robo_runtime.engine.litert import DECODE
from robo_runtime.errors import RoboError

from robo_convert.litert.flatbuffer import named, pack
from robo_convert.parity import Encoded
from robo_convert.reference import Array

EMBEDDED = "embedded"
"""The name of the tensor behind the embedding; those behind the layers are `layer_N`."""


def layer_outputs(path: Path, cases: Sequence[Encoded]) -> list[list[Array]]:
    """For each case what comes out of the embedding and of each layer, (T, hidden size) each.

    Raises:
        RoboError: the file is not laid out as `graph` writes it.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    graph, signature = model.subgraphs[0], model.signatureDefs[0]
    numbers = {tensor.name.decode(): n for n, tensor in enumerate(graph.tensors)}
    layers = sum(entry.name.startswith(b"keys_") for entry in signature.inputs)
    names = [EMBEDDED, *(f"layer_{n}" for n in range(layers))]
    if missing := [name for name in names if name not in numbers]:
        raise RoboError(f"{path.name}: has no tensor {missing[0]}; export it again")
    graph.outputs = np.array([*graph.outputs, *(numbers[name] for name in names)], np.int32)
    signature.outputs += [named(name, numbers[name]) for name in names]
    run = Interpreter(model_content=pack(model), num_threads=1).get_signature_runner(DECODE)
    inputs = {name: np.zeros(each["shape"], each["dtype"]) for name, each in run.get_input_details().items()}
    caches = [name for name in inputs if name not in ("tokens", "position")]
    states = []
    for case in cases:
        rows: list[list[Array]] = [[] for _ in names]
        for at, token in enumerate(case.tokens(inputs[caches[0]].shape[2])):
            inputs["tokens"][:], inputs["position"][:] = token, at
            found = run(**inputs)
            for cache in caches:
                inputs[cache][:, :, at : at + 1] = found[f"new_{cache}"]
            for row, name in zip(rows, names, strict=True):
                row.append(found[name][0])
        states.append([np.stack(row) for row in rows])
    return states
