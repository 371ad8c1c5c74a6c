"""ONNX exports: the graph against transformers and ONNX's own evaluator, the files, and what others run of them."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hub import hub_logits
from robo_convert.checkpoint import load_checkpoint
from robo_convert.manifest import read_manifest

onnx = pytest.importorskip("onnx", reason="robo-convert[onnx] is not installed")
ort = pytest.importorskip("onnxruntime", reason="robo-convert[onnx] is not installed")


@pytest.fixture(scope="module")
def exported(exported_in):
    return exported_in("onnx")


def _file(folder, quant):
    return folder / f"robo-qat-{quant}.onnx"


def _empty(model):
    return {
        i.name: np.zeros([1, *(d.dim_value for d in i.type.tensor_type.shape.dim[1:2]), 0, 16], np.float32)
        for i in model.graph.input
        if i.name != "input_ids"
    }


def test_logits_are_those_of_transformers_wherever_the_text_is_cut(exported, qat_checkpoint):
    pytest.importorskip("torch")
    tokens = (np.arange(90) * 7 % 900 + 64).tolist()
    expected = hub_logits(qat_checkpoint, tokens)
    session = ort.InferenceSession(str(_file(exported, "f32")), providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs() if i.name != "input_ids"]
    for cuts in ([0, 90], [0, 1, 2, 50, 51, 90]):
        feeds = _empty(onnx.load(str(_file(exported, "f32"))))
        rows = []
        for start, end in pairwise(cuts):
            logits, *caches = session.run(None, {"input_ids": np.array([tokens[start:end]]), **feeds})
            feeds = dict(zip(names, caches, strict=True))
            rows.append(logits[0])
        np.testing.assert_allclose(np.concatenate(rows), expected, atol=1e-4)


@pytest.mark.parametrize("quant", ["f32", "int8_dynamic"])
def test_standard_operators_compute_the_same_in_onnxs_own_evaluator(exported, quant):
    from onnx.reference import ReferenceEvaluator

    model = onnx.load(str(_file(exported, quant)))
    assert {node.domain for node in model.graph.node} == {""}
    feeds = {"input_ids": np.array([[2, 6, 300, 301, 7, 8, 400]]), **_empty(model)}
    session = ort.InferenceSession(str(_file(exported, quant)), providers=["CPUExecutionProvider"])
    (found,), (expected,) = session.run(["logits"], feeds), ReferenceEvaluator(model).run(["logits"], feeds)
    limit = 1e-4 if quant == "f32" else 0.05 * np.abs(expected).max()  # a sum that rounds to another level
    np.testing.assert_allclose(found, expected, atol=limit)


def test_int4_holds_exactly_what_was_trained_and_the_table_once(exported, qat_checkpoint):
    from robo_convert.onnx.weights import read

    source = load_checkpoint(qat_checkpoint)
    model = onnx.load(str(_file(exported, "int4")))
    for name, weight in read(model, source.shape, "int4").items():
        np.testing.assert_array_equal(weight, source.weights[name])
    tables = [i for i in model.graph.initializer if source.shape.vocab_size in i.dims]
    assert sorted(i.name for i in tables) == [
        "model.embed_tokens.weight.q", "model.embed_tokens.weight.scale",
    ]  # fmt: skip
    figures = read_manifest(exported).files["robo-qat-int4.onnx"].model
    assert figures.tensors.exact == figures.tensors.tensors == 20


def test_int4_as_onnx_runtime_reads_it_is_int4_as_it_was_written(exported):
    """MatMulNBits on the identity gives the matrix back: order of halves, nought and scales are as intended."""
    from onnx import TensorProto, helper
    from robo_convert.onnx.weights import restore, store

    weight = np.random.default_rng(0).normal(size=(8, 64)).astype(np.float32)
    for kind, bits in (("Q4_0", 4), ("Q8_0", 8)):
        stored = store("w", weight, kind)
        q, scale = stored["w.q"].reshape(8, 2, -1), stored["w.scale"].astype(np.float32).reshape(-1)
        node = helper.make_node(
            "MatMulNBits", ["x", "q", "s"], ["y"], domain="com.microsoft", K=64, N=8, bits=bits, block_size=32
        )
        graph = helper.make_graph(
            [node], "one", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [64, 64])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [64, 8])],
            [onnx.numpy_helper.from_array(q, "q"), onnx.numpy_helper.from_array(scale, "s")],
        )  # fmt: skip
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"x": np.eye(64, dtype=np.float32)})
        np.testing.assert_allclose(found.T, restore("w", stored, kind), atol=1e-6)


def test_names_and_lengths_are_those_other_runtimes_expect(exported):
    model = onnx.load(str(_file(exported, "int4")))
    assert [i.name for i in model.graph.input][:2] == ["input_ids", "past_key_values.0.key"]
    assert [o.name for o in model.graph.output][:2] == ["logits", "present.0.key"]
    assert {o.domain: o.version for o in model.opset_import} == {"": 21, "com.microsoft": 1}
    past = model.graph.input[1].type.tensor_type.shape.dim
    assert [d.dim_param or d.dim_value for d in past] == [1, 2, "past", 16]


def test_genais_configuration_names_what_the_graph_has(exported):
    config = json.loads((exported / "genai_config.json").read_text())["model"]
    decoder = config["decoder"]
    model = onnx.load(str(exported / decoder["filename"]))
    names = {i.name for i in model.graph.input} | {o.name for o in model.graph.output}
    wanted = {*decoder["inputs"].values(), *decoder["outputs"].values()}
    assert {n % layer if "%d" in n else n for n in wanted for layer in range(2)} == names
    assert decoder["filename"] == "robo-qat-int4.onnx"
    assert config["eos_token_id"] == [9, 1]


def test_genai_writes_what_our_engine_writes(exported):
    genai = pytest.importorskip("onnxruntime_genai", reason="onnxruntime-genai is not installed")
    from robo_runtime.engine import load_engine
    from robo_runtime.prompt import render

    engine = load_engine(_file(exported, "int4"))
    prompt = engine.encode(render("blink the LED on pin 2"))
    engine.feed(prompt)
    expected = []
    for _ in range(30):
        expected.append(int(engine.logits().argmax()))
        engine.feed(expected[-1:])
    parameters = genai.GeneratorParams(model := genai.Model(str(exported)))
    parameters.set_search_options(min_length=len(prompt) + 1, max_length=len(prompt) + 30)
    generator = genai.Generator(model, parameters)
    generator.append_tokens(np.array(prompt, dtype=np.int32))
    while not generator.is_done():
        generator.generate_next_token()
    found = list(generator.get_sequence(0))[len(prompt) :]
    assert found == expected[: len(found)]
    assert len(found) == 30 or found[-1] in engine.ends
