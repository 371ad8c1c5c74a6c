"""A real, tiny checkpoint: weights by transformers, tokenizer by the trainer of the toolkit."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: its threads spin on a busy machine

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hub import VOCAB as HUB_VOCAB
from hub import sentencepiece_model, write_byte_level, write_json_tokenizer, write_weights
from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.formats import FORMATS
from robo_convert.gguf_export import export_gguf
from robo_convert.heavy import export_heavy
from robo_convert.manifest import Manifest
from robo_convert.parity import Encoded, Gate, encode_cases, load_gate
from robo_convert.vocabulary import Encoder
from safetensors.numpy import load_file, save_file

VOCAB = 1024
ALL = ("f32", "f16", "q8_0", "q4_0")
PRECISIONS = {
    "onnx": ("f32", "int8", "int8_dynamic", "int4"), "litert": ("f32", "int8", "int4"),
    "coreml": ("f16", "int8", "int4"),
}  # fmt: skip
"""Those that a model of random weights passes the gate in."""


@pytest.fixture(scope="session")
def gate() -> Gate:
    return load_gate()


@pytest.fixture(scope="session")
def sentences() -> dict[str, str]:
    return yaml.safe_load((Path(__file__).parent / "sentences.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tokenizer_model(gate: Gate, sentences: dict[str, str]) -> bytes:
    """A SentencePiece model of 1,024 pieces with real spaces and merges in every script."""
    from robo_train.config import TokenizerConfig
    from robo_train.tokenizer import train_tokenizer, training_lines

    lines = training_lines(sentences.values(), [case.code for case in gate.cases])
    return train_tokenizer(list(lines) * 3, TokenizerConfig(name="tiny", vocab_size=VOCAB))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, tokenizer_model: bytes) -> Path:
    """Two layers, width 64, four heads over two kv heads; as if trained without regard to quantisation."""
    return _checkpoint(tmp_path_factory.mktemp("plain") / "robo-plain", tokenizer_model, qat=False)


@pytest.fixture(scope="session")
def qat_checkpoint(tmp_path_factory: pytest.TempPathFactory, tokenizer_model: bytes) -> Path:
    """The same with the weights that quantisation-aware training saves."""
    return _checkpoint(tmp_path_factory.mktemp("qat") / "robo-qat", tokenizer_model, qat=True)


@pytest.fixture(scope="session")
def wide_checkpoint(tmp_path_factory: pytest.TempPathFactory, tokenizer_model: bytes) -> Path:
    """Rows of 256, which K-quants need."""
    folder = tmp_path_factory.mktemp("wide") / "robo-wide"
    return _checkpoint(folder, tokenizer_model, qat=False, hidden_size=256, intermediate_size=512)


def _checkpoint(folder: Path, tokenizer_model: bytes, *, qat: bool, **sizes: int) -> Path:
    import torch
    from robo_train.qat import fake_quantise
    from robo_train.tokenizer import Tokenizer
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=VOCAB, **{"hidden_size": 64, "intermediate_size": 192, **sizes},
        num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, initializer_range=0.1,
        pad_token_id=0, eos_token_id=1, bos_token_id=2,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
        elif qat:
            parameter.data = fake_quantise(name, parameter.data)
    model.save_pretrained(folder)
    GenerationConfig(eos_token_id=[1, 9], do_sample=False).save_pretrained(folder)
    Tokenizer(tokenizer_model).save(folder)
    (folder / "training.json").write_text(
        json.dumps(
            {
                "qat": "q4_0" if qat else "none",
                "git": {"commit": "0" * 40, "dirty": True},
                "languages": ["en", "hi"],
                "steps": 0,
            }
        )
    )
    return folder


@pytest.fixture(scope="session")
def source(checkpoint: Path) -> Checkpoint:
    return load_checkpoint(checkpoint)


@pytest.fixture(scope="session")
def encoded(source: Checkpoint, gate: Gate) -> list[Encoded]:
    return encode_cases(gate.cases, Encoder(source.tokenizer))


@pytest.fixture(scope="session")
def export(qat_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of the QAT checkpoint in every precision."""
    folder = tmp_path_factory.mktemp("exports") / "robo-qat"
    export_gguf(qat_checkpoint, folder, ALL)
    return folder


