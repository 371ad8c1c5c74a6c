"""The numpy forward pass against transformers."""

import numpy as np
import pytest
from robo_convert.reference import logits
from robo_runtime.gguf_file import permute_rows, unpermute_rows


def test_numpy_logits_are_those_of_transformers(checkpoint, source, encoded):
    torch = pytest.importorskip("torch")
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    for case in encoded:
        tokens = case.tokens(source.shape.context)
        with torch.no_grad():
            expected = model(torch.tensor([tokens])).logits[0].numpy()
        found = logits(source.weights, source.shape, tokens)
        assert np.abs(expected).max() > 1
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_last_position_of_the_context_is_right_too(checkpoint, source):
    torch = pytest.importorskip("torch")
    from transformers import LlamaForCausalLM

    tokens = (np.arange(source.shape.context) * 7 % 960 + 64).tolist()
    model = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    with torch.no_grad():
        expected = model(torch.tensor([tokens])).logits[0, -1].numpy()
    np.testing.assert_allclose(logits(source.weights, source.shape, tokens)[-1], expected, atol=1e-4)


def test_permuted_rows_with_interleaved_rope_compute_the_same(source, encoded):
    tokens = encoded[0].tokens(source.shape.context)
    permuted = {
        name: permute_rows(w, source.shape.heads)
        if "q_proj" in name
        else permute_rows(w, source.shape.kv_heads)
        if "k_proj" in name
        else w
        for name, w in source.weights.items()
    }
    expected = logits(source.weights, source.shape, tokens)
    np.testing.assert_allclose(
        logits(permuted, source.shape, tokens, interleaved_rope=True), expected, atol=1e-5
    )
    wrong = logits(source.weights, source.shape, tokens, interleaved_rope=True)
    assert np.abs(wrong - expected).max() > 0.5


def test_unpermuting_gives_the_rows_back():
    weight = np.random.default_rng(0).normal(size=(96, 32)).astype(np.float32)
    np.testing.assert_array_equal(unpermute_rows(permute_rows(weight, 6), 6), weight)
