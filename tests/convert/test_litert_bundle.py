"""Bundles for LiteRT-LM: the graph in its terms against numpy, and LiteRT-LM itself against our engine."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from robo_convert import reference
from robo_convert.checkpoint import load_checkpoint
from robo_runtime.errors import RoboError
from robo_runtime.prompt import render

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="robo-convert[litert] is not installed"
)

from robo_convert.litert.bundle import BundleWriter, write_bundle  # noqa: E402
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


def test_litert_lm_writes_what_our_engine_writes(qat_checkpoint, exported_in, tmp_path):
    pytest.importorskip("litert_lm_builder", reason="litert-lm-builder is not installed")
    litert_lm = pytest.importorskip("litert_lm", reason="litert-lm is not installed")
    from robo_runtime.engine import load_engine

    write_bundle(load_checkpoint(qat_checkpoint), "f32", tmp_path / "x.litertlm")
    engine = load_engine(exported_in("litert") / "robo-qat-f32.tflite")
    prompt = render("blink the LED on pin 2")
    ids = engine.encode(prompt)
    engine.feed(ids)
    expected = []
    for _ in range(20):
        expected.append(int(engine.logits().argmax()))
        engine.feed(expected[-1:])
    theirs = litert_lm.Engine(str(tmp_path / "x.litertlm"), backend=litert_lm.Backend.CPU())
    text = "".join(part.text for part in prompt).removeprefix("<bos>")
    assert theirs.tokenize(text) == ids[1:]
    session = theirs.create_session(apply_prompt_template=False, max_output_tokens=20)
    session.run_prefill([text])
    assert session.run_decode().texts[0] == theirs.detokenize(expected)


def test_without_the_builder_the_remedy_is_named(source, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "litert_lm_builder.litertlm_builder", None)
    with pytest.raises(RoboError, match=r"is not installed: python -m pip install litert-lm-builder"):
        write_bundle(source, "f32", tmp_path / "x.litertlm")
    assert list(tmp_path.iterdir()) == []
