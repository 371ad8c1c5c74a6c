"""The mean of two models that were trained on from one another: mostly better than either.

Models that share a beginning mostly lie in one basin, and their mean generalises better than each (Wortsman
et al. 2022, https://arxiv.org/abs/2203.05482). The mean of weights trained for INT4 is not on that grid:
a run that quantises from its first step on brings it back (`configs/training/nano-mean.yaml`).
"""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError

from robo_train.checkpoint import load_checkpoint, save_checkpoint
from robo_train.start import weights_at
from robo_train.training.run import weights_hash


def write_mean(first: Path, second: Path, share: float, out: Path) -> None:
    """Write a checkpoint folder with `share` of the first model's weights and the rest of the second's.

    Args:
        first: a checkpoint folder; its tokenizer and record go along.
        second: a checkpoint folder or a `.gguf` file of the same shape and vocabulary.

    Raises:
        RoboError: `share` is out of range, a model is unreadable, or they do not fit together.
    """
    if not 0 <= share <= 1:
        raise RoboError(f"--share {share}: expected 0 (all of {second}) to 1 (all of {first})")
    model, tokenizer, training = load_checkpoint(first)
    other = weights_at(second, "second model")
    other.check_fit(model.config, tokenizer)
    mine = model.state_dict()
    model.load_state_dict({name: share * mine[name] + (1 - share) * other.tensors[name] for name in mine})
    parts = [
        {"path": path.name, "sha256": weights_hash(path), "share": round(part, 6)}
        for path, part in ((first, share), (second, 1 - share))
    ]
    save_checkpoint(out, model, tokenizer, {**training, "name": out.name, "qat": "none", "mean_of": parts})
