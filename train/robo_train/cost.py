"""What training costs, by formula: arithmetic, memory and disk of a step, before anything runs.

Arithmetic counts a multiplication and an addition as two operations. A matrix with N weights costs 2N a
token forwards and 4N backwards (Kaplan et al. 2020, "Scaling laws for neural language models", section 2.1;
Hoffmann et al. 2022, appendix F, count the same way), so 6N. Looking up an embedding is free; the head works
on the positions whose loss counts, and on no others.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from robo_train.config import ModelConfig, TrainConfig
from robo_train.model import count_parameters

_NEWTON_SCHULZ = 5  # iterations of torch.optim.Muon's orthogonalisation
_PROCESS = 400_000_000  # bytes of Python, torch and Lightning before there is a model; an estimate
HEAD_ROUNDING = 256  # `Llama.loss` rounds the counted positions up


@dataclass(frozen=True)
class Text:
    """What the samples of a corpus look like on average."""

    length: float = 96.0
    """Tokens of a sample, padding included."""
    loss_share: float = 0.59
    """Share of the tokens on which an instruction model is judged; all of them in pretraining."""


def flops_per_token(
    model: ModelConfig, text: Text, pretrain: float = 0.0, checkpointing: bool = False
) -> float:
    """Operations a token costs forwards and backwards, averaged over pretraining and instruction.

    Attention is Kaplan's 2 * layers * length * width forwards: scores and sums over what went before, which
    is half of the length on average. With gradient checkpointing the layers run forwards once more.
    """
    counts = count_parameters(model)
    judged = pretrain + (1 - pretrain) * text.loss_share
    attention = 2 * model.layers * text.length * model.hidden_size
    again = 4 / 3 if checkpointing else 1.0
    return again * (6 * counts["layers"] + 3 * attention) + 6 * counts["embedding"] * judged


def muon_flops(model: ModelConfig) -> float:
    """Operations of one Muon step: A = XX', bA + cAA, aX + (bA + cAA)X, five times for each matrix (m, n)."""

    def one(rows: int, columns: int) -> int:
        m, n = sorted((rows, columns))
        return _NEWTON_SCHULZ * (4 * m * m * n + 2 * m**3)

    c = model
    attention = 2 * one(c.hidden_size, c.hidden_size) + 2 * one(c.kv_dim, c.hidden_size)
    return c.layers * (attention + 3 * one(c.hidden_size, c.intermediate_size))


@dataclass(frozen=True)
class Memory:
    """Bytes at the peak of a step."""

    weights: int
    gradients: int
    optimiser: int
    """Muon keeps one value for each weight inside the layers, AdamW two for each weight of its own."""
    quantised: int
    """The float masters that wait while quantised weights are in place."""
    average: int
    """The moving average of the weights, where the recipe keeps one."""
    activations: int
    """What the backward pass needs of every layer, and three copies of the logits."""
    process: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(asdict(self).values())


def memory(config: TrainConfig, batch_tokens: int, half: bool) -> Memory:
    """Peak of a training step with forward passes of `batch_tokens` tokens, every position judged.

    Args:
        half: bfloat16 or float16 autocast, which keeps copies of the weights and of each matrix's input.
    """
    c = config.model_config_
    counts = count_parameters(c)
    total, layers = counts["total"], counts["layers"]
    moments = layers + 2 * (total - layers) if config.optimiser == "muon" else 2 * total
    # A layer keeps (in float32) its input and the second norm's, both norms' outputs, q, k, v, the sums,
    # their copy for o_proj and the value the norm scales; then gate, up, silu and their product. Autocast
    # casts a norm's output anew for each matrix and halves the feed-forward.
    wide, ffn = (36, 8) if half else (32, 16)
    per_token = wide * c.hidden_size + 8 * c.kv_dim + ffn * c.intermediate_size + 4 * c.heads + 8
    kept = c.layers * per_token
    if config.gradient_checkpointing:  # the inputs of all layers, and one layer computed again
        kept = 4 * c.hidden_size * c.layers + per_token
    logits = 12 * c.vocab_size * (batch_tokens + -batch_tokens % HEAD_ROUNDING)
    casts = 2 * (layers + counts["embedding"]) if half else 0
    return Memory(
        weights=4 * total,
        gradients=4 * total,
        optimiser=4 * moments,
        quantised=4 * (layers + counts["embedding"]) if config.qat != "none" else 0,
        average=4 * total if config.ema else 0,
        activations=kept * batch_tokens + logits + casts,
        process=_PROCESS,
    )


def largest_batch(config: TrainConfig, half: bool, available: int) -> int:
    """Most tokens of a forward pass, in steps of 256, whose peak fits into `available` bytes; or 0."""
    fixed = memory(config, 0, half).total
    one = memory(config, HEAD_ROUNDING, half).total - fixed
    return max(0, (available - fixed) // one) * HEAD_ROUNDING


def disk_bytes(config: TrainConfig) -> int:
    """Bytes a run writes: the resumable state and the checkpoint, each twice while it is replaced."""
    parts = memory(config, 0, False)
    return 2 * (parts.weights + parts.optimiser) + 2 * parts.weights
