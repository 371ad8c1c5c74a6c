"""Fake quantisation against the gguf package's own, which is bit-exact with ggml."""

import pytest
import torch
from robo_train.config import ModelConfig
from robo_train.model import Llama
from robo_train.qat import FakeQuantiser, fake_q4_0, fake_q8_0

gguf = pytest.importorskip("gguf")


def stored(weight: torch.Tensor, kind: str) -> torch.Tensor:
    """Quantised and read back by the gguf package."""
    qtype = gguf.GGMLQuantizationType[kind]
    return torch.from_numpy(gguf.dequantize(gguf.quantize(weight.numpy(), qtype), qtype).copy())


def weights() -> list[torch.Tensor]:
    torch.manual_seed(3)
    special = torch.zeros(2, 64)
    special[0, 5], special[0, 40], special[0, 41] = -1.0, 2.0, -2.0  # ties of magnitude, both signs
    return [torch.randn(64, 96) * scale for scale in (1e-6, 1e-3, 0.02, 1.0, 300.0)] + [special]


@pytest.mark.parametrize(("kind", "fake"), [("Q4_0", fake_q4_0), ("Q8_0", fake_q8_0)])
def test_values_are_exactly_those_a_gguf_file_gives_back(kind: str, fake) -> None:  # type: ignore[no-untyped-def]
    for weight in weights():
        assert torch.equal(fake(weight), stored(weight, kind))


@pytest.mark.parametrize(("kind", "fake"), [("Q4_0", fake_q4_0), ("Q8_0", fake_q8_0)])
def test_a_quantised_weight_survives_the_file_unchanged(kind: str, fake) -> None:  # type: ignore[no-untyped-def]
    """The exported model is the trained one: quantising twice changes nothing."""
    for weight in weights():
        once = fake(weight)
        assert torch.equal(stored(once, kind), once)


def test_the_masters_come_back_bit_for_bit() -> None:
    model = Llama(
        ModelConfig(name="t", vocab_size=320, hidden_size=32, intermediate_size=64, layers=1, heads=2,
                    kv_heads=1, context=64)
    )  # fmt: skip
    before = {k: v.clone() for k, v in model.state_dict().items()}
    quantiser = FakeQuantiser(model)
    quantiser.quantise()
    quantiser.quantise()
    assert not torch.equal(model.state_dict()["model.layers.0.mlp.up_proj.weight"],
                           before["model.layers.0.mlp.up_proj.weight"])  # fmt: skip
    quantiser.restore()
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
