"""What a run will do and cost, before anything runs; and what would fit where memory is too small."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.paths import workspace

from robo_train.config import ResolvedConfig, TrainConfig, load_model_config
from robo_train.cost import Memory, Text, disk_bytes, flops_per_token, largest_batch, memory, muon_flops
from robo_train.dial import COMPILED_GAIN, RULES, Settled, settle, step_seconds
from robo_train.machine import Machine, this_machine
from robo_train.model import count_parameters
from robo_train.tokenise import KINDS

TIERS = ("medium", "small", "tiny", "nano")
_FAR_ABOVE = 1.25
"""A run is refused when its estimate is this many times what is free: formulas are not exact."""
_AUTHORED = 1.25  # samples of a built corpus for each that was asked for: projects, documents, variants


@dataclass(frozen=True)
class Corpus:
    """The instruction samples of a corpus."""

    tokens: int
    """Of one pass, padding included."""
    text: Text
    built: bool
    """Counted in the token files, not estimated."""


@dataclass(frozen=True)
class Plan:
    """A recipe with its values and its price."""

    settled: Settled
    machine: Machine
    corpus: Corpus
    steps: int
    step_seconds: float
    measured: bool
    """The seconds come from steps timed here, not from a table."""
    memory: Memory
    disk_free: int

    @property
    def config(self) -> ResolvedConfig:
        """The recipe as it would be trained."""
        return self.settled.config

    @property
    def tokens(self) -> int:
        """Of the whole run, padding included."""
        return self.steps * self.config.batch_tokens * self.config.accumulate

    @property
    def passes(self) -> float:
        """Over the instructions, once pretraining is over."""
        return self.tokens * (1 - self.config.pretrain_share) / self.corpus.tokens

    @property
    def flops(self) -> float:
        """Of the whole run, the optimiser included."""
        model = self.config.model_config_
        update = muon_flops(model) if self.config.optimiser == "muon" else 0.0
        return self.tokens * self.token_flops + self.steps * update

    @property
    def token_flops(self) -> float:
        """Of a token, forwards and backwards."""
        c = self.config
        return flops_per_token(c.model_config_, self.corpus.text, c.pretrain_share, c.gradient_checkpointing)

    @property
    def problem(self) -> str:
        """Why it does not fit, and what would; empty where it fits."""
        texts = [too_little_memory(self.config, self.machine, 1.0)]
        if (need := disk_bytes(self.config)) > self.disk_free:
            texts.append(f"{need / 1e6:.0f} MB of disk are needed, {self.disk_free / 1e6:.0f} are free")
        return "; ".join(t for t in texts if t)

    def to_dict(self) -> dict[str, Any]:
        """For `--json`: tokens, seconds, bytes."""
        c = self.config
        derived = ("precision", "compile", "batch_tokens", "accumulate", "learning_rate")
        return {
            "name": c.name,
            "parameters": count_parameters(c.model_config_)["total"],
            "device": asdict(self.machine),
            "recipe": {name: getattr(c, name) for name in derived},
            "derived": self.settled.reasons,
            "steps": self.steps,
            "tokens": {"total": self.tokens, "epoch": self.corpus.tokens, "passes": round(self.passes, 3),
                       "counted": self.corpus.built},
            "flops": {"total": self.flops,
                      "token": self.token_flops,
                      "muon_step": muon_flops(c.model_config_) if c.optimiser == "muon" else 0},
            "seconds": {"total": round(self.steps * self.step_seconds, 1), "step": self.step_seconds,
                        "measured": self.measured},
            "memory": {**asdict(self.memory), "total": self.memory.total, "available": self.machine.memory},
            "disk": {"needed": disk_bytes(c), "free": self.disk_free},
            "fits": not self.problem,
            "problem": self.problem,
        }  # fmt: skip


def make_plan(config: TrainConfig, measure: bool = True, machine: Machine | None = None) -> Plan:
    """Derive what is `auto`, count or estimate the corpus, time a few steps (or take them from a table)."""
    from robo_train.corpus.build import data_folder, free_space_mb

    machine = machine or this_machine()
    settled = settle(config, machine=machine)
    c = settled.config
    corpus = read_corpus(data_folder(config)) or estimated_corpus(config)
    need = memory(c, c.batch_tokens, c.precision != "32-true")
    found = _measured(c, machine, corpus.text) if measure and need.total < machine.memory else None
    seconds = found or _estimated(c, machine, corpus.text)
    disk = int(free_space_mb(workspace()) * 1e6)
    return Plan(settled, machine, corpus, _steps(c, corpus, seconds), seconds, bool(found), need, disk)


def read_corpus(folder: Path) -> Corpus | None:
    """Count a built corpus; None where there is none."""
    try:
        starts = np.load(folder / "train.idx.npy")
        prompts = np.load(folder / "train.prompt.npy")
        kinds = np.load(folder / "train.kind.npy")
    except (OSError, ValueError):
        return None
    rows = np.flatnonzero(kinds == KINDS.index("instruction"))
    if not len(rows):
        return None
    lengths = np.diff(starts)[rows]
    padded = np.maximum(16, -(-(lengths - 1) // 16) * 16)
    tokens = int(padded.sum())
    judged = float((lengths - np.maximum(prompts[rows], 1)).sum()) / tokens
    # Attention grows with the square of a length, so long samples weigh more.
    return Corpus(tokens, Text(float((padded**2).sum() / tokens), judged), built=True)


def estimated_corpus(config: TrainConfig) -> Corpus:
    """What the samples asked for usually come to."""
    return Corpus(round(config.corpus.samples * _AUTHORED * Text().length), Text(), built=False)


def _measured(config: ResolvedConfig, machine: Machine, text: Text) -> float | None:
    """Seconds of a step: a few are run, uncompiled, and the table says what compiling gains.

    None where even the formula was wrong and the GPU's memory does not hold a step.
    """
    import torch

    from robo_train.step_timing import StepTimer

    timer = StepTimer(config.model_copy(update={"compile": False}), machine, text)
    try:
        timing = timer.time(config.batch_tokens)
    except torch.OutOfMemoryError:
        timer.release()
        return None
    gain = COMPILED_GAIN if config.compile else 1.0
    return config.accumulate * timing.passes / gain + timing.update


def _estimated(config: ResolvedConfig, machine: Machine, text: Text) -> float:
    tokens = config.batch_tokens * config.accumulate
    return step_seconds(config, machine, config.precision, config.compile, tokens, text)


def _steps(config: ResolvedConfig, corpus: Corpus, seconds: float) -> int:
    limits: list[float] = [config.max_steps] if config.max_steps else []
    if config.epochs:
        limits.append(config.epochs * corpus.tokens / (config.batch_tokens * config.accumulate))
    if config.budget:
        limits.append((config.budget - (RULES.compile_seconds if config.compile else 0)) / seconds)
    return max(1, int(min(limits)))


def too_little_memory(config: ResolvedConfig, machine: Machine, tolerance: float) -> str:
    """What a step needs and what would fit, when that is over `tolerance` times the free memory; or ''."""
    half = config.precision != "32-true"
    need, free = memory(config, config.batch_tokens, half).total, machine.memory
    if need <= tolerance * free:
        return ""
    return (
        f"a pass of {config.batch_tokens} tokens needs about {need / 1e9:.1f} GB of memory,"
        f" {free / 1e9:.1f} GB are free; {_what_fits(config, free, half)}"
    )


def _what_fits(config: ResolvedConfig, free: int, half: bool) -> str:
    room = int(RULES.memory_share * free)
    if (batch := largest_batch(config, half, room)) >= config.max_length:
        passes = -(-config.batch_tokens * config.accumulate // batch)
        return f"batch_tokens {batch} with accumulate {passes} would fit"
    parameters = count_parameters(config.model_config_)["total"]
    for tier in TIERS:
        model = load_model_config(tier)
        smaller = config.model_copy(update={"model": tier})
        smaller.__dict__.pop("model_config_", None)
        if count_parameters(model)["total"] < parameters and (
            largest_batch(smaller, half, room) >= config.max_length
        ):
            return f"tier {tier} with batch_tokens {largest_batch(smaller, half, room)} would fit"
    return "no tier fits; free some memory"


def check_memory(config: ResolvedConfig, machine: Machine | None = None) -> None:
    """Raise before a run that cannot end well.

    Raises:
        RoboError: a step needs far more memory than is free; says what would fit.
    """
    if text := too_little_memory(config, machine or this_machine(), _FAR_ABOVE):
        raise RoboError(f"{config.name}: {text}")


def show(plan: Plan, as_json: bool) -> None:
    """Print a plan."""
    import typer
    from rich.console import Console
    from rich.table import Table

    if as_json:
        typer.echo(json.dumps(plan.to_dict(), indent=1))
        return
    table = Table("", plan.config.name, "why")
    for row in _rows(plan):
        table.add_row(*row)
    Console().print(table)
    typer.echo(f"does not fit: {plan.problem}" if plan.problem else "fits")


def _rows(plan: Plan) -> list[tuple[str, str, str]]:
    d, c, machine = plan.to_dict(), plan.config, plan.machine
    why = {name: f"auto: {reason}" for name, reason in plan.settled.reasons.items()}
    source = "measured here in a few steps" if plan.measured else "from a table, not measured"
    source += "; compiling is from the table" if plan.measured and c.compile else ""
    counted = "counted" if plan.corpus.built else "estimated: the corpus is not built yet"
    epoch = f"{plan.corpus.tokens / 1e6:.2f}M"
    each = f"{d['flops']['token']:.3g} a token (6N, Kaplan 2020), {d['flops']['muon_step']:.3g} a Muon step"
    parts = ", ".join(f"{k} {v / 1e6:.0f}" for k, v in asdict(plan.memory).items() if v)
    minutes = f"{plan.steps * plan.step_seconds / 60:.1f} min"
    disk = f"of {plan.disk_free / 1e9:.1f} GB free, without the corpus"
    return [
        ("model", f"{d['parameters']:,} parameters", c.model),
        ("device", machine.name, f"{machine.cores} cores" if machine.kind == "cpu" else machine.kind),
        ("precision", c.precision, why.get("precision", "given")),
        ("torch.compile", "on" if c.compile else "off", why.get("compile", "given")),
        ("tokens a pass", f"{c.batch_tokens:,}", why.get("batch_tokens", "given")),
        ("passes a step", f"{c.accumulate}", why.get("accumulate", "given")),
        ("learning rate", f"{c.learning_rate:g}", why.get("learning_rate", "given")),
        ("steps", f"{plan.steps:,}", f"{plan.step_seconds:.3f} s each, {source}"),
        ("tokens", f"{plan.tokens / 1e6:.2f}M", f"{plan.passes:.2f} passes over {epoch} ({counted})"),
        ("arithmetic", f"{plan.flops:.3g} FLOP", each),
        ("time", minutes, "and a minute of compiling" if c.compile else ""),
        ("memory", f"{plan.memory.total / 1e9:.2f} GB", f"of {machine.memory / 1e9:.1f} free; MB: {parts}"),
        ("disk", f"{d['disk']['needed'] / 1e6:.0f} MB", disk),
    ]
