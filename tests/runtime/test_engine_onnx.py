"""ONNX Runtime as an engine: the same ids, scores and programs as llama.cpp gives with the same weights."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from robo_runtime.engine import EngineError, GrammarError, ModelError, load_engine
from robo_runtime.generate import Generator
from robo_runtime.prompt import N_CONTROL, Part, control_tokens, render

from .small import SMALL_GBNF
from .test_engine import CALLS, TEXTS

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")
pytest.importorskip("onnxruntime", reason="robo-runtime[onnx] is not installed")
pytest.importorskip("onnx", reason="robo-convert[onnx] is not installed")

PROMPT = render("blink the LED on pin 2")


@pytest.fixture(scope="module")
def exported(model: Path, tokenizer: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the random GGUF as ONNX, the tokenizer beside them."""
    import hashlib

    from robo_convert.onnx.graph import build
    from robo_runtime.engine.beside import CONTEXT_KEY, TOKENIZER, TOKENIZER_KEY
    from robo_runtime.gguf_file import hub_weights, read_gguf

    file = read_gguf(model)
    shape = file.shape()
    metadata = {CONTEXT_KEY: str(shape.context), TOKENIZER_KEY: hashlib.sha256(tokenizer).hexdigest()}
    path = tmp_path_factory.mktemp("onnx") / "robo-random-f32.onnx"
    path.write_bytes(build(hub_weights(file.weights(), shape), shape, "f32", metadata).SerializeToString())
    (path.parent / TOKENIZER).write_bytes(tokenizer)
    return path


@pytest.fixture(scope="module")
def engine(exported):
    loaded = load_engine(exported)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def llama(model):
    loaded = load_engine(model)
    yield loaded
    loaded.close()


def test_ids_and_pieces_are_those_of_llama_cpp(engine, llama):
    for text in TEXTS:
        assert engine.encode([Part(text, False)]) == llama.encode([Part(text, False)])
    assert engine.encode(render("[CODE]", lang="hi", hardware="LED")) == llama.encode(
        render("[CODE]", lang="hi", hardware="LED")
    )
    assert (engine.n_vocab, engine.n_ctx, engine.ends) == (llama.n_vocab, llama.n_ctx, llama.ends)
    for token in range(engine.n_vocab):
        assert engine.piece(token) == llama.piece(token), token
        assert engine.is_control(token) == llama.is_control(token)


@pytest.mark.parametrize("token", control_tokens())
def test_user_text_never_becomes_a_control_id(engine, token):
    assert min(engine.encode([Part(f"say {token} and {token}{token}", False)])) >= N_CONTROL


def test_scores_are_those_of_llama_cpp_however_they_were_come_by(engine, llama):
    ids = engine.encode(PROMPT)
    llama.reset()
    llama.feed(ids)
    expected = np.array(llama.logits())
    prefix, rest = ids[:5], ids[5:]

    def one_batch():
        engine.reset()
        engine.feed(ids)

    def one_by_one():
        engine.reset()
        for token in ids:
            engine.feed_ahead(token, [])

    def behind_a_prefix():
        engine.begin(prefix)
        engine.feed(rest)

    def after_going_back():
        engine.reset()
        engine.feed([*ids, 300, 301, 302])
        engine.rewind(3)

    for way in (one_batch, one_by_one, behind_a_prefix, after_going_back, behind_a_prefix):
        way()
        assert engine.last(len(ids)) == ids
        assert engine.room() == engine.n_ctx - len(ids)
        np.testing.assert_allclose(engine.logits(), expected, atol=0.02, err_msg=way.__name__)  # an F16 cache


def test_programs_are_those_of_llama_cpp(exported, model):
    with Generator(exported, grammar=SMALL_GBNF) as ours, Generator(model, grammar=SMALL_GBNF) as theirs:
        answers = [[g.generate(f"make {n}", max_tokens=60).code for n in range(6)] for g in (ours, theirs)]
    same = sum(a == b for a, b in zip(*answers, strict=True))
    assert same >= 4  # random weights have near-ties


def test_programs_of_the_whole_grammar_are_legal_and_repeat_by_seed(exported):
    import ast

    with Generator(exported) as generator:
        codes = {}
        for seed in (1, 2, 1):
            result = generator.generate("blink", temperature=1.0, seed=seed, max_tokens=60)
            ast.parse(result.code)
            assert codes.setdefault(seed, result.code) == result.code
    assert codes[1] != codes[2]


def test_greedy_takes_the_best_allowed_token(engine):
    engine.reset()
    engine.feed(engine.encode(PROMPT))
    picker, grammar = engine.picker(0.0, 0, 0), engine.grammar(CALLS)
    scores = engine.logits()
    assert picker.pick() == int(scores.argmax())
    allowed = [t for t in range(engine.n_vocab) if grammar.allows(t)]
    assert picker.pick_allowed(grammar) == max(allowed, key=lambda t: scores[t])


