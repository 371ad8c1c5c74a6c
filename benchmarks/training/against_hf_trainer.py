#!/usr/bin/env python3
"""Training throughput of our loop against the Hugging Face Trainer: same shapes, same batches, same run.

    .venv/bin/python benchmarks/training/against_hf_trainer.py [--tier nano] [--precision auto]

Both train a Llama of the same shape from the same initial weights on the same padded batches with AdamW, in
alternation; a figure is tokens (padding included) by seconds of optimiser steps, a ratio is the median over
rounds. Prints and stores JSON with machine, versions and load.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import lightning as L
import torch
import transformers
from robo_train.batches import Draw
from robo_train.checkpoint import hub_config
from robo_train.config import ResolvedConfig, load_train_config
from robo_train.dial import settle
from robo_train.hardware import choose_precision, keep_freed_memory
from robo_train.model import Llama
from robo_train.provenance import provenance, versions
from robo_train.training.module import TrainModule
from robo_train.training.schedule import Progress

WARM_UP = 3


def make_batches(vocabulary: int, rows: int, width: int, prompt: int, steps: int) -> list[tuple]:
    """Random ids and the targets our data has: next tokens, nothing on the first `prompt` positions."""
    generator = torch.Generator().manual_seed(1)
    batches = []
    for _ in range(steps):
        ids = torch.randint(64, vocabulary, (rows, width + 1), generator=generator)
        targets = ids[:, 1:].clone()
        targets[:, :prompt] = -100
        batches.append((ids[:, :-1].contiguous(), targets))
    return batches


class OurStream:
    """Feeds fixed batches to the training module."""

    def __init__(self, batches: list[tuple]) -> None:
        self.batches = batches

    def end_pretraining(self) -> None:
        """The batches are the same in both phases."""

    def __iter__(self):  # type: ignore[no-untyped-def]
        return (Draw(b, None, int((b[1] != -100).sum()), b[0].numel()) for b in self.batches)  # type: ignore[arg-type]


class Stopwatch(L.Callback):
    """Times steps after the warm-up."""

    def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
        module.progress.steps = trainer.global_step
        if index + 1 == WARM_UP:
            self.start = time.perf_counter()
        self.seconds = time.perf_counter() - getattr(self, "start", time.perf_counter())


def ours(config: ResolvedConfig, batches: list[tuple], precision: str) -> float:
    """Seconds for the batches after the warm-up, in our loop without quantisation."""
    torch.manual_seed(0)
    model = Llama(config.model_config_)
    module = TrainModule(config, model, OurStream(batches), Progress(None, len(batches) + 1))  # type: ignore[arg-type]
    watch = Stopwatch()
    trainer = L.Trainer(
        max_epochs=1, accelerator="auto", devices=1, precision=precision, callbacks=[watch], logger=False,  # type: ignore[arg-type]
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
        gradient_clip_val=config.clip,
    )  # fmt: skip
    trainer.fit(module, train_dataloaders=module.stream)
    return watch.seconds


class HubWatch(transformers.TrainerCallback):
    """Times the Trainer's steps after the warm-up."""

    seconds = 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == WARM_UP:
            self.start = time.perf_counter()
        self.seconds = time.perf_counter() - getattr(self, "start", time.perf_counter())


def hub(config: ResolvedConfig, batches: list[tuple], precision: str) -> float:
    """The same in the Hugging Face Trainer with the same optimiser settings."""
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**hub_config(config.model_config_)))
    rows = len(batches[0][0])
    # The hub's model shifts labels itself: position i is judged by label i + 1.
    nothing = torch.full((1,), -100)
    samples = [
        {"input_ids": ids[i], "labels": torch.cat([nothing, targets[i, :-1]])}
        for ids, targets in batches
        for i in range(rows)
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = transformers.TrainingArguments(
            output_dir=folder, per_device_train_batch_size=rows, max_steps=len(batches),
            logging_strategy="no", save_strategy="no", report_to="none", bf16=precision == "bf16-mixed",
            optim="adamw_torch_fused", use_cpu=not torch.cuda.is_available(), disable_tqdm=True,
            max_grad_norm=config.clip, dataloader_pin_memory=False, lr_scheduler_type="cosine",
            learning_rate=config.learning_rate,
        )  # fmt: skip
        watch = HubWatch()
        trainer = transformers.Trainer(model, arguments, train_dataset=samples, callbacks=[watch])
        trainer.remove_callback(transformers.PrinterCallback)
        trainer.train()
    return watch.seconds


def side_seconds(side: str, args: argparse.Namespace, precision: str, prompt: int) -> float:
    """One side in a process of its own, set up as its users get it."""
    command = [sys.executable, __file__, "--side", side, "--tier", args.tier, "--precision", precision,
               "--steps", str(args.steps), "--rows", str(args.rows), "--width", str(args.width),
               "--prompt", str(prompt)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def run_side(args: argparse.Namespace) -> None:
    """Print the seconds of one side."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    transformers.logging.set_verbosity_error()
    recipe = load_train_config(args.tier, qat="none", pretrain=0.0, optimiser="adamw", compile=False)
    config = settle(recipe).config
    vocabulary = config.model_config_.vocab_size
    batches = make_batches(vocabulary, args.rows, args.width, args.prompt, args.steps)
    if args.side == "ours":
        keep_freed_memory()
    print((ours if args.side == "ours" else hub)(config, batches, args.precision))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tier", default="nano")
    parser.add_argument("--precision", default="auto", help="auto, 32-true or bf16-mixed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=15, help=f"per round, {WARM_UP} of them warm-up")
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--side", choices=["ours", "hub"], help=argparse.SUPPRESS)
    parser.add_argument("--prompt", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/training.json"))
    args = parser.parse_args()
    if args.side:
        run_side(args)
        return
    precision = choose_precision()[0] if args.precision == "auto" else args.precision
    figures = []
    tokens = args.rows * args.width * (args.steps - WARM_UP)
    for name, prompt in (("loss on every token", 0), ("loss on the program only", args.width // 3)):
        speeds: dict[str, list[float]] = {"ours": [], "hub": []}
        for round_ in range(args.rounds):
            for side in ("ours", "hub") if round_ % 2 else ("hub", "ours"):
                speeds[side].append(tokens / side_seconds(side, args, precision, prompt))
        ratios = [a / b for a, b in zip(speeds["ours"], speeds["hub"], strict=True)]
        figures.append({
            "case": name, "ours_tokens_per_s": round(statistics.median(speeds["ours"])),
            "hub_tokens_per_s": round(statistics.median(speeds["hub"])),
            "ratio": round(statistics.median(ratios), 3), "ratio_min": round(min(ratios), 3),
            "ratio_max": round(max(ratios), 3),
        })  # fmt: skip
        print(json.dumps(figures[-1]))
    result = {
        "benchmark": "training throughput against the Hugging Face Trainer", "tier": args.tier,
        "precision": precision, "rounds": args.rounds, "figures": figures, **provenance(),
    }  # fmt: skip
    result["versions"] |= versions("transformers", "accelerate")
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