@pytest.fixture(scope="session")
def exported_in(qat_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The QAT checkpoint's export in a format other than GGUF, made once; skips where a library is missing."""
    made: dict[str, Path] = {}

    def export(form: str) -> Path:
        require(form)
        if form not in made:
            folder = tmp_path_factory.mktemp(form) / f"robo-qat-{form}"
            export_heavy(form, qat_checkpoint, folder, PRECISIONS[form])
            made[form] = folder
        return made[form]

    return export


def require(form: str) -> None:
    """Skip a test where a library of the format is missing."""
    for module in FORMATS[form].needs:
        pytest.importorskip(module, reason=f"robo-convert[{form}] is not installed")


@pytest.fixture(scope="session")
def manifest(export: Path) -> Manifest:
    from robo_convert.manifest import read_manifest

    return read_manifest(export)


@pytest.fixture(scope="session")
def lines(sentences, gate):
    return [*sentences.values()] * 3 + [line for case in gate.cases for line in case.code.split("\n")] * 3


@pytest.fixture(scope="session")
def hub(tmp_path_factory, lines) -> Path:
    """Folders of three makers."""
    root = tmp_path_factory.mktemp("hub")
    theirs = {"rope_type": "default", "rope_theta": 500000.0}
    model = sentencepiece_model(lines)
    write_weights(
        root / "sentencepiece", HUB_VOCAB["sentencepiece"], dtype="bfloat16", shard="100KB",
        rope_parameters=theirs, num_key_value_heads=1, tie_word_embeddings=True, rms_norm_eps=1e-5,
    )  # fmt: skip
    (root / "sentencepiece" / "tokenizer.model").write_bytes(model)
    settings = {
        "tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True,
    }  # fmt: skip
    (root / "sentencepiece" / "tokenizer_config.json").write_text(json.dumps(settings))
    assert len(list((root / "sentencepiece").glob("*.safetensors"))) > 1
    write_weights(root / "json", HUB_VOCAB["json"], tie_word_embeddings=False, num_key_value_heads=4)
    write_json_tokenizer(root / "json", model)
    write_weights(
        root / "bytes", HUB_VOCAB["bytes"] + 4, dtype="float16", head_dim=24, tie_word_embeddings=False,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    write_byte_level(root / "bytes", lines)
    return root


@pytest.fixture
def altered(checkpoint: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copies the checkpoint with keys of its JSON files or tensors replaced."""

    def alter(tensors: dict[str, Any] | None = None, **files: dict[str, Any]) -> Path:
        return alter_folder(checkpoint, tmp_path / "robo-altered", tensors, files)

    return alter


@pytest.fixture
def copy(hub: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copies the folder of one of the makers, with the same changes."""

    def make(kind: str = "json", tensors: dict[str, Any] | None = None, **files: dict[str, Any]) -> Path:
        return alter_folder(hub / kind, tmp_path / "theirs", tensors, files)

    return make


def alter_folder(
    source: Path, folder: Path, tensors: dict[str, Any] | None, files: dict[str, dict[str, Any]]
) -> Path:
    """Copy a folder; a tensor that is None and a key that is `...` are left out, all others replaced."""
    shutil.copytree(source, folder)
    for name, changes in files.items():
        path = folder / f"{name}.json"
        old = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({k: v for k, v in (old | changes).items() if v is not ...}))
    if tensors:
        path = folder / "model.safetensors"
        merged = load_file(path) | {k: np.asarray(v) for k, v in tensors.items() if v is not None}
        save_file({k: v for k, v in merged.items() if tensors.get(k, v) is not None}, path)
    return folder