@pytest.mark.parametrize("top_k", [0, 12])
def test_sampling_follows_the_softmax_of_what_is_allowed(engine, top_k):
    engine.reset()
    engine.feed(engine.encode(PROMPT))
    scores, grammar = engine.logits().astype(np.float64), engine.grammar(CALLS)
    likely = np.argsort(-scores)[: top_k or None].tolist()
    allowed = {t for t in likely if grammar.allows(t)}
    picker = engine.picker(1.0, top_k, 7)
    for candidates, draw in ((set(likely), picker.pick), (allowed, lambda: picker.pick_allowed(grammar))):
        if not candidates:
            continue
        expected = np.array([np.exp(scores[t]) if t in candidates else 0.0 for t in range(engine.n_vocab)])
        expected /= expected.sum()
        draws = np.bincount([draw() for _ in range(3000)], minlength=engine.n_vocab) / 3000
        assert 0.5 * np.abs(draws - expected).sum() < 0.25  # the noise alone is about 0.17
        assert not draws[expected == 0].any()


def test_where_nothing_is_allowed_that_is_an_error(engine):
    engine.reset()
    engine.feed(engine.encode(PROMPT))
    grammar = engine.grammar('root ::= "\\n"')
    grammar.ban(frozenset(range(engine.n_vocab)))
    for temperature in (0.0, 1.0):
        with pytest.raises(GrammarError, match="leaves no token"):
            engine.picker(temperature, 5, 0).pick_allowed(grammar)


def test_limits_are_errors_that_say_what_was_expected(exported):
    engine = load_engine(exported, context=16)
    assert engine.n_ctx == 16
    with pytest.raises(EngineError, match="feed the prompt first"):
        engine.logits()
    with pytest.raises(EngineError, match="17 more tokens do not fit: 0 of 16"):
        engine.feed([300] * 17)
    engine.feed([300] * 16)
    with pytest.raises(EngineError, match="16 tokens cannot be taken back"):
        engine.rewind(16)
    with pytest.raises(EngineError, match="threads is 0"):
        engine.use_threads(0)
    engine.use_threads(2)
    engine.rewind(2)
    assert engine.room() == 2
    with pytest.raises(EngineError, match="temperature is -1"):
        engine.picker(-1, 0, 0)
    engine.close()
    with pytest.raises(EngineError, match="was closed"):
        engine.feed([300])


def _copy(exported, tmp_path):
    return Path(shutil.copytree(exported.parent, tmp_path / "copy")) / exported.name


def test_bad_files_are_refused_with_a_remedy(exported, tokenizer, tmp_path):
    import onnx

    with pytest.raises(ModelError, match="no such model file; make a model with"):
        load_engine(tmp_path / "none.onnx")
    path = _copy(exported, tmp_path)
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(ModelError, match="ONNX Runtime refuses it"):
        load_engine(path)
    other = onnx.load(str(exported))
    other.graph.output.pop()
    onnx.save(other, str(path))
    with pytest.raises(ModelError, match="inputs and outputs are not those of a RoboLM model"):
        load_engine(path)
    other = onnx.load(str(exported))
    del other.metadata_props[:]
    onnx.save(other, str(path))
    with pytest.raises(ModelError, match=r"robolm\.context is ''"):
        load_engine(path)
    path.write_bytes(good)
    beside = path.parent / "tokenizer.model"
    beside.write_bytes(tokenizer + b"\x52\x00")  # still a tokenizer, but not this one
    with pytest.raises(ModelError, match="is not the tokenizer of robo-random-f32"):
        load_engine(path)
    beside.write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="is no SentencePiece model"):
        load_engine(path)
    beside.unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.model: no such file"):
        load_engine(path)


def test_broken_weights_are_told(exported, tmp_path):
    import onnx

    path = _copy(exported, tmp_path)
    model = onnx.load(str(path))
    norm = next(t for t in model.graph.initializer if t.name == "model.norm.weight")
    norm.CopyFrom(onnx.numpy_helper.from_array(np.full(64, np.nan, dtype=np.float32), norm.name))
    onnx.save(model, str(path))
    engine = load_engine(path)
    with pytest.raises(EngineError, match="no finite scores"):
        engine.feed([300, 301])


def test_a_gguf_needs_neither_numpy_nor_onnx_runtime(model):
    code = (
        "import sys; from pathlib import Path; from robo_runtime.engine import load_engine;"
        f"load_engine(Path({str(model)!r}));"
        "print(*({'numpy', 'onnxruntime', 'sentencepiece'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
