"""Bundles for LiteRT-LM: the graph in its terms against numpy, and LiteRT-LM itself against our engine."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from robo_convert import reference
from robo_convert.checkpoint import load_checkpoint
from robo_convert.heavy import BUNDLE_NEEDS, export_heavy
from robo_convert.manifest import Reference, read_manifest
from robo_convert.parity import ParityError
from robo_convert.verify import verify_export
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="robo-convert[litert] is not installed"
)

from robo_convert.litert.bundle import BundleWriter, write_bundle  # noqa: E402
from robo_convert.litert.bundle_proof import prove_bundle  # noqa: E402
from robo_convert.litert.graph import build  # noqa: E402

TOKENS = (np.arange(40) * 7 % 900 + 64).tolist()


def test_caches_go_in_and_come_out_whole(source):
    run = interpreter.Interpreter(
        model_content=build(source.weights, source.shape, "f32", {}, BundleWriter), num_threads=1
    )
    decode, prefill = (run.get_signature_runner(name) for name in ("decode", "prefill_128"))
    details = decode.get_input_details()
    caches = {name: np.zeros(details[name]["shape"], np.float32) for name in details if "cache" in name}
    assert set(details) == {"tokens", "input_pos", *(f"kv_cache_{part}_{n}" for part in "kv" for n in (0, 1))}
    tokens = np.zeros((1, 128), np.int32)
    tokens[0, :30] = TOKENS[:30]
    caches = prefill(tokens=tokens, input_pos=np.arange(128, dtype=np.int32), **caches)
    assert set(caches) == {name for name in details if "cache" in name}
    expected = reference.logits(source.weights, source.shape, TOKENS)
    for at in range(30, 40):
        place = np.array([at], np.int32)
        found = decode(tokens=np.array([[TOKENS[at]]], np.int32), input_pos=place, **caches)
        caches = {name: found[name] for name in caches}
        np.testing.assert_allclose(found["logits"][0, 0], expected[at], atol=1e-4)


@pytest.fixture(scope="module")
def bundled(qat_checkpoint, tmp_path_factory):
    """An export with a bundle, proved in LiteRT-LM."""
    for module in BUNDLE_NEEDS:
        pytest.importorskip(module, reason="robo-convert[litertlm] is not installed")
    folder = tmp_path_factory.mktemp("bundled") / "robo-qat-litert"
    export_heavy("litert", qat_checkpoint, folder, ["int4"], bundle=True)
    return folder


def test_a_bundle_lies_beside_the_file_of_its_weights(bundled):
    manifest = read_manifest(bundled)
    assert manifest.files["robo-qat-int4.litertlm"].role == "bundle"
    assert manifest.note is not None and "cuts 8 of 8 prompts and writes 8 of the texts" in manifest.note
    verify_export(bundled)
    assert {p.name for p in bundled.iterdir()} == {"manifest.json", *manifest.files}


def test_a_bundle_of_other_weights_is_found_out(bundled, checkpoint, gate):
    other = bundled.parent / "other.litertlm"
    write_bundle(load_checkpoint(checkpoint), "int4", other)
    cases = read_config(bundled / "parity.json", Reference).sequences
    with pytest.raises(
        ParityError, match=r"cuts 8 of 8 prompts and writes \d of the texts as .* nothing was"
    ):
        prove_bundle(other, bundled / "robo-qat-int4.tflite", cases)


def test_without_litert_lm_no_bundle_is_begun(qat_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr("robo_convert.heavy.BUNDLE_NEEDS", ("litert_lm_that_is_missing",))
    with pytest.raises(RoboError, match=r"pip install 'robo-convert\[litertlm\]'"):
        export_heavy("litert", qat_checkpoint, tmp_path / "out", ["int4"], bundle=True)
    assert list(tmp_path.iterdir()) == []


def test_without_the_builder_the_remedy_is_named(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "litert_lm_builder.litertlm_builder", None)
    with pytest.raises(
        RoboError, match=r"is not installed: python -m pip install 'robo-convert\[litertlm\]'"
    ):
        write_bundle(source, "f32", tmp_path / "x.litertlm")
    assert list(tmp_path.iterdir()) == []
