"""The largest batch that fits, and the smallest that is about as fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from robo_train.config import ResolvedConfig
from robo_train.cost import largest_batch, memory
from robo_train.dial import RULES
from robo_train.machine import Machine
from robo_train.step_timing import StepTimer, Timing
from robo_train.steps import Step

_GPU_START = 4096
_GPU_LIMIT = 1 << 20
_PRECISION = 8  # the border of what fits is found to an eighth of it
_CPU_BATCHES = (512, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384)
_GAIN = 1.03  # less than this is no gain: two sizes in a row without one are a plateau
_NEAR = 0.9  # of the best speed

Attempt = Callable[[int], Timing]
"""Times steps of so many tokens; raises `torch.OutOfMemoryError` where they do not fit."""


@dataclass(frozen=True)
class Found:
    """What was tried and what follows from it."""

    timings: list[Timing]
    """By batch size."""
    failed: list[int]
    """Sizes that did not fit."""

    @property
    def largest(self) -> int:
        """The largest that fitted; 0 if none did."""
        return max((t.batch_tokens for t in self.timings), default=0)

    @property
    def recommended(self) -> int:
        """The smallest whose speed is near the best: more steps from the same tokens; 0 if nothing fitted."""
        best = max((t.tokens_per_s for t in self.timings), default=0.0)
        return min((t.batch_tokens for t in self.timings if t.tokens_per_s >= _NEAR * best), default=0)

    def to_dict(self) -> dict[str, Any]:
        """For `--json`."""
        rows = [{**asdict(t), "tokens_per_s": round(t.tokens_per_s)} for t in self.timings]
        return {"tried": rows, "too_large": self.failed, "largest": self.largest,
                "recommended": self.recommended}  # fmt: skip


def find_batch(config: ResolvedConfig, machine: Machine, step: Step, attempt: Attempt | None = None) -> Found:
    """Try sizes: on a CPU up to the plateau, on a GPU up to what fits, then the border by bisection.

    Args:
        step: told what is tried, for a progress bar.
        attempt: times one size; real steps of the recipe's model when left out.
    """
    timer = None
    if attempt is None:
        timer = StepTimer(config, machine)
        attempt = timer.time
    search = _Search(step, attempt, timer)
    if machine.kind == "cpu":
        return _on_cpu(config, machine, search)
    return _on_gpu(config, search)


class _Search:
    """Remembers every attempt."""

    def __init__(self, step: Step, attempt: Attempt, timer: StepTimer | None) -> None:
        self._step, self._attempt, self._timer = step, attempt, timer
        self.timings: dict[int, Timing] = {}
        self.failed: list[int] = []

    def fits(self, tokens: int) -> bool:
        """Try one size."""
        self._step(f"{tokens:,} tokens", 0, 0)
        try:
            self.timings[tokens] = self._attempt(tokens)
        except torch.OutOfMemoryError:
            self.failed.append(tokens)
        if self._timer:
            self._timer.release()
        self._step(f"{tokens:,} tokens", 1, 1)
        return tokens in self.timings

    def found(self) -> Found:
        """The outcome, by size."""
        return Found([self.timings[n] for n in sorted(self.timings)], sorted(self.failed))


def _on_cpu(config: ResolvedConfig, machine: Machine, search: _Search) -> Found:
    """A CPU does not refuse, it swaps: what the formula says is too large is not tried."""
    half = config.precision != "32-true"
    room = largest_batch(config, half, int(RULES.memory_share * machine.memory))
    best, flat = 0.0, 0
    for tokens in _CPU_BATCHES:
        if tokens > room:
            search.failed.append(tokens)
            break
        search.fits(tokens)
        speed = search.timings[tokens].tokens_per_s
        flat = 0 if speed > _GAIN * best else flat + 1
        best = max(best, speed)
        if flat == 2:
            break
    return search.found()


def _on_gpu(config: ResolvedConfig, search: _Search) -> Found:
    fits, tokens = 0, max(_GPU_START, 1 << (config.max_length - 1).bit_length())
    while tokens <= _GPU_LIMIT and search.fits(tokens):
        fits, tokens = tokens, 2 * tokens
    if not fits:  # not even the start: downwards
        while tokens // 2 >= config.max_length:
            tokens //= 2
            if search.fits(tokens):
                fits = tokens
                break
    border = min(search.failed, default=0)
    while fits and border and border - fits > max(256, fits // _PRECISION):
        middle = (fits + border) // 2 // 256 * 256
        if middle <= fits:
            break
        if search.fits(middle):
            fits = middle
        else:
            border = middle
    return search.found()


def estimated_bytes(config: ResolvedConfig, tokens: int) -> int:
    """Memory of a step by the formula, to print beside what was measured."""
    return memory(config, tokens, config.precision != "32-true").total


def show(config: ResolvedConfig, found: Found) -> None:
    """Print the table and what follows."""
    import typer
    from rich.console import Console
    from rich.table import Table

    measured = ["memory (measured)"] if any(t.peak for t in found.timings) else []
    table = Table("tokens", "tokens/s", "passes", "update", "memory (formula)", *measured)
    for t in found.timings:
        formula = f"{estimated_bytes(config, t.batch_tokens) / 1e9:.2f} GB"
        peak = [f"{t.peak / 1e9:.2f} GB"] if measured else []
        speed, passes, update = f"{t.tokens_per_s:,.0f}", f"{t.passes:.3f} s", f"{t.update:.3f} s"
        table.add_row(f"{t.batch_tokens:,}", speed, passes, update, formula, *peak)
    for tokens in found.failed:
        table.add_row(f"{tokens:,}", "does not fit")
    Console().print(table)
    typer.echo(
        f"largest tried that fits: {found.largest:,}; recommended: {found.recommended:,}, the smallest within"
        f" 10 % of the best speed. A short budget learns more from smaller ones: see `robo-train plan`."
    )
