"""Trains a recipe in a process of its own: `python -m tests.train.train_apart RECIPE TOKENS OUT KEY=VALUE …`.

Keys are those of `train`, and `kill_at`: the step after which the process kills itself as `kill -9` would.
"""

import os
import signal
import sys
from pathlib import Path

import torch
from robo_train.config import load_train_config
from robo_train.training.callbacks import Figures, Save
from robo_train.training.run import RunPaths, train

SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def die_at(step: int) -> None:
    original = Save.on_train_batch_end

    def killed(self, trainer, module, *args) -> None:  # type: ignore[no-untyped-def]
        original(self, trainer, module, *args)
        if module.progress.steps == step:
            os.kill(os.getpid(), SIGKILL)

    Save.on_train_batch_end = killed  # type: ignore[method-assign]


if __name__ == "__main__":
    torch.set_num_threads(1)
    Figures._report = lambda self: None  # type: ignore[method-assign]
    recipe, tokens, out = sys.argv[1:4]
    options = dict(word.split("=", 1) for word in sys.argv[4:])
    if step := int(options.pop("kill_at", 0)):
        die_at(step)
    train(
        load_train_config(recipe), RunPaths(Path(tokens), Path(out) / "run", Path(out) / "checkpoint"),
        devices=int(options.get("devices", 1)), num_nodes=int(options.get("num_nodes", 1)),
        strategy=options.get("strategy", "auto"),
    )  # fmt: skip
