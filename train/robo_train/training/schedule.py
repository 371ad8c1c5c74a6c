"""How far a run is, and the learning rate there."""

from __future__ import annotations

import math
import time


class Progress:
    """Share of a run done: the furthest of its limits in seconds, steps and passes over the data."""

    def __init__(self, budget: float | None, max_steps: int | None) -> None:
        self.budget, self.max_steps = budget, max_steps
        self.steps = 0
        self._before = 0.0  # seconds of earlier, interrupted runs
        self._start: float | None = None

    def start(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds trained, those of interrupted runs included."""
        return self._before + (time.monotonic() - self._start if self._start is not None else 0.0)

    @property
    def done(self) -> float:
        """0 at the start, 1 at the end."""
        by_time = self.elapsed / self.budget if self.budget else 0.0
        by_steps = self.steps / self.max_steps if self.max_steps else 0.0
        return min(max(by_time, by_steps), 1.0)

    @property
    def remaining(self) -> float | None:
        """Seconds to go at the present pace; None before the first step."""
        done = self.done
        return self.elapsed * (1 - done) / done if done > 0 else None

    def state_dict(self) -> dict[str, float]:
        """What a resumed run needs to know."""
        return {"steps": self.steps, "elapsed": self.elapsed}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on where an interrupted run stopped."""
        self.steps, self._before = int(state["steps"]), float(state["elapsed"])


def learning_rate(done: float, peak: float, warmup: float, final: float) -> float:
    """Linear warm-up to `peak` during the first `warmup` of the run, then a cosine down to `final * peak`."""
    if done < warmup:
        return peak * max(done / warmup, 0.01)
    angle = math.pi * (done - warmup) / max(1 - warmup, 1e-9)
    return peak * (final + (1 - final) * 0.5 * (1 + math.cos(angle)))
