"""The model against transformers' Llama, an implementation that is not ours."""

from pathlib import Path

import pytest
import torch
from robo_train.checkpoint import hub_config
from robo_train.config import ModelConfig, load_model_config
from robo_train.model import Llama, count_parameters, weight_bytes

SHAPES = [
    {"hidden_size": 64, "intermediate_size": 96, "layers": 2, "heads": 4, "kv_heads": 2},
    {"hidden_size": 96, "intermediate_size": 160, "layers": 3, "heads": 6, "kv_heads": 1},
    {"hidden_size": 64, "intermediate_size": 128, "layers": 1, "heads": 2, "kv_heads": 2, "rope_theta": 5e5},
]


def make(**shape: float) -> ModelConfig:
    return ModelConfig(name="test", vocab_size=512, context=256, **shape)  # type: ignore[arg-type]


def hub_model(config: ModelConfig, model: Llama):  # type: ignore[no-untyped-def]
    transformers = pytest.importorskip("transformers")
    twin = transformers.LlamaForCausalLM(transformers.LlamaConfig(**hub_config(config))).float()
    missing, unexpected = twin.load_state_dict(model.state_dict(), strict=False)
    assert unexpected == []
    assert set(missing) <= {"lm_head.weight"}
    twin.tie_weights()
    return twin.eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_equal_those_of_transformers(shape: dict) -> None:
    torch.manual_seed(1)
    config = make(**shape)
    model = Llama(config).eval()
    for parameter in model.parameters():  # norms and weights of a size where differences would show
        torch.nn.init.normal_(parameter, std=0.15)
    tokens = torch.randint(0, 512, (2, 200))
    with torch.no_grad():
        ours, theirs = model(tokens), hub_model(config, model)(tokens).logits
    assert theirs.std() > 0.1
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_the_loss_counts_only_the_targets_given() -> None:
    torch.manual_seed(1)
    model = Llama(make(**SHAPES[0])).eval()
    tokens = torch.randint(0, 512, (2, 40))
    targets = torch.randint(0, 512, (2, 40))
    targets[:, :25] = -100
    reference = torch.nn.functional.cross_entropy(model(tokens).reshape(-1, 512), targets.reshape(-1))
    torch.testing.assert_close(model.loss(tokens, targets), reference)


def test_right_padding_changes_nothing_before_it() -> None:
    model = Llama(make(**SHAPES[0])).eval()
    tokens = torch.randint(0, 512, (1, 30))
    padded = torch.cat([tokens, torch.zeros(1, 10, dtype=torch.int64)], dim=1)
    torch.testing.assert_close(model(tokens), model(padded)[:, :30])


@pytest.mark.parametrize("tier", ["nano", "tiny", "small", "medium", "toy"])
def test_the_count_is_what_torch_counts(tier: str) -> None:
    config = load_model_config(tier)
    with torch.device("meta"):
        model = Llama(config)
    assert count_parameters(config)["total"] == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("tier", "millions"), [("nano", 9.4), ("tiny", 25), ("small", 50), ("medium", 80)])
def test_tier_names_tell_the_truth(tier: str, millions: float) -> None:
    total = count_parameters(load_model_config(tier))["total"] / 1e6
    assert total == pytest.approx(millions, rel=0.03)


def test_weight_bytes_are_those_of_ggml_blocks() -> None:
    gguf = pytest.importorskip("gguf")
    config = load_model_config("nano")
    counts = count_parameters(config)
    sizes = gguf.GGML_QUANT_SIZES

    def stored(n: int, kind: object) -> int:
        block, size = sizes[kind]
        return n // block * size

    kinds = gguf.GGMLQuantizationType
    norms = counts["norms"] * 4
    matrices = counts["embedding"] + counts["layers"]
    assert weight_bytes(config) == {
        "F16": stored(matrices, kinds.F16) + norms,
        "Q8_0": stored(matrices, kinds.Q8_0) + norms,
        "Q4_0": stored(counts["embedding"], kinds.Q8_0) + stored(counts["layers"], kinds.Q4_0) + norms,
    }


def test_a_model_file_is_one_a_newcomer_can_read() -> None:
    import robo_train.model as module

    assert len(Path(module.__file__ or "").read_text().splitlines()) < 220
