"""Types of single tensors, K-quants and importance matrices: what llama.cpp makes, read back without it."""

import hashlib
import struct

import numpy as np
import pytest
from robo_convert import llama_parity, llama_quantise
from robo_convert.checkpoint import load_checkpoint
from robo_convert.gguf_export import export_gguf
from robo_convert.gguf_file import gguf_tensors, write_gguf
from robo_convert.imatrix import read_imatrix
from robo_convert.manifest import read_manifest
from robo_convert.parity import Limits
from robo_convert.quants import QUANTS, with_overrides
from robo_convert.verify import verify_export
from robo_convert.vocabulary import read_vocabulary
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import hub_weights, read_gguf

DOWN = "blk.1.ffn_down.weight"


@pytest.fixture
def llama():
    pytest.importorskip("llama_cpp")


@pytest.fixture
def loose(gate):
    """Random weights prefer no token by much: 4 bits change what is best, kernels that round less so."""
    limits = Limits(max_difference=100.0, top1=0.01, kl=10.0)
    engine = Limits(max_difference=2.0, top1=0.95, kl=0.01)
    return gate.model_copy(
        update={"limits": dict.fromkeys(QUANTS, limits), "llama_cpp": dict.fromkeys(QUANTS, engine)}
    )


@pytest.mark.llama
def test_q4_k_m_is_llama_cpps_mixture_and_passes_in_llama_cpp(wide_checkpoint, tmp_path, llama, loose):
    manifest = export_gguf(wide_checkpoint, tmp_path / "x", ["q4_k_m", "q4_0"], gate=loose)
    model = manifest.models()["robo-wide-q4_k_m.gguf"]
    file = read_gguf(tmp_path / "x" / "robo-wide-q4_k_m.gguf")
    assert model.types == {name: tensor.kind for name, tensor in file.tensors.items()}
    assert set(model.types.values()) == {"F32", "Q4_K", "Q6_K"}
    assert model.types["token_embd.weight"] == "Q6_K"
    assert model.bits_per_weight == pytest.approx(file.bits_per_weight, abs=1e-3)
    assert 4.5 < model.bits_per_weight < 6.6
    assert model.tensors.worst_error < manifest.models()["robo-wide-q4_0.gguf"].tensors.worst_error
    assert {p.name for p in (tmp_path / "x").iterdir()} == {"manifest.json", *manifest.files}
    found = {v.file: v for v in verify_export(tmp_path / "x", gate=loose)}
    assert found["robo-wide-q4_k_m.gguf"].llama_cpp.positions >= 200


def test_q4_k_m_is_refused_where_rows_do_not_divide(checkpoint, tmp_path):
    with pytest.raises(RoboError, match=r"q4_k_m: .*row length 64 is not a multiple of 256.*use q4_0"):
        export_gguf(checkpoint, tmp_path / "x", ["q8_0", "q4_k_m"])
    assert not (tmp_path / "x").exists()


