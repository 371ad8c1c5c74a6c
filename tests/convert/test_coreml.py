"""Core ML packages: the saved program against transformers, its parts against ggml, and what goes wrong.

Nothing here runs Core ML: the program is evaluated in numpy.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hub import hub_logits
from robo_convert.checkpoint import load_checkpoint, sha256_of, size_of
from robo_convert.coreml.evaluate import Evaluator, blockwise_shift_scale, lut_to_dense
from robo_convert.coreml.export import file_logits
from robo_convert.coreml.program import Function, Operation, Tensor, read_package
from robo_convert.coreml.run import Model
from robo_convert.coreml.store import GROUP, check_shapes, kind_of, palettes, scaled
from robo_convert.layers import compare_layers
from robo_convert.manifest import read_manifest
from robo_convert.verify import verify_export
from robo_runtime.errors import RoboError

pytest.importorskip("coremltools", reason="robo-convert[coreml] is not installed")
pytest.importorskip("torch", reason="robo-convert[coreml] is not installed")

pytestmark = pytest.mark.slow
TOKENS = (np.arange(90) * 7 % 900 + 64).tolist()


@pytest.fixture(scope="module")
def exported(exported_in):
    return exported_in("coreml")


@pytest.fixture(scope="module")
def expected(qat_checkpoint):
    return hub_logits(qat_checkpoint, TOKENS)


def test_layers_of_a_package_are_those_of_the_checkpoint(exported, qat_checkpoint):
    f16, int8, int4 = compare_layers(exported, qat_checkpoint)
    assert list(f16.errors) == ["embedding", "layer 0", "layer 1"]
    for drift in (f16, int4):
        assert 0 < max(drift.errors.values()) < 0.005
    assert max(int8.errors.values()) > max(f16.errors.values())


def test_a_package_writes_programs_as_an_engine_does(exported):
    from robo_convert.coreml.engine import PackageEngine

    engine = PackageEngine(_package(exported, "f16"))
    engine.begin(TOKENS[:40])
    engine.feed(TOKENS[40:43])
    scores = engine.logits().copy()
    for token in TOKENS[43:50]:
        engine.feed([token])
    engine.rewind(7)
    np.testing.assert_allclose(engine.logits(), scores, atol=0.05)
    engine.begin(TOKENS[:40])
    engine.feed(TOKENS[40:43])
    np.testing.assert_array_equal(engine.logits(), scores)
    assert engine.room() == engine.n_ctx - 43
    assert engine.n_vocab == 1024


def _package(folder, quant):
    return folder / f"robo-qat-{quant}.mlpackage"


@pytest.mark.parametrize(("quant", "tolerance"), [("f16", 0.05), ("int4", 0.05), ("int8", 0.2)])
def test_logits_are_those_of_transformers(exported, expected, quant, tolerance):
    found = Model(_package(exported, quant)).feed(TOKENS)
    np.testing.assert_allclose(found, expected, atol=tolerance)


def test_prefill_and_decode_share_their_caches_wherever_the_text_is_cut(exported, expected):
    model = Model(_package(exported, "int4"))
    for cut in (1, 31, 32, 33, 70):
        model.reset()
        rows = [*model.feed(TOKENS[:cut]), *(model.step(token) for token in TOKENS[cut:])]
        np.testing.assert_allclose(np.stack(rows), expected, atol=0.05)


def test_the_last_places_of_the_cache_are_filled_without_padding(exported):
    model = Model(_package(exported, "int4"))
    tokens = (TOKENS * 6)[: model.context]
    assert model.context % model.chunk == 0
    whole = model.feed(tokens[:-1])
    assert whole.shape == (511, 1024)
    model.reset()
    model.feed(tokens[:500])
    np.testing.assert_allclose(model.feed(tokens[500:-1]), whole[500:], atol=0.05)
    assert np.isfinite(model.step(tokens[-1])).all()


def test_the_program_is_one_for_ios_18_with_two_functions_over_the_same_states(exported):
    functions = read_package(_package(exported, "int4"))
    assert set(functions) == {"decode", "prefill"}
    for name, length in (("decode", 1), ("prefill", 32)):
        function = functions[name]
        assert {(t.name, t.shape) for t in function.inputs} == {("tokens", (1, length)), ("position", (1,))}
        assert function.outputs == ["logits"]
        assert {(s.name, s.type, s.shape) for s in function.states} == {
            (f"{kind}_{n}", "float16", (1, 2, 512, 16)) for kind in ("keys", "values") for n in (0, 1)
        }


def test_both_functions_use_one_copy_of_the_weights(exported):
    weights = _package(exported, "f16") / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"
    model = read_manifest(exported)
    tables = 2 * 512 * 16 * 2
    assert weights.stat().st_size < 2 * model.parameters + tables + 20_000


def test_a_model_trained_for_q4_0_keeps_its_weights_exactly(exported):
    models = read_manifest(exported).models()
    int4 = models["robo-qat-int4.mlpackage"]
    assert int4.tensors.exact == int4.tensors.tensors == 20
    assert int4.types["model.embed_tokens.weight"] == "int8 block 32"
    assert int4.types["model.layers.1.mlp.up_proj.weight"] == "int4 block 32"
    assert int4.greedy.identical == int4.greedy.figures.positions
    assert models["robo-qat-int8.mlpackage"].tensors.exact < 20


def test_int4_all_differs_from_int4_in_the_embedding_alone():
    weight = np.zeros((64, 64), np.float32)
    names = ("model.embed_tokens.weight", "lm_head.weight", "model.layers.0.mlp.up_proj.weight")
    both = [[kind_of(name, weight, quant) for name in names] for quant in ("int4", "int4_all")]
    assert both == [["int8 block 32"] * 2 + ["int4 block 32"], ["int4 block 32"] * 3]


def test_the_manifest_says_where_packages_never_ran(exported):
    assert "Nothing here ran on Apple hardware" in read_manifest(exported).note
    assert (Path(__file__).parents[2] / "scripts" / "coreml_on_mac.py").is_file()


def test_a_changed_weight_is_found(exported, tmp_path):
    copy = shutil.copytree(exported, tmp_path / "x")
    weights = _package(copy, "int4") / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    with pytest.raises(RoboError, match=r"robo-qat-int4\.mlpackage: its sha256 is not the manifest's"):
        verify_export(copy)


def test_another_precision_under_the_same_name_is_found(exported, tmp_path):
    copy = shutil.copytree(exported, tmp_path / "x")
    shutil.rmtree(_package(copy, "f16"))
    shutil.copytree(_package(copy, "int8"), _package(copy, "f16"))
    path = copy / "manifest.json"
    manifest = json.loads(path.read_text())
    package = _package(copy, "f16")
    manifest["files"][package.name] |= {"bytes": size_of(package), "sha256": sha256_of(package)}
    manifest["files"] = {k: v for k, v in manifest["files"].items() if "int" not in k}
    path.write_text(json.dumps(manifest))
    with pytest.raises(RoboError, match=r"robo-qat-f16\.mlpackage: tensor .* the manifest says float16"):
        verify_export(copy)


def test_a_package_cut_short_is_an_error_that_names_it(exported, tmp_path):
    copy = shutil.copytree(_package(exported, "int4"), tmp_path / "x.mlpackage")
    weights = copy / "Data" / "com.apple.CoreML" / "weights" / "weight.bin"
    weights.write_bytes(weights.read_bytes()[:-5000])
    with pytest.raises(RoboError, match=r"x\.mlpackage: damaged or cut short"):
        read_package(copy)
    with pytest.raises(RoboError, match=r"y\.mlpackage: cannot be read"):
        read_package(tmp_path / "y.mlpackage")


@pytest.mark.parametrize(("kind", "ggml"), [("int4 block 32", "Q4_0"), ("int8 block 32", "Q8_0")])
def test_blocks_are_those_of_ggml(kind, ggml):
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    weight = np.random.default_rng(3).normal(0, 0.1, (24, 96)).astype(np.float32)
    weight[5, 32:64] = 0
    levels, scale = scaled(weight, kind)
    theirs = dequantize(quantize(weight, GGMLQuantizationType[ggml]), GGMLQuantizationType[ggml])
    np.testing.assert_array_equal(blockwise_shift_scale(levels, scale), theirs)


def test_every_weight_gets_the_nearest_entry_of_its_palette():
    weight = np.random.default_rng(4).normal(0, 0.1, (2 * GROUP, 64)).astype(np.float32)
    indices, tables = palettes(weight)
    stored = lut_to_dense(indices, tables[:, None, :, None])
    for rows, table in ((slice(0, GROUP), tables[0]), (slice(GROUP, None), tables[1])):
        distances = np.abs(weight[rows][..., None] - table.astype(np.float32))
        np.testing.assert_array_equal(np.abs(weight[rows] - stored[rows]), distances.min(-1))
    uniform = np.linspace(weight.min(), weight.max(), 16, dtype=np.float32)
    evenly = np.abs(weight[..., None] - uniform).min(-1)
    assert np.square(weight - stored).mean() < 0.8 * np.square(evenly).mean()


def test_rows_that_cannot_be_cut_into_blocks_are_refused(source):
    odd = replace(source, weights={"model.layers.0.mlp.down_proj.weight": np.zeros((64, 100), np.float32)})
    with pytest.raises(RoboError, match=r"down_proj.*row length 100 .* int4 is impossible; use int8 or f16"):
        check_shapes(odd.weights, "int4")
    check_shapes(odd.weights, "int8")


def _one(kind, **literals):
    out = Tensor("y", "float16", (2,))
    op = Operation(kind, {"x": ["x"]}, literals, dict.fromkeys(literals, "float16"), [out])
    return Function([Tensor("x", "float16", (2,))], [], [op], ["y"])


def test_results_are_rounded_to_the_type_the_program_declares():
    run = Evaluator(_one("mul", y=np.array([300.0, 1.0], np.float32)))
    found = run({"x": np.array([300.0, 1 / 3], np.float32)}, {})["y"]
    assert found.tolist() == [np.inf, float(np.float16(1 / 3))]


def test_an_operation_that_is_not_known_stops_the_proof():
    with pytest.raises(RoboError, match="y: operation erf is not evaluated here"):
        Evaluator(_one("erf"))


def test_a_checkpoint_is_measured_case_by_case(exported, qat_checkpoint, encoded):
    rows = file_logits(_package(exported, "f16"), encoded[:1])
    assert rows[0].shape == (len(encoded[0].tokens(512)), load_checkpoint(qat_checkpoint).shape.vocab_size)
