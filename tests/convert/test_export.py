"""Whole exports: what the folder holds, what the gate lets through, what is left when it does not."""

import hashlib
import json
import re

import numpy as np
import pytest
from robo_convert import gguf_file
from robo_convert.gguf_export import export_gguf
from robo_convert.manifest import check_destination, read_manifest
from robo_convert.parity import ParityError
from robo_runtime import gguf_file as reading
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import gguf_name, hub_weights, read_gguf


def test_the_manifest_lists_every_file_with_its_size_and_hash(export, manifest):
    assert {p.name for p in export.iterdir()} == {"manifest.json", *manifest.files}
    for name, entry in manifest.files.items():
        data = (export / name).read_bytes()
        assert entry.bytes == len(data)
        assert entry.sha256 == hashlib.sha256(data).hexdigest()


def test_the_manifest_names_checkpoint_commit_and_licence(export, manifest, qat_checkpoint):
    weights = (qat_checkpoint / "model.safetensors").read_bytes()
    assert manifest.checkpoint.sha256 == hashlib.sha256(weights).hexdigest()
    assert (manifest.checkpoint.commit, manifest.checkpoint.dirty) == ("0" * 40, True)
    assert manifest.checkpoint.qat == "q4_0"
    assert (manifest.licence, manifest.languages) == ("apache-2.0", ("en", "hi"))
    assert manifest.name == qat_checkpoint.name == export.name


def test_the_manifest_says_what_each_tensor_really_got(export, manifest):
    from gguf import GGUFReader

    for name, model in manifest.models().items():
        reader = GGUFReader(export / name)
        assert model.types == {t.name: t.tensor_type.name for t in reader.tensors}
        bits = 8 * sum(int(t.n_bytes) for t in reader.tensors)
        assert model.bits_per_weight == pytest.approx(bits / manifest.parameters, abs=1e-3)


def test_a_qat_checkpoint_comes_back_exactly_from_q4_0(export, manifest, qat_checkpoint):
    from safetensors.numpy import load_file

    trained = load_file(qat_checkpoint / "model.safetensors")
    file = read_gguf(export / "robo-qat-q4_0.gguf")
    found = hub_weights(file.weights(), file.shape())
    assert found.keys() == trained.keys()
    for name, weight in trained.items():
        np.testing.assert_array_equal(found[name], weight)
    model = manifest.files["robo-qat-q4_0.gguf"].model
    assert model.tensors.exact == model.tensors.tensors == 20
    assert model.parity.top1 == 1.0
    assert model.parity.positions >= 200


def test_precisions_lose_in_the_order_of_their_bits(checkpoint, tmp_path):
    loose = {"max_difference": 100.0, "top1": 0.01, "kl": 10.0}
    manifest = export_gguf(checkpoint, tmp_path / "x", ("q4_0", "q8_0", "f16", "f32"), gate=_gate(q4_0=loose))
    kl = [model.parity.kl for model in manifest.models().values()]
    assert kl == sorted(kl, reverse=True)
    assert kl[0] > 100 * kl[1] > 0
    assert kl[-1] < 1e-9


def _gate(**limits):
    from robo_convert.parity import Limits, load_gate

    gate = load_gate()
    return gate.model_copy(update={"limits": gate.limits | {k: Limits(**v) for k, v in limits.items()}})


def test_the_same_checkpoint_gives_the_same_bytes(qat_checkpoint, export, tmp_path):
    export_gguf(qat_checkpoint, tmp_path / "again", ["q4_0"])
    name = "robo-qat-q4_0.gguf"
    assert (tmp_path / "again" / name).read_bytes() == (export / name).read_bytes()


def test_an_earlier_export_is_replaced_as_a_whole(qat_checkpoint, tmp_path):
    export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0", "q8_0"])
    export_gguf(qat_checkpoint, tmp_path / "x", ["f16"])
    assert list(read_manifest(tmp_path / "x").models()) == ["robo-qat-f16.gguf"]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert not (tmp_path / "x" / "robo-qat-q4_0.gguf").exists()


