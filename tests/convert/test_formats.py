"""What holds for every format: what an export says of itself, and how it ends when something is wrong."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import PRECISIONS, require
from robo_convert import formats, heavy
from robo_convert.checkpoint import sha256_of, size_of
from robo_convert.cli import main
from robo_convert.formats import FORMATS
from robo_convert.manifest import read_manifest
from robo_convert.parity import Limits, ParityError, load_gate
from robo_convert.verify import verify_export
from robo_runtime.errors import RoboError

SLOW = pytest.param("coreml", marks=pytest.mark.slow)
ALL, HEAVY = list(FORMATS), [name for name in FORMATS if FORMATS[name].needs]
WRITTEN = ["onnx", "litert", SLOW]
"""Those whose export a test can pay for; that of a GGUF has tests of its own (`test_export`, `test_verify`)."""
QUICK = ["onnx", "litert"]
"""The same without the one that is traced; the proof is one function (`robo_convert.proof`)."""
Q, TABLE = "model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"


def _refused(form, folder, tmp_path, message, quants=(), error=RoboError, **options):
    """The format is refused with this message, and nothing is left."""
    out = tmp_path / "exports" / "x"
    with pytest.raises(error, match=message) as found:
        FORMATS[form].load()(folder, out, quants or [FORMATS[form].quants[0]], **options)
    assert not out.exists()
    assert not out.parent.exists() or list(out.parent.iterdir()) == []
    return str(found.value)


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(
    ("tensors", "config", "message"),
    [
        ({Q: None}, {}, f"tensor {Q} is missing"),
        ({Q: np.zeros((32, 64), np.float32)}, {}, r"q_proj\.weight is \(32, 64\), config\.json makes it"),
        ({Q: np.full((64, 64), np.nan, np.float32)}, {}, r"q_proj\.weight holds NaN or infinity"),
        (
            {TABLE: np.zeros((960, 64), np.float32)},
            {"vocab_size": 960},
            r"has 1024 pieces, config\.json has vocab_size 960",
        ),
    ],
    ids=["missing", "misshapen", "nan", "tokenizer"],
)
def test_a_checkpoint_that_is_not_whole_is_refused(form, altered, tmp_path, tensors, config, message):
    require(form)
    _refused(form, altered(tensors=tensors, config=config), tmp_path, message)


@pytest.mark.parametrize("form", ["gguf", *WRITTEN])
def test_a_full_disk_is_told_and_leaves_nothing(form, qat_checkpoint, tmp_path):
    require(form)
    resource = pytest.importorskip("resource", reason="this system has no limit of file sizes")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (110_000, hard))  # the texts of the gate fit, no model does
    try:
        _refused(form, qat_checkpoint, tmp_path, "could not be written: .*nothing was changed")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("form", HEAVY)
@pytest.mark.parametrize(
    ("code", "end"),
    [("import os; print('reading'); os.abort()", "signal 6"), ("raise SystemExit(3)", "exit status 3")],
    ids=["abort", "exit"],
)
def test_a_converter_that_dies_is_told(form, qat_checkpoint, tmp_path, monkeypatch, code, end):
    require(form)
    (tmp_path / "robo_broken.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(heavy, "COMMAND", ("-m", "robo_broken"))
    said = _refused(form, qat_checkpoint, tmp_path, f"{form}: the converter died .{end}")
    assert "nothing was written" in said


@pytest.mark.parametrize("form", HEAVY)
def test_a_missing_library_is_one_sentence(form, qat_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setitem(FORMATS, form, replace(FORMATS[form], needs=("numpy", "no_such_library")))
    message = rf"no_such_library is not installed: python -m pip install 'robo-convert\[{form}\]'"
    _refused(form, qat_checkpoint, tmp_path, message)


@pytest.mark.parametrize("form", HEAVY)
def test_an_unknown_precision_is_refused_before_anything_is_read(form, tmp_path):
    known = ", ".join(FORMATS[form].quants)
    _refused(form, tmp_path / "none", tmp_path, f"q4_0: not a precision of {form}; known: {known}", ["q4_0"])


@pytest.mark.parametrize("form", QUICK)
def test_a_model_that_loses_too_much_is_not_written(form, checkpoint, tmp_path):
    require(form)
    gate = load_gate()
    strict = {form: gate.formats[form] | {"int4": Limits(max_difference=1e-3, top1=1.0, kl=1e-6)}}
    _refused(
        form, checkpoint, tmp_path, r"robo-plain-int4\.\w+: does not answer like its checkpoint", ["int4"],
        ParityError, gate=gate.model_copy(update={"formats": strict}),
    )  # fmt: skip


@pytest.mark.parametrize("form", QUICK)
def test_a_checkpoint_that_only_claims_to_be_trained_for_its_rounding_is_refused(form, altered, tmp_path):
    require(form)
    claims, message = altered(training={"qat": "q4_0"}), r"trained for q4_0, but 1[45] of \d+ tensors are not"
    _refused(form, claims, tmp_path, message, ["int4"], ParityError)


@pytest.mark.parametrize("form", WRITTEN)
def test_the_manifest_says_what_was_measured(form, exported_in):
    folder = exported_in(form)
    manifest = read_manifest(folder)
    assert manifest.kind == form
    assert manifest.files["tokenizer.model"].role == "tokenizer"
    assert {p.name for p in folder.iterdir()} == {"manifest.json", *manifest.files}
    for name, entry in manifest.files.items():
        assert (entry.bytes, entry.sha256) == (size_of(folder / name), sha256_of(folder / name))
    models = {model.quant: model for model in manifest.models().values()}
    assert tuple(models) == PRECISIONS[form]
    most, *_ = models.values()
    assert most.bits_per_weight > models["int8"].bits_per_weight > 8 > models["int4"].bits_per_weight > 4.5
    assert (most.parity.top1_or_tie, most.greedy.identical) == (1.0, most.greedy.figures.positions)
    for model in models.values():
        assert model.parity.positions >= 200
        assert model.greedy.prompts == 8
        assert 8 <= model.greedy.figures.positions <= 8 * 64


@pytest.mark.parametrize("form", WRITTEN)
def test_verify_repeats_it_from_the_files_alone(form, exported_in):
    folder = exported_in(form)
    found = {v.file: v.checkpoint for v in verify_export(folder)}
    assert set(found) == set(read_manifest(folder).models())
    assert next(iter(found.values())).top1 > 0.99


@pytest.mark.parametrize(("command", "form"), [("onnx", "onnx"), ("tflite", "litert")])
def test_the_command_writes_a_folder(command, form, qat_checkpoint, tmp_path, monkeypatch, capsys):
    require(form)
    words = [command, str(qat_checkpoint), "--quant", "int4", "--json", "--functional", "0"]
    monkeypatch.setattr(sys, "argv", ["robo-convert", *words, "--out", str(tmp_path / "x")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [name for name in files if "int4" in name] == [f"robo-qat-int4.{command}"]


@pytest.mark.parametrize("form", HEAVY)
def test_each_format_has_a_folder_of_its_own_beside_the_ggufs(form, qat_checkpoint, tmp_path):
    assert formats.export_folder("gguf", qat_checkpoint, tmp_path) == tmp_path / "robo-qat"
    assert formats.export_folder(form, qat_checkpoint, tmp_path) == tmp_path / f"robo-qat-{form}"
