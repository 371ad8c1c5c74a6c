"""One dial: the fields of a recipe that say `auto` are derived from the tier, its budget and the machine.

Everything follows from how many tokens the budget buys: few tokens want many small steps, many want large
batches, and a larger batch bears a higher learning rate. The constants are in `RULES`, with their origin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robo_runtime.files import read_data, write_json

from robo_train.config import AUTO, AUTO_FIELDS, ResolvedConfig, TrainConfig
from robo_train.cost import Text, flops_per_token, largest_batch, muon_flops
from robo_train.machine import Machine, compile_problem, this_machine
from robo_train.model import count_parameters

NOTE = "dial.json"
"""In a run folder: what `auto` became there, so that a resumed run goes on with the same values."""


@dataclass(frozen=True)
class Rules:
    """The constants of the dial: what was measured, and what is a guess until somebody measures it."""

    # Measured with nano and Muon: 1536 tokens for ten minutes of two cores (2.4M tokens), 4096 to 6144 for
    # more than twenty. That the batch grows with the root of the tokens fits both; it is a hypothesis.
    batch: int = 1536
    batch_at_tokens: float = 2.4e6
    batch_growth: float = 0.5
    # Muon costs a CPU about 0.1 s a step whatever the batch; beyond 6144 that no longer matters. A GPU is
    # idle between small kernels: below 8192 a step takes no less time (an estimate, not measured).
    cpu_batches: tuple[int, ...] = (512, 768, 1024, 1536, 3072, 4096, 6144)
    gpu_batches: tuple[int, ...] = (8192, 12288, 16384, 24576, 32768, 49152, 65536, 98304, 131072)
    # Measured: 2e-3 for 9.4M parameters in batches of 1536. The root of the batch and the power of the
    # parameters are hypotheses (the rates chosen by hand for 9M to 80M lie within 12 %).
    rate: float = 2.0e-3
    rate_at_parameters: float = 9.44e6
    rate_shrink: float = 0.4
    rate_growth: float = 0.5
    rate_limit: float = 3.0e-3  # nothing higher has been tried
    # Measured on two cores: after a minute of compiling a step of nano takes two thirds of the time.
    compile_from_seconds: float = 300.0
    compile_seconds: float = 60.0
    # Share of the free memory a step may take before its batch is split.
    memory_share: float = 0.8


RULES = Rules()

SUSTAINED = {
    # (device, half precision, tile instructions): operations a second of a CPU's core, of another device.
    # CPU figures are measured with nano: a Xeon with AMX, an EPYC with AVX-512 bfloat16, float32 on either.
    ("cpu", True, True): 230e9,
    ("cpu", True, False): 120e9,
    ("cpu", False, True): 50e9,
    ("cpu", False, False): 50e9,
    # Estimates for models this small, which fill no GPU; `robo-train find-batch` measures.
    ("cuda", True, False): 25e12,
    ("cuda", False, False): 6e12,
    ("mps", True, False): 2e12,
    ("mps", False, False): 1.5e12,
}
COMPILED_GAIN = 1.68
"""Of everything but Muon's products; measured with nano on two cores."""


@dataclass(frozen=True)
class Settled:
    """A recipe without any `auto`, and why each derived value is what it is."""

    config: ResolvedConfig
    reasons: dict[str, str]


def settle(
    config: TrainConfig, folder: Path | None = None, machine: Machine | None = None, probe: bool = False
) -> Settled:
    """Give every `auto` of a recipe its value.

    Args:
        folder: of a run; the values it started with are taken, whatever the dial says today.
        probe: try the compiler before `compile: auto` relies on it, which takes some seconds.
    """
    wanted = [name for name in AUTO_FIELDS if getattr(config, name) == AUTO]
    values, reasons = _stored(folder, wanted) if folder else ({}, {})
    if any(name not in values for name in wanted):
        found = _Dial(config.model_copy(update=values), machine or this_machine(), probe)
        values, reasons = found.values(), {**found.reasons, **reasons}
    chosen = {name: values[name] for name in wanted}
    resolved = ResolvedConfig(**(config.model_dump() | chosen))
    return Settled(resolved, {name: reasons.get(name, "as derived at the start") for name in wanted})


def remember(settled: Settled, folder: Path) -> None:
    """Note in a run folder what `auto` became."""
    values = {name: getattr(settled.config, name) for name in settled.reasons}
    write_json(folder / NOTE, {"values": values, "reasons": settled.reasons})