def test_types_that_python_writes_need_no_llama_cpp(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(llama_parity, "available", lambda: False)
    manifest = export_gguf(checkpoint, tmp_path / "x", ["q8_0"], tensor_types=["ffn_down=Q5_1", "embd=F16"])
    model = manifest.models()["robo-plain-q8_0.gguf"]
    assert (model.types[DOWN], model.types["token_embd.weight"]) == ("Q5_1", "F16")
    assert model.types["blk.0.ffn_up.weight"] == "Q8_0"
    assert read_manifest(tmp_path / "x").models()["robo-plain-q8_0.gguf"].overrides == {
        "ffn_down": "Q5_1", "embd": "F16",
    }  # fmt: skip
    assert verify_export(tmp_path / "x")[0].checkpoint.positions >= 200
    with pytest.raises(RoboError, match=r"q8_0: llama\.cpp makes these types, and llama-cpp-python is not"):
        export_gguf(checkpoint, tmp_path / "y", ["q8_0"], tensor_types=["ffn_down=IQ4_NL"])


@pytest.mark.llama
def test_bytes_are_the_same_whoever_writes_the_types(source, tmp_path, llama):
    (quant,) = with_overrides(
        [QUANTS["q4_0"]], ["ffn_down=Q5_1", "attn_v=Q5_0", "ffn_up=Q4_1", "ffn_gate=BF16", "attn_q=F16"],
        {name: t.ndim for name, t in gguf_tensors(source).items()},
    )  # fmt: skip
    ours, theirs, full = (tmp_path / f"{name}.gguf" for name in ("ours", "theirs", "full"))
    vocabulary = read_vocabulary(source.tokenizer, source.shape.vocab_size, "")
    write_gguf(ours, source, vocabulary, quant)
    write_gguf(full, source, vocabulary, QUANTS["f32"])
    llama_quantise.quantise_file(full, theirs, gguf_tensors(source), quant, None)
    found, expected = read_gguf(ours).tensors, read_gguf(theirs).tensors
    assert {t.kind for t in found.values()} == {
        "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0",
    }  # fmt: skip
    for name, tensor in found.items():
        assert (tensor.kind, tensor.data.tobytes()) == (
            expected[name].kind,
            expected[name].data.tobytes(),
        ), name


@pytest.mark.llama
def test_single_tensors_get_the_types_that_only_llama_cpp_makes(wide_checkpoint, tmp_path, llama, loose):
    types = ["ffn_down=Q6_K", "ffn_up=Q3_K", "ffn_gate=Q5_K", "attn_q=IQ4_NL", "attn_o=IQ4_XS"]
    manifest = export_gguf(
        wide_checkpoint, tmp_path / "x", ["q8_0", "q4_k_m"], tensor_types=types, gate=loose
    )
    for model in manifest.models().values():
        found = [model.types[f"blk.0.{n}.weight"] for n in ("ffn_down", "ffn_up", "ffn_gate", "attn_q")]
        assert found == ["Q6_K", "Q3_K", "Q5_K", "IQ4_NL"]
    assert [m.types["blk.1.attn_k.weight"] for m in manifest.models().values()] == ["Q8_0", "Q4_K"]


@pytest.mark.llama
def test_a_quantiser_that_dies_is_one_sentence_and_leaves_nothing(
    wide_checkpoint, tmp_path, monkeypatch, llama
):
    monkeypatch.setattr(llama_quantise, "COMMAND", ("-c", "import os; os.abort()"))
    with pytest.raises(RoboError, match=r"q4_k_m\.gguf: llama.cpp's quantiser died \(signal 6"):
        export_gguf(wide_checkpoint, tmp_path / "x", ["q4_k_m"])
    assert not (tmp_path / "x").exists()


@pytest.fixture
def importance(wide_checkpoint):
    """Every eighth column matters a hundred times as much as the others."""
    tensors = gguf_tensors(load_checkpoint(wide_checkpoint))
    return {
        name: np.where(np.arange(t.shape[-1]) % 8, 1.0, 100.0).astype(np.float32)
        for name, t in tensors.items()
        if t.ndim > 1 and name != "token_embd.weight"
    }


def _write_gguf(path, importance, count=7):
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "")
    writer.add_type("imatrix")
    for name, values in importance.items():
        writer.add_tensor(f"{name}.in_sum2", (values * count)[None])
        writer.add_tensor(f"{name}.counts", np.array([[count]], np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_counted(path, importance, count=7):
    data = struct.pack("<i", len(importance))
    for name, values in importance.items():
        data += struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", count, len(values))
        data += (values * count).tobytes()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("write", [_write_gguf, _write_counted])
def test_both_formats_of_importance_matrices_are_read(write, importance, tmp_path):
    found = read_imatrix(write(tmp_path / "imatrix", importance), {n: len(v) for n, v in importance.items()})
    assert found.keys() == importance.keys()
    for name, values in importance.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)


@pytest.mark.llama
def test_an_importance_matrix_makes_the_columns_that_matter_better(
    wide_checkpoint, importance, tmp_path, llama, loose
):
    path = _write_gguf(tmp_path / "imatrix.gguf", importance)
    plain = export_gguf(wide_checkpoint, tmp_path / "x", ["q4_0"], gate=loose)
    weighed = export_gguf(wide_checkpoint, tmp_path / "y", ["q4_0", "f16"], imatrix=path, gate=loose)
    name = "robo-wide-q4_0.gguf"
    assert plain.models()[name].imatrix is None
    assert weighed.models()[name].imatrix == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weighed.models()["robo-wide-f16.gguf"].imatrix is None
    assert weighed.models()[name].types == plain.models()[name].types
    weights = load_checkpoint(wide_checkpoint).weights
    column = "model.layers.0.mlp.up_proj.weight"
    errors = []
    for folder in ("x", "y"):
        file = read_gguf(tmp_path / folder / name)
        errors.append((hub_weights(file.weights(), file.shape())[column] - weights[column])[:, ::8])
    assert np.square(errors[1]).sum() < 0.7 * np.square(errors[0]).sum()
    verify_export(tmp_path / "y", gate=loose)


def test_an_importance_matrix_is_refused_for_weights_that_were_trained_for_their_rounding(
    qat_checkpoint, tmp_path
):
    with pytest.raises(RoboError, match=r"this checkpoint was trained for q4_0.*Leave it out"):
        export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0"], imatrix=tmp_path / "imatrix.gguf")


def test_an_importance_matrix_of_another_model_is_refused(importance, tmp_path):
    path, columns = _write_gguf(tmp_path / "i.gguf", importance), {n: len(v) for n, v in importance.items()}
    with pytest.raises(RoboError, match=r"has 512 values for blk\.1\.ffn_down\.weight, whose rows are 1024"):
        read_imatrix(path, columns | {DOWN: 1024})
    with pytest.raises(RoboError, match="names none of the model's matrices"):
        read_imatrix(path, {"blk.9.ffn_up.weight": 256})
    broken = {**importance, DOWN: -importance[DOWN]}
    with pytest.raises(RoboError, match=f"{DOWN} has values that are no mean squares"):
        read_imatrix(_write_gguf(path, broken), columns)
    with pytest.raises(RoboError, match=r"no such file; make one with llama\.cpp"):
        read_imatrix(tmp_path / "none", columns)
    (tmp_path / "cut").write_bytes(_write_counted(tmp_path / "c", importance).read_bytes()[:-3])
    with pytest.raises(RoboError, match=r"no importance matrix of llama\.cpp, or cut short"):
        read_imatrix(tmp_path / "cut", columns)
