"""TFLite exports: what LiteRT computes against transformers, the blocks against ggml, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hub import hub_logits
from robo_convert.checkpoint import load_checkpoint
from robo_convert.layers import compare_layers
from robo_convert.manifest import read_manifest
from robo_convert.quants import by_block, by_row, fitted_blocks, fitted_rows
from robo_runtime.errors import RoboError

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="robo-convert[litert] is not installed"
)

from robo_convert.litert.graph import LENGTHS, build  # noqa: E402
from robo_convert.litert.weights import read, store  # noqa: E402
from robo_runtime.engine.litert import LitertEngine  # noqa: E402

TOKENS = (np.arange(300) * 7 % 900 + 64).tolist()


@pytest.fixture(scope="module")
def exported(exported_in):
    return exported_in("litert")


def _file(folder, quant):
    return folder / f"robo-qat-{quant}.tflite"


@pytest.fixture(scope="module")
def expected(qat_checkpoint):
    pytest.importorskip("torch")
    return hub_logits(qat_checkpoint, TOKENS)


def _caches(found):
    return {name: np.zeros(each["shape"], np.float32) for name, each in found.items() if "_" in name}


def test_anybody_can_run_it_with_the_signatures_alone(exported, expected):
    run = interpreter.Interpreter(str(_file(exported, "f32")), num_threads=1)
    assert set(run.get_signature_list()) == {"decode", "prefill"}
    decode, prefill = (run.get_signature_runner(name) for name in ("decode", "prefill"))
    caches = _caches(decode.get_input_details())
    assert caches.keys() == {f"{part}_{n}" for part in ("keys", "values") for n in (0, 1)}
    assert {cache.shape for cache in caches.values()} == {(1, 2, 512, 16)}
    at, rows = 0, []
    for length in (LENGTHS["prefill"], 60):  # the second batch is filled up
        tokens = np.zeros((1, LENGTHS["prefill"]), np.int32)
        tokens[0, :length] = TOKENS[at : at + length]
        new = prefill(tokens=tokens, position=np.array([at], np.int32), **caches)
        for name, cache in caches.items():
            cache[:, :, at : at + length] = new[f"new_{name}"][:, :, :length]
        at += length
    for at in range(188, 218):
        new = decode(tokens=np.array([[TOKENS[at]]], np.int32), position=np.array([at], np.int32), **caches)
        for name, cache in caches.items():
            cache[:, :, at : at + 1] = new[f"new_{name}"]
        rows.append(new["logits"][0, 0])
    np.testing.assert_allclose(np.stack(rows), expected[188:218], atol=1e-4)


@pytest.mark.parametrize(("quant", "tolerance"), [("f32", 1e-4), ("int8", 0.25), ("int4", 0.25)])
def test_logits_are_those_of_transformers_wherever_the_text_is_cut(exported, expected, quant, tolerance):
    engine = LitertEngine(_file(exported, quant))
    for cut in (1, 9, 140, 299):
        engine.reset()
        engine.feed(TOKENS[:cut])
        np.testing.assert_allclose(engine.logits(), expected[cut - 1], atol=tolerance)
        found = engine.feed_all(TOKENS[cut : cut + 3])
        np.testing.assert_allclose(found, expected[cut : cut + 3], atol=tolerance)


def test_the_last_places_of_the_cache_are_as_good_as_the_first(exported):
    engine = LitertEngine(_file(exported, "f32"))
    tokens = (TOKENS * 2)[: engine.n_ctx]
    engine.feed(tokens[:-1])  # its last batch reaches beyond the end
    engine.feed(tokens[-1:])
    at_once = engine.logits().copy()
    engine.reset()
    engine.feed(tokens[:500])
    for token in tokens[500:]:
        engine.feed([token])
    np.testing.assert_allclose(engine.logits(), at_once, atol=1e-4)


@pytest.mark.parametrize("quant", ["int8", "int4", "int4_row", "int4_all"])
def test_litert_multiplies_with_what_is_read_back_from_the_file(source, quant):
    from robo_convert import reference

    content = build(source.weights, source.shape, quant, {})
    weights, n_bytes = read(content, source.shape, quant)
    run = interpreter.Interpreter(model_content=content).get_signature_runner("decode")
    caches = _caches(run.get_input_details())
    found = run(tokens=np.array([[300]], np.int32), position=np.array([0], np.int32), **caches)
    expected = reference.logits(weights, source.shape, [300])[0]
    np.testing.assert_allclose(found["logits"][0, 0], expected, atol=0.04 * np.abs(expected).max())
    assert (quant in ("int4_row", "int4_all")) == (n_bytes < 0.8 * source.parameters)


def test_a_model_trained_for_q4_0_keeps_its_blocks_exactly(exported, qat_checkpoint):
    source = load_checkpoint(qat_checkpoint)
    weights, _ = read(_file(exported, "int4").read_bytes(), source.shape, "int4")
    table = weights.pop("model.embed_tokens.weight")
    for name, weight in weights.items():
        np.testing.assert_array_equal(weight, source.weights[name])
    np.testing.assert_allclose(table, source.weights["model.embed_tokens.weight"], atol=0.005)
    figures = read_manifest(exported).files["robo-qat-int4.tflite"].model
    assert (figures.tensors.exact, figures.tensors.tensors) == (19, 20)
    assert figures.types["model.layers.1.mlp.up_proj.weight"] == "Q4_0"


def test_blocks_and_rows_are_those_of_ggml_and_the_nearest():
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    weight = np.random.default_rng(3).normal(0, 0.1, (24, 96)).astype(np.float32)
    weight[5, 32:64] = 0
    for kind in ("Q4_0", "Q8_0"):
        levels, scale = by_block(weight, kind, "w")
        theirs = dequantize(quantize(weight, GGMLQuantizationType[kind]), GGMLQuantizationType[kind])
        ours = levels.reshape(24, 3, 32) * scale.astype(np.float32)[..., None]
        np.testing.assert_array_equal(ours.reshape(24, 96), theirs)
    errors = {}
    for name, (levels, scale) in {"fitted": fitted_rows(weight), "plain": by_row(weight, 7)}.items():
        assert levels.min() >= -8
        assert levels.max() <= 7
        errors[name] = np.square(weight - levels * scale[:, None]).sum(axis=1)
    assert (errors["fitted"] <= errors["plain"]).all()
    assert errors["fitted"].sum() < 0.9 * errors["plain"].sum()


def test_what_is_stored_has_scales_that_litert_takes_and_levels_of_four_bits():
    weight = np.random.default_rng(5).normal(0, 0.1, (16, 64)).astype(np.float32)
    weight[3, :32], weight[4, 32:] = 0, -np.abs(weight[4, 32:])
    matrix, steps = store("w", weight, "Q4_0")
    scales = np.frombuffer(matrix.block_scales.data, np.float16)
    assert (scales > 0).all()
    assert len(matrix.data) == weight.size // 2
    turned = np.frombuffer(steps.data, np.float16)
    assert 0 < (turned > 0).mean() < 1
    assert set(turned[turned > 0]) <= set(scales)


def test_blocks_whose_scale_is_positive_survive_a_rounding_to_such_scales():
    weight = np.random.default_rng(6).normal(0, 0.1, (16, 64)).astype(np.float32)
    levels, scale = by_block(weight, "Q4_0", "w")
    trained = levels.reshape(16, 2, 32) * scale.astype(np.float32)[..., None]
    again, steps = fitted_blocks(trained.reshape(16, 64))
    (matrix,) = store("w", trained.reshape(16, 64), "int4 fitted 32")
    assert steps.min() > 0
    assert matrix.block_scales.data == steps.tobytes()
    found = again.reshape(16, 2, 32) * steps.astype(np.float32)[..., None]
    same = (found == trained).all(axis=-1)
    np.testing.assert_array_equal(same, scale > 0)


def test_scales_of_rows_are_in_the_file_once(source):
    table = source.weights["model.embed_tokens.weight"]
    content = build(source.weights, source.shape, "int8", {})
    assert content.count(by_row(table, 127)[1][1:].tobytes()) == 1  # the first row is nought


def test_both_signatures_use_one_copy_of_the_weights(exported):
    for name, model in read_manifest(exported).models().items():
        weights = model.bits_per_weight * read_manifest(exported).parameters / 8
        angles = 512 * 16 * 4
        assert (exported / name).stat().st_size < weights + angles + 200_000


def test_a_head_of_its_own_and_odd_sizes_are_written_too(source):
    from robo_convert import reference

    shape = replace(source.shape, tied=False, kv_heads=4, rope_theta=50000.0, context=40)
    random = np.random.default_rng(2)
    weights = {
        name: random.normal(1 if "norm" in name else 0, 0.1, size).astype(np.float32)
        for name, size in _sizes(shape).items()
    }
    content = build(weights, shape, "f32", {})
    run = interpreter.Interpreter(model_content=content).get_signature_runner("decode")
    caches = _caches(run.get_input_details())
    expected = reference.logits(weights, shape, TOKENS[:6])
    for at, token in enumerate(TOKENS[:6]):
        new = run(tokens=np.array([[token]], np.int32), position=np.array([at], np.int32), **caches)
        for name, cache in caches.items():
            cache[:, :, at : at + 1] = new[f"new_{name}"]
        np.testing.assert_allclose(new["logits"][0, 0], expected[at], atol=1e-4)


def _sizes(shape):
    from robo_runtime.gguf_file import expected_tensors

    return expected_tensors(shape)


def test_layers_of_a_file_are_those_of_numpy(exported, qat_checkpoint):
    found = {drift.file: drift for drift in compare_layers(exported, qat_checkpoint)}
    assert {drift.engine for drift in found.values()} == {"LiteRT"}
    assert max(found["robo-qat-f32.tflite"].errors.values()) < 1e-5
    int4 = found["robo-qat-int4.tflite"].errors
    assert list(int4) == ["embedding", "layer 0", "layer 1"]
    assert 1e-4 < int4["embedding"] < int4["layer 0"] < 0.05


def test_rows_that_cannot_be_cut_into_blocks_are_refused():
    with pytest.raises(RoboError, match="row length 40 is not a multiple of 32: int4 is impossible"):
        store("w", np.ones((8, 40), np.float32), "Q4_0")
