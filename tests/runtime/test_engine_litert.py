"""LiteRT as an engine: the same ids, scores and programs as llama.cpp gives with the same weights."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from robo_runtime.engine import EngineError, ModelError, load_engine

from . import test_engine_onnx as shared
from .test_engine_onnx import llama  # noqa: F401  (a fixture)

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")
pytest.importorskip("ai_edge_litert", reason="robo-runtime[litert] is not installed")
pytest.importorskip("flatbuffers", reason="robo-convert[litert] is not installed")

# What holds of every engine that gives its scores as an array.
test_ids_and_pieces = shared.test_ids_and_pieces_are_those_of_llama_cpp
test_control_ids = shared.test_user_text_never_becomes_a_control_id
test_scores = shared.test_scores_are_those_of_llama_cpp_however_they_were_come_by
test_programs = shared.test_programs_are_those_of_llama_cpp
test_legality = shared.test_programs_of_the_whole_grammar_are_legal_and_repeat_by_seed
test_greedy = shared.test_greedy_takes_the_best_allowed_token
test_limits = shared.test_limits_are_errors_that_say_what_was_expected


def _write(path: Path, model: Path, metadata: dict[str, str], norm: float | None = None) -> None:
    from robo_convert.litert.graph import build
    from robo_runtime.gguf_file import hub_weights, read_gguf

    file = read_gguf(model)
    shape = file.shape()
    weights = dict(hub_weights(file.weights(), shape))
    if norm is not None:
        weights["model.norm.weight"] = np.full(shape.hidden_size, norm, np.float32)
    path.write_bytes(build(weights, shape, "f32", metadata))


@pytest.fixture(scope="module")
def metadata(tokenizer: bytes) -> dict[str, str]:
    import hashlib

    from robo_runtime.engine.beside import CONTEXT_KEY, TOKENIZER_KEY

    return {CONTEXT_KEY: "512", TOKENIZER_KEY: hashlib.sha256(tokenizer).hexdigest()}


@pytest.fixture(scope="module")
def exported(
    model: Path, tokenizer: bytes, metadata: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The weights of the random GGUF as a TFLite file, the tokenizer beside it."""
    path = tmp_path_factory.mktemp("litert") / "robo-random-f32.tflite"
    _write(path, model, metadata)
    (path.parent / "tokenizer.model").write_bytes(tokenizer)
    return path


@pytest.fixture(scope="module")
def engine(exported: Path):
    loaded = load_engine(exported)
    yield loaded
    loaded.close()


def test_texts_that_share_their_beginning_do_not_disturb_each_other(engine):
    """Rows of a text that was given up stay in the caches; they must never be taken for the next one's."""
    engine.reset()
    first, second = [300, 301, 302, *range(310, 340)], [300, 301, 303, *range(350, 360)]
    expected = {}
    for text in (first, second):
        engine.reset()
        engine.feed(text)
        expected[tuple(text)] = engine.logits().copy()
    engine.begin(first[:2])
    for text in (first, second, first):
        engine.begin(first[:2])
        engine.feed(text[2:])
        np.testing.assert_allclose(engine.logits(), expected[tuple(text)], atol=1e-4)
    engine.rewind(10)
    engine.feed(first[-10:])
    np.testing.assert_allclose(engine.logits(), expected[tuple(first)], atol=1e-4)
    engine.use_threads(2)
    engine.rewind(1)
    engine.feed(first[-1:])
    np.testing.assert_allclose(engine.logits(), expected[tuple(first)], atol=1e-4)


def test_bad_files_are_refused_with_a_remedy(exported, model, metadata, tokenizer, tmp_path):
    with pytest.raises(ModelError, match="no such model file; make a model with"):
        load_engine(tmp_path / "none.tflite")
    path = Path(shutil.copytree(exported.parent, tmp_path / "copy")) / exported.name
    good = path.read_bytes()
    for bad in (b"", b"nonsense", good[:1000], good[: len(good) // 2], good[:-100]):
        path.write_bytes(bad)
        with pytest.raises(ModelError, match="make a model with: robo-convert litert"):
            load_engine(path)
    path.write_bytes(good.replace(b"new_keys_1", b"new_keys_9"))
    with pytest.raises(ModelError, match="inputs and outputs are not those of a RoboLM model"):
        load_engine(path)
    _write(path, model, {})
    with pytest.raises(ModelError, match=r"robolm\.context is ''"):
        load_engine(path)
    _write(path, model, metadata | {"robolm.context": "500"})
    with pytest.raises(ModelError, match="caches have 512 positions instead of 500"):
        load_engine(path)
    path.write_bytes(good)
    (path.parent / "tokenizer.model").write_bytes(tokenizer + b"\x52\x00")
    with pytest.raises(ModelError, match="is not the tokenizer of robo-random-f32"):
        load_engine(path)


def test_broken_weights_are_told(model, metadata, tokenizer, tmp_path):
    path = tmp_path / "robo-broken.tflite"
    _write(path, model, metadata, norm=float("nan"))
    (tmp_path / "tokenizer.model").write_bytes(tokenizer)
    with pytest.raises(EngineError, match="no finite scores"):
        load_engine(path).feed([300, 301])


def test_loading_says_nothing_on_the_terminal(exported):
    code = (
        "from pathlib import Path; from robo_runtime.engine import load_engine;"
        f"e = load_engine(Path({str(exported)!r})); e.feed([300] * 20); e.feed([300])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