def test_the_grammar_beside_the_model_is_the_runtimes(export, manifest):
    from robo_runtime.grammar import micropython_gbnf
    from robo_runtime.registry import load_registry

    assert manifest.board == "esp32"
    assert (export / "robot.gbnf").read_text() == micropython_gbnf(load_registry(), board="esp32")


def test_an_unknown_board_is_refused(qat_checkpoint, tmp_path):
    with pytest.raises(RoboError, match="esp33"):
        export_gguf(qat_checkpoint, tmp_path / "x", board="esp33")
    assert list(tmp_path.iterdir()) == []


def test_the_modelfile_takes_the_smallest_model(export):
    text = (export / "Modelfile").read_text()
    assert "FROM ./robo-qat-q4_0.gguf\n" in text
    assert (
        '"""{{ if .System }}[SYSTEM]{{ .System }}[/SYSTEM]{{ end }}[USER]{{ .Prompt }}[/USER][CODE]"""'
        in text
    )
    assert "<bos>" not in re.sub("#.*", "", text)


def test_parity_data_hold_the_checkpoints_best_tokens(export, qat_checkpoint):
    torch = pytest.importorskip("torch")
    from transformers import LlamaForCausalLM

    data = json.loads((export / "parity.json").read_text())
    model = LlamaForCausalLM.from_pretrained(qat_checkpoint, dtype=torch.float32).eval()
    for case, kept in zip(data["sequences"], data["positions"], strict=True):
        tokens = [i for _, _, ids in case["parts"] for i in ids]
        with torch.no_grad():
            rows = model(torch.tensor([tokens])).logits[0]
        assert len(kept) == len(tokens)
        top = rows.topk(5)
        for i, position in enumerate(kept):
            np.testing.assert_allclose(position["logits"], top.values[i], atol=2e-4)
            assert position["ids"][0] == int(top.indices[i, 0])
            assert position["log_sum"] == pytest.approx(float(rows[i].logsumexp(-1)), abs=2e-4)


def test_progress_names_each_file(qat_checkpoint, tmp_path):
    steps = []
    export_gguf(qat_checkpoint, tmp_path / "x", ["q8_0"], progress=steps.append)
    assert any("robo-qat-q8_0.gguf" in step for step in steps)


def _refused(tmp_path, checkpoint, quants, message, **options):
    out = tmp_path / "exports" / "x"
    with pytest.raises(ParityError, match=message) as error:
        export_gguf(checkpoint, out, quants, **options)
    assert not out.exists()
    assert list(out.parent.iterdir()) == []
    return str(error.value)


def test_a_model_that_loses_too_much_is_not_written(checkpoint, tmp_path):
    message = _refused(tmp_path, checkpoint, ["f32", "q4_0"], "does not answer like its checkpoint")
    assert "robo-plain-q4_0.gguf" in message
    assert "worst tensor model.layers." in message
    assert "Train with qat: q4_0, or export a higher precision" in message


def test_a_checkpoint_that_only_claims_qat_is_refused(altered, tmp_path):
    claims = altered(training={"qat": "q4_0"})
    message = _refused(tmp_path, claims, ["q4_0"], "trained for q4_0, but 15 of 20 tensors are not exactly")
    assert "worst tensor model.layers." in message


