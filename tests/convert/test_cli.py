"""The command line: output, exit codes, and what it must not import."""

import json
import subprocess
import sys

import pytest
from robo_convert.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["robo-convert", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as end:
            main()
        out = capsys.readouterr()
        return end.value.code, out.out, out.err

    return run


def test_gguf_prints_a_table_of_files_and_figures(run, qat_checkpoint, tmp_path):
    code, out, _ = run(
        "gguf", qat_checkpoint, "--quant", "q4_0,q8_0", "--functional", "0", "--out", tmp_path / "x"
    )
    assert code == 0
    assert "robo-qat-q4_0.gguf" in out
    assert "20/20" in out
    assert "robo-qat-q8_0.gguf: model.layers." in out
    assert (tmp_path / "x" / "manifest.json").is_file()


def test_gguf_prints_the_manifest_as_json(run, qat_checkpoint, tmp_path):
    code, out, err = run("gguf", qat_checkpoint, "--functional", "0", "--out", tmp_path / "x", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads((tmp_path / "x" / "manifest.json").read_text())


def test_a_mistake_is_one_line_and_exit_code_2(run, qat_checkpoint, tmp_path):
    code, out, err = run("gguf", qat_checkpoint, "--quant", "q4_k_m", "--out", tmp_path / "x")
    assert (code, out) == (2, "")
    assert err.startswith("error: q4_k_m: token_embd.weight: row length 64 is not a multiple of 256")
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_what_gguf_alone_takes_other_formats_refuse(run, qat_checkpoint, tmp_path):
    code, _, err = run("onnx", qat_checkpoint, "--tensor-type", "ffn=F16", "--out", tmp_path / "x")
    assert code == 2
    assert "--tensor-type and --imatrix are for gguf alone" in err
    assert list(tmp_path.iterdir()) == []


def test_verify_prints_figures(run, qat_checkpoint, tmp_path):
    run("gguf", qat_checkpoint, "--functional", "0", "--out", tmp_path / "x")
    code, out, _ = run("verify", tmp_path / "x")
    assert code == 0
    assert "every file is whole and passes" in out
    code, out, _ = run("verify", tmp_path / "x", "--json")
    assert [v["file"] for v in json.loads(out)] == ["robo-qat-q4_0.gguf"]


def test_show_lists_metadata_and_tensors(run, export):
    code, out, _ = run("show", export / "robo-qat-q4_0.gguf")
    assert code == 0
    assert "llama.rope.freq_base" in out
    assert "blk.1.ffn_down.weight" in out
    assert "6.15 bits per weight" in out
    code, out, _ = run("show", export / "robo-qat-q4_0.gguf", "--json")
    assert json.loads(out)["tensors"]["token_embd.weight"] == {
        "shape": [1024, 64], "type": "Q8_0", "bytes": 1024 * 2 * 34,
    }  # fmt: skip


def test_exporting_imports_neither_torch_nor_an_engine(qat_checkpoint, tmp_path):
    code = (
        "import sys; from pathlib import Path; from robo_convert.gguf_export import export_gguf;"
        f"export_gguf(Path({str(qat_checkpoint)!r}), Path({str(tmp_path / 'x')!r}), ['q4_0']);"
        "print(*({'torch', 'transformers', 'llama_cpp', 'lightning', 'robo_train'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