def _stored(folder: Path, wanted: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    if not (folder / NOTE).exists():
        return {}, {}
    note = read_data(folder / NOTE)
    kept = {name: value for name, value in note.get("values", {}).items() if name in wanted}
    return kept, {name: note.get("reasons", {}).get(name, "") for name in kept}


def sustained_flops(machine: Machine, precision: str, compiled: bool) -> float:
    """Operations a second that training reaches, from the table."""
    half = precision != "32-true"
    rate = SUSTAINED[machine.kind, half, machine.amx and machine.kind == "cpu"]
    rate *= machine.cores if machine.kind == "cpu" else 1
    return rate * (COMPILED_GAIN if compiled else 1)


def step_seconds(
    config: TrainConfig,
    machine: Machine,
    precision: str,
    compiled: bool,
    tokens: int,
    text: Text | None = None,
) -> float:
    """Seconds of an optimiser step over `tokens` tokens, estimated from the table."""
    each = flops_per_token(
        config.model_config_, text or Text(), config.pretrain_share, config.gradient_checkpointing
    )
    # Muon's products are not compiled.
    update = muon_flops(config.model_config_) if config.optimiser == "muon" else 0.0
    return tokens * each / sustained_flops(machine, precision, compiled) + update / sustained_flops(
        machine, precision, False
    )


class _Dial:
    """Derives the fields in order: each may depend on those before it."""

    def __init__(self, config: TrainConfig, machine: Machine, probe: bool) -> None:
        self.config, self.machine, self.probe = config, machine, probe
        self.reasons: dict[str, str] = {}
        self.batches = RULES.cpu_batches if machine.kind == "cpu" else RULES.gpu_batches

    def values(self) -> dict[str, Any]:
        """Every field, those given included."""
        c = self.config
        precision = self._precision() if c.precision == AUTO else c.precision
        compiled = self._compile(precision) if c.compile == AUTO else bool(c.compile)
        batch, accumulate = self._batch(precision, compiled)
        rate = self._rate(batch * accumulate) if c.learning_rate == AUTO else c.learning_rate
        return {
            "precision": precision, "compile": compiled, "batch_tokens": batch, "accumulate": accumulate,
            "learning_rate": rate,
        }  # fmt: skip

    def _precision(self) -> str:
        from robo_train.hardware import choose_precision

        precision, self.reasons["precision"] = choose_precision()
        return precision

    def _compile(self, precision: str) -> bool:
        if self.machine.cannot_compile:
            self.reasons["compile"] = f"{self.machine.cannot_compile} on this machine"
            return False
        seconds = self.config.budget or math.inf
        if tokens := self._token_limit(RULES.batch):
            steps = tokens / RULES.batch
            seconds = min(
                seconds, steps * step_seconds(self.config, self.machine, precision, False, RULES.batch)
            )
        if seconds < RULES.compile_from_seconds:
            self.reasons["compile"] = f"{seconds:.0f} s are too short for it"
            return False
        if self.probe and (problem := compile_problem(self.machine.kind)):
            self.reasons["compile"] = f"the compiler does not work: {problem}"
            return False
        self.reasons["compile"] = "a compiler is here and the run is long enough"
        return True

    def _token_limit(self, batch: int) -> float | None:
        """Tokens that `epochs` and `max_steps` allow; passes are estimated from the samples asked for."""
        c = self.config
        limits = [float(c.max_steps * batch)] if c.max_steps else []
        if c.epochs:
            limits.append(c.epochs * c.corpus.samples * Text().length)
        return min(limits) if limits else None

    def _tokens(self, batch: int, precision: str, compiled: bool) -> float:
        """Tokens of the whole run with batches of this size."""
        limits = [limit for limit in (self._token_limit(batch),) if limit]
        if self.config.budget:
            seconds = step_seconds(self.config, self.machine, precision, compiled, batch)
            left = self.config.budget - (RULES.compile_seconds if compiled else 0)
            limits.append(max(1.0, left / seconds) * batch)
        return min(limits)

    def _batch(self, precision: str, compiled: bool) -> tuple[int, int]:
        """Tokens of a forward pass and passes of a step."""
        c = self.config
        if c.batch_tokens != AUTO:
            if c.accumulate == AUTO:
                self.reasons["accumulate"] = "batch_tokens are given"
            return c.batch_tokens, 1 if c.accumulate == AUTO else c.accumulate

        def mismatch(batch: int) -> float:
            tokens = self._tokens(batch, precision, compiled)
            wanted = RULES.batch * (tokens / RULES.batch_at_tokens) ** RULES.batch_growth
            return abs(math.log(wanted / batch))

        batches = [b for b in self.batches if b >= c.max_length] or [c.max_length]
        step = min(batches, key=mismatch)
        tokens = self._tokens(step, precision, compiled)
        self.reasons["batch_tokens"] = f"about {tokens / 1e6:.3g}M tokens in all, by estimate"
        return self._split(step, precision != "32-true")

    def _split(self, step: int, half: bool) -> tuple[int, int]:
        """Divide a step into passes that fit into memory, or into those asked for."""
        c = self.config
        if c.accumulate != AUTO:
            return max(c.max_length, step // c.accumulate), c.accumulate
        room = largest_batch(c, half, int(RULES.memory_share * self.machine.memory))
        passes = 1
        while step // passes > room and step // passes // 2 >= c.max_length:
            passes *= 2
        self.reasons["accumulate"] = (
            "a step fits into memory" if passes == 1 else f"memory holds {room} tokens"
        )
        return step // passes, passes

    def _rate(self, step: int) -> float:
        total = count_parameters(self.config.model_config_)["total"]
        rate = RULES.rate * (step / RULES.batch) ** RULES.rate_growth
        rate *= (total / RULES.rate_at_parameters) ** -RULES.rate_shrink
        self.reasons["learning_rate"] = f"{total / 1e6:.1f}M parameters, {step} tokens a step"
        return float(f"{min(rate, RULES.rate_limit):.2g}")