def test_a_wrong_row_order_is_caught_and_names_the_tensor(qat_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(gguf_file, "permute_rows", lambda weight, heads: weight)
    _refused(
        tmp_path, qat_checkpoint, ["f32"], r"tensor model\.layers\.0\.self_attn\.[qk]_proj\.weight does not"
    )


def test_a_row_order_wrong_in_both_directions_is_caught_by_the_logits(qat_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(gguf_file, "permute_rows", lambda weight, heads: weight)
    monkeypatch.setattr(reading, "unpermute_rows", lambda weight, heads: weight)
    _refused(tmp_path, qat_checkpoint, ["f32"], "does not answer like its checkpoint")


def test_a_wrong_rope_base_in_the_metadata_is_caught(qat_checkpoint, tmp_path, monkeypatch):
    from gguf import GGUFWriter

    right = GGUFWriter.add_rope_freq_base
    monkeypatch.setattr(GGUFWriter, "add_rope_freq_base", lambda self, value: right(self, value * 2))
    _refused(tmp_path, qat_checkpoint, ["f32"], "does not answer like its checkpoint")


def test_swapped_tensors_are_caught(qat_checkpoint, tmp_path, monkeypatch):
    swap = {"blk.0.ffn_gate.weight": "blk.0.ffn_up.weight", "blk.0.ffn_up.weight": "blk.0.ffn_gate.weight"}
    monkeypatch.setattr(gguf_file, "gguf_name", lambda name: swap.get(gguf_name(name), gguf_name(name)))
    monkeypatch.setattr(reading.GgufFile, "weights", _weights_by_right_names)
    _refused(
        tmp_path, qat_checkpoint, ["f32"], r"tensor model\.layers\.0\.mlp\.(gate|up)_proj\.weight does not"
    )


def _weights_by_right_names(self):
    from robo_runtime.gguf_file import dequantise, expected_tensors

    tensors = {name: self.tensors[gguf_name(name)] for name in expected_tensors(self.shape())}
    return {name: dequantise(t.data, t.kind) for name, t in tensors.items()}


def test_a_wrong_score_in_the_tokenizer_is_caught(qat_checkpoint, tmp_path, monkeypatch):
    from gguf import GGUFWriter

    right = GGUFWriter.add_token_scores
    monkeypatch.setattr(GGUFWriter, "add_token_scores", lambda self, s: right(self, [0.0] * len(s)))
    with pytest.raises(RoboError, match=r"token \d+ is .*sentencepiece has"):
        export_gguf(qat_checkpoint, tmp_path / "x", ["f32"])
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_the_earlier_one_alone(qat_checkpoint, checkpoint, tmp_path):
    export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0"])
    before = {p.name: p.read_bytes() for p in (tmp_path / "x").iterdir()}
    with pytest.raises(ParityError):
        export_gguf(checkpoint, tmp_path / "x", ["q4_0"])
    assert {p.name: p.read_bytes() for p in (tmp_path / "x").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_an_export_of_another_version_is_replaced(qat_checkpoint, tmp_path):
    (tmp_path / "x").mkdir()
    old = {"format": "robo-export/0", "files": {"old.gguf": 1}}
    (tmp_path / "x" / "manifest.json").write_text(json.dumps(old))
    (tmp_path / "x" / "old.gguf").write_bytes(b"old")
    export_gguf(qat_checkpoint, tmp_path / "x")
    assert not (tmp_path / "x" / "old.gguf").exists()


@pytest.mark.parametrize("text", ['{"format": "other", "files": {}}', "[1]", "{"])
def test_another_programs_manifest_is_not_replaced(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(RoboError, match=r"holds manifest\.json, which no export wrote"):
        check_destination(tmp_path)


def test_a_folder_with_other_peoples_files_is_not_replaced(qat_checkpoint, tmp_path):
    export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0"])
    (tmp_path / "x" / "notes.txt").write_text("mine")
    with pytest.raises(RoboError, match=r"holds notes\.txt, which no export wrote"):
        export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0"])
    assert (tmp_path / "x" / "notes.txt").read_text() == "mine"


def test_a_folder_that_is_no_export_or_no_folder_is_not_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(RoboError, match=r"holds cat\.jpg"):
        check_destination(tmp_path / "photos")
    with pytest.raises(RoboError, match="is a file, not a folder"):
        check_destination(tmp_path / "photos" / "cat.jpg")
    with pytest.raises(RoboError, match=r"cat\.jpg is no folder that can be written to"):
        check_destination(tmp_path / "photos" / "cat.jpg" / "deep" / "x")
    (tmp_path / "empty").mkdir()
    check_destination(tmp_path / "empty")
