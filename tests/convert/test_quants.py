"""What each precision may lose, and which are offered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robo_convert.quants import (
    QUANTS,
    WRITTEN,
    check_rows,
    largest_error,
    limits_name,
    parse_quants,
    quantise,
    with_overrides,
)
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import dequantise


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-8, 1e-3, 0.05, 1.0, 300.0]))
@pytest.mark.parametrize("kind", WRITTEN)
def test_no_weight_loses_more_than_its_type_may(kind, seed, scale):
    random = np.random.default_rng(seed)
    weight = (random.standard_t(3, size=(8, 96)) * scale).astype(np.float32)
    weight[random.random(weight.shape) < 0.1] = 0
    back = dequantise(quantise(weight, kind, "w"), kind)
    assert (np.abs(back - weight) <= largest_error(weight, kind)).all()


@pytest.mark.parametrize(("kind", "fake"), [("Q4_0", "fake_q4_0"), ("Q8_0", "fake_q8_0")])
def test_weights_of_quantisation_aware_training_are_stored_exactly(kind, fake):
    torch = pytest.importorskip("torch")
    from robo_train import qat

    weight = getattr(qat, fake)(torch.randn(64, 384, generator=torch.Generator().manual_seed(3))).numpy()
    np.testing.assert_array_equal(dequantise(quantise(weight, kind, "w"), kind), weight)


def test_q4_0_keeps_the_embedding_at_q8_0_and_norms_at_f32():
    quant = QUANTS["q4_0"]
    assert quant.type_of("token_embd.weight", 2) == "Q8_0"
    assert quant.type_of("blk.0.attn_q.weight", 2) == "Q4_0"
    assert quant.type_of("output_norm.weight", 1) == "F32"


def test_names_are_read_in_any_case_and_once_each():
    assert [q.name for q in parse_quants(["Q4_0", "f16", "q4_0"])] == ["q4_0", "f16"]


def test_rows_that_are_not_multiples_of_256_cannot_be_k_quants():
    tensors = {"blk.0.attn_q.weight": np.zeros((64, 384), dtype=np.float32)}
    message = "q4_k_m: blk.0.attn_q.weight: row length 384 is not a multiple of 256: Q4_K is impossible"
    with pytest.raises(RoboError, match=f"{message}; use q4_0 or q8_0"):
        check_rows(tensors, QUANTS["q4_k_m"])


NAMES = {
    "token_embd.weight": 2,
    "blk.0.ffn_down.weight": 2,
    "blk.1.ffn_down.weight": 2,
    "output_norm.weight": 1,
}


def test_the_first_override_that_fits_a_name_counts():
    (quant,) = with_overrides([QUANTS["q4_0"]], [r"blk\.0\.ffn=q5_1", "ffn_down=Q8_0"], NAMES)
    types = {name: quant.type_of(name, size) for name, size in NAMES.items()}
    assert list(types.values()) == ["Q8_0", "Q5_1", "Q8_0", "F32"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Q8_0", "expected PATTERN=TYPE"),
        ("ffn_down=Q9", "expected PATTERN=TYPE, with a type of F32, F16, BF16"),
        ("(=Q8_0", "no regular expression"),
        ("ffn_sideways=Q8_0", "is in no matrix's name"),
        ("output_norm=F16", "is in no matrix's name"),
    ],
)
def test_an_override_that_says_nothing_is_refused(text, message):
    with pytest.raises(RoboError, match=message):
        with_overrides([QUANTS["q4_0"]], [text], NAMES)


def test_the_limits_are_those_of_the_weakest_type_asked_for():
    for overrides, name in (([], "q8_0"), (["ffn=F16"], "q8_0"), (["ffn=F16", "ffn=Q6_K"], "q4_0")):
        assert limits_name(with_overrides([QUANTS["q8_0"]], overrides, NAMES)[0]) == name


def test_an_unknown_precision_is_refused_with_the_known_ones():
    with pytest.raises(RoboError, match=r"int4: unknown precision; known: f32, f16, q8_0, q4_k_m, q4_0$"):
        parse_quants(["int4"])
    with pytest.raises(RoboError, match="single tensors can be Q6_K: --tensor-type PATTERN=Q6_K"):
        parse_quants(["Q6_K"])
    with pytest.raises(RoboError, match="no precision given"):
        parse_quants([])


def test_rows_that_are_not_multiples_of_32_need_f16():
    tensors = {"blk.0.ffn_down.weight": np.zeros((64, 100), dtype=np.float32)}
    with pytest.raises(
        RoboError, match="row length 100 is not a multiple of 32: Q4_0 is impossible; use f16"
    ):
        check_rows(tensors, QUANTS["q4_0"])
    check_rows(tensors, QUANTS["f16"])


def test_a_weight_beyond_f16_is_refused():
    with pytest.raises(RoboError, match="F16 ends at 65504"):
        quantise(np.full((1, 32), 1e5, dtype=np.float32), "F16", "w")
