"""A checkpoint of any tier with random weights: for bytes and seconds that will do."""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError

MATRIX, EMBEDDING, NORM, LAST_NORM = 0.07, 0.043, 0.5, 1.9
"""Root mean squares of robo-nano's weights, so that logits have the size of a trained model's."""


def write_checkpoint(tier: str, folder: Path, tokenizer: Path, seed: int = 0) -> None:
    """Write a folder that `robo-convert` takes; the weights are those that training for Q4_0 would save.

    Args:
        tier: a name in configs/models, or the path of such a YAML.
        tokenizer: a `tokenizer.model` with as many pieces as the tier's vocabulary.

    Raises:
        RoboError: another number of pieces, or no such tier.
    """
    import torch
    from robo_train.checkpoint import save_checkpoint
    from robo_train.config import load_model_config
    from robo_train.model import Llama
    from robo_train.tokenizer import Tokenizer

    config, pieces = load_model_config(tier), Tokenizer.load(tokenizer)
    if len(pieces) != config.vocab_size:
        raise RoboError(
            f"{tokenizer}: has {len(pieces)} pieces, {tier} has vocab_size {config.vocab_size}; name another"
            " with --tokenizer"
        )
    torch.manual_seed(seed)
    model = Llama(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(NORM if "layers" in name else LAST_NORM)
            else:
                parameter.normal_(std=EMBEDDING if "embed_tokens" in name else MATRIX)
    training = {"qat": "q4_0", "description": f"Random weights in the shape of {tier}.", "licence": "unknown"}
    save_checkpoint(folder, model, pieces, training, qat="q4_0")
