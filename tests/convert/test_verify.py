"""Exports checked again from their own files."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from robo_convert import llama_parity
from robo_convert.checkpoint import load_checkpoint
from robo_convert.gguf_export import export_gguf
from robo_convert.gguf_file import write_gguf
from robo_convert.manifest import Reference, compare_reference, reference_of
from robo_convert.parity import ParityError
from robo_convert.quants import QUANTS
from robo_convert.verify import verify_export
from robo_convert.vocabulary import read_vocabulary
from robo_runtime.errors import RoboError

Q4 = "robo-qat-q4_0.gguf"


@pytest.fixture
def copy(export, tmp_path):
    return shutil.copytree(export, tmp_path / "robo-qat")


@pytest.fixture
def without_llama(monkeypatch):
    monkeypatch.setattr(llama_parity, "available", lambda: False)


def test_an_export_passes_without_its_checkpoint(copy, without_llama):
    found = {v.file: v for v in verify_export(copy)}
    assert set(found) == {f"robo-qat-{q}.gguf" for q in ("f32", "f16", "q8_0", "q4_0")}
    assert found[Q4].checkpoint.top1 == 1.0
    assert found[Q4].checkpoint.positions >= 200
    assert found[Q4].llama_cpp is None


def test_figures_from_the_kept_logits_are_lower_bounds(copy, manifest, without_llama):
    for v in verify_export(copy):
        full = manifest.files[v.file].model.parity
        assert v.checkpoint.max_difference <= full.max_difference + 1e-4
        assert v.checkpoint.kl <= full.kl + 1e-6
        assert v.checkpoint.top1 == pytest.approx(full.top1, abs=1e-5)


@pytest.mark.llama
def test_llama_cpp_is_compared_where_it_is_installed(copy):
    pytest.importorskip("llama_cpp")
    found = {v.file: v for v in verify_export(copy)}
    assert found["robo-qat-f32.gguf"].llama_cpp.max_difference < 1e-3
    assert found["robo-qat-f32.gguf"].llama_cpp.top1 == 1.0
    assert found[Q4].llama_cpp.kl < 1e-3
    assert found[Q4].texts >= 40
    assert found["robo-qat-f32.gguf"].greedy.figures.positions == 8 * 64
    assert found["robo-qat-f32.gguf"].greedy.identical == 8 * 64
    assert found[Q4].greedy.figures.kl < 1e-3


def test_a_flipped_bit_is_found(copy):
    data = bytearray((copy / Q4).read_bytes())
    data[-1000] ^= 1
    (copy / Q4).write_bytes(data)
    with pytest.raises(RoboError, match=rf"{Q4}: its sha256 is not the manifest's"):
        verify_export(copy)


def test_a_cut_file_is_found(copy):
    (copy / Q4).write_bytes((copy / Q4).read_bytes()[:-1])
    with pytest.raises(RoboError, match=rf"{Q4}: has \d+ bytes, the manifest says \d+"):
        verify_export(copy)


def test_a_missing_file_is_found(copy):
    (copy / "Modelfile").unlink()
    with pytest.raises(RoboError, match="Modelfile: is missing"):
        verify_export(copy)


def test_a_folder_without_a_manifest_is_no_export(tmp_path):
    with pytest.raises(RoboError, match=r"no manifest\.json, so this is no export"):
        verify_export(tmp_path)


def _replace(folder, name, quant, source):
    """Put another model in place of `name`, with a manifest that vouches for its bytes."""
    vocabulary = read_vocabulary(source.tokenizer, source.shape.vocab_size, "")
    write_gguf(folder / name, source, vocabulary, QUANTS[quant])
    manifest = json.loads((folder / "manifest.json").read_text())
    data = (folder / name).read_bytes()
    manifest["files"][name] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_another_models_weights_are_found(copy, qat_checkpoint, without_llama):
    source = load_checkpoint(qat_checkpoint)
    name = "model.layers.1.mlp.up_proj.weight"
    _replace(copy, Q4, "q4_0", replace(source, weights={**source.weights, name: source.weights[name][::-1]}))
    with pytest.raises(ParityError, match=f"{Q4}: does not answer like the checkpoint"):
        verify_export(copy)


def test_another_precision_is_found(copy, qat_checkpoint, without_llama):
    _replace(copy, Q4, "q8_0", load_checkpoint(qat_checkpoint))
    with pytest.raises(RoboError, match=r"tensor blk\.0\.attn_k\.weight is Q8_0, the manifest says Q4_0"):
        verify_export(copy)


@pytest.mark.llama
def test_a_tokenizer_llama_cpp_cuts_differently_is_found(qat_checkpoint, tmp_path, monkeypatch):
    pytest.importorskip("llama_cpp")
    from gguf import GGUFWriter

    right = GGUFWriter.add_add_space_prefix
    monkeypatch.setattr(GGUFWriter, "add_add_space_prefix", lambda self, value: right(self, True))
    export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0"])
    with pytest.raises(ParityError, match=r"llama\.cpp cuts .* into .* sentencepiece into"):
        verify_export(tmp_path / "x")


def test_a_sure_model_equals_its_own_kept_logits(encoded):
    """Nearly all probability on few tokens: what is left for the others must not come from rounding."""
    rows = [
        (np.random.default_rng(i).normal(size=(len(case.tokens(512)), 1024)) * 12).astype(np.float32)
        for i, case in enumerate(encoded)
    ]
    figures = compare_reference(rows, reference_of(encoded, rows), tie=0.25)
    assert (figures.top1, figures.max_difference) == (1.0, pytest.approx(0, abs=1e-6))
    assert figures.kl < 1e-7


def _with_digits(folder, digits):
    """The export as older versions wrote it: fewer digits of the kept logits."""
    kept = json.loads((folder / "parity.json").read_text())
    for rows in kept["positions"]:
        for position in rows:
            position["logits"] = [round(x, digits) for x in position["logits"]]
            position["log_sum"] = round(position["log_sum"], digits)
    (folder / "parity.json").write_text(json.dumps(kept))
    data = (folder / "parity.json").read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["parity.json"] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_an_export_that_kept_four_digits_passes(copy, without_llama):
    _with_digits(copy, 4)
    found = {v.file: v for v in verify_export(copy)}
    assert found[Q4].checkpoint.kl < 1e-7


def test_few_kept_digits_do_not_look_like_another_model(encoded):
    """A sure model leaves the other tokens less than the last digit is worth."""
    rows = [
        (np.random.default_rng(i).normal(size=(len(case.tokens(512)), 1024)) * 12).astype(np.float32)
        for i, case in enumerate(encoded)
    ]
    kept = reference_of(encoded, rows).model_dump()
    for positions in kept["positions"]:
        for position in positions:
            position["logits"] = [round(x, 4) for x in position["logits"]]
            position["log_sum"] = round(position["log_sum"], 4)
    old = Reference.model_validate(kept)
    assert compare_reference(rows, old, tie=0.25).kl < 1e-6
    other = [r + np.random.default_rng(9).normal(size=r.shape).astype(np.float32) for r in rows]
    assert compare_reference(other, old, tie=0.25).kl > 0.01
