"""Layer by layer: where a file goes another way than its checkpoint."""

import numpy as np
import pytest
from robo_convert.gguf_export import export_gguf
from robo_convert.heavy import export_heavy
from robo_convert.layers import Drift, compare_layers, drift_of_weights, relative_errors, states_of
from robo_convert.parity import Limits, ParityError
from robo_convert.quants import QUANTS
from robo_convert.reference import logits
from robo_runtime.errors import RoboError

DOWN = "model.layers.1.mlp.down_proj.weight"


def test_a_layer_whose_weights_were_changed_drifts_first(source, encoded):
    other = {**source.weights, DOWN: source.weights[DOWN] * 1.2}
    drift = drift_of_weights("x.gguf", other, source.weights, source.shape, encoded[:2])
    assert list(drift.errors) == ["embedding", "layer 0", "layer 1"]
    assert (drift.errors["embedding"], drift.errors["layer 0"]) == (0, 0)
    assert (drift.first, drift.most) == ("layer 1", "layer 1")
    assert str(drift).startswith("layer 1 drifts first (relative error 0.")


def test_the_layer_that_adds_most_is_named_beside_the_first():
    drift = Drift(file="x", engine="numpy", errors={"embedding": 0.001, "layer 0": 0.02, "layer 1": 0.3})
    assert str(drift) == "layer 0 drifts first (relative error 0.02); layer 1 adds most"
    drift = Drift(file="x", engine="numpy", errors={"embedding": 0.001, "layer 0": 0.009})
    assert str(drift) == "no layer's output is off by more than 1%"


def test_relative_errors_are_of_root_mean_squares():
    expected = [[np.full((3, 4), 2.0, np.float32)], [np.full((1, 4), 2.0, np.float32)]]
    found = [[expected[0][0] + 0.1], [expected[1][0] - 0.1]]
    assert relative_errors(found, expected) == {"embedding": pytest.approx(0.05, rel=1e-3)}


def test_a_file_that_fails_says_which_layer_drifts_first(checkpoint, tmp_path, gate):
    strict = Limits(max_difference=1e-6, top1=1.0, kl=1e-9)
    gate = gate.model_copy(update={"limits": dict.fromkeys(QUANTS, strict)})
    with pytest.raises(
        ParityError, match=r"layer 0 drifts first \(relative error 0\.\d+\); nothing was written"
    ):
        export_gguf(checkpoint, tmp_path / "x", ["q4_0"], gate=gate)


@pytest.mark.llama
def test_what_llama_cpp_shows_of_its_layers_is_what_numpy_computes(export, qat_checkpoint, source, encoded):
    pytest.importorskip("llama_cpp")
    found = {d.file: d for d in compare_layers(export, qat_checkpoint)}
    assert {d.engine for d in found.values()} == {"llama.cpp"}
    assert max(found["robo-qat-f32.gguf"].errors.values()) < 1e-5
    assert found["robo-qat-q4_0.gguf"].errors["embedding"] == 0
    assert 1e-4 < found["robo-qat-q4_0.gguf"].errors["layer 1"] < 0.05  # activations are rounded


def test_without_llama_cpp_numpy_runs_the_files_weights(export, qat_checkpoint, monkeypatch):
    from robo_convert import llama_parity

    monkeypatch.setattr(llama_parity, "available", lambda: False)
    found = {d.file: d for d in compare_layers(export, qat_checkpoint)}
    assert {d.engine for d in found.values()} == {"numpy"}
    assert max(found["robo-qat-q4_0.gguf"].errors.values()) < 1e-5
    assert found["robo-qat-q8_0.gguf"].errors["embedding"] == 0
    assert 0.001 < found["robo-qat-q8_0.gguf"].errors["layer 0"] < 0.05


def test_layers_of_an_onnx_file_are_those_of_numpy(qat_checkpoint, tmp_path):
    pytest.importorskip("onnx", reason="robo-convert[onnx] is not installed")
    export_heavy("onnx", qat_checkpoint, tmp_path / "x", ["f32", "int4"])
    f32, int4 = compare_layers(tmp_path / "x", qat_checkpoint)
    assert max(f32.errors.values()) < 1e-5
    assert list(int4.errors) == ["embedding", "layer 0", "layer 1"]
    assert int4.errors["embedding"] < 1e-6 < int4.errors["layer 0"] < 0.05


def test_another_checkpoint_is_refused(export, checkpoint):
    with pytest.raises(RoboError, match=r"is not the checkpoint of .*; name that with --checkpoint"):
        compare_layers(export, checkpoint)


def test_states_end_in_what_the_head_reads(source, encoded):
    (states,) = states_of(source.weights, source.shape, encoded[:1])
    x = states[-1]
    norm = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + source.shape.norm_eps)
    rows = norm * source.weights["model.norm.weight"] @ source.weights["model.embed_tokens.weight"].T
    np.testing.assert_allclose(
        rows, logits(source.weights, source.shape, encoded[0].tokens(512)), rtol=1e-4, atol=1e-4
    )
    assert len(states) == source.shape.layers + 1
