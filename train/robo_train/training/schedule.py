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
        self._at = 0.0
        self._stopped = False
        self.interrupted = False
        """Ctrl-C was pressed: the state is saved after this step, and the run ends."""

    def start(self) -> None:
        """Start the clock."""
        self._start = time.monotonic()

    def tick(self, elapsed: float) -> None:
        """A step is over after `elapsed` seconds; until the next, everything goes by this time.

        Within a step nothing changes then, and all processes of a run decide alike.
        """
        self._at = elapsed

    def stop(self) -> None:
        """End the run before its limits."""
        self._stopped = True

    @property
    def at(self) -> float:
        """Seconds trained when the last step ended."""
        return self._at

    @property
    def elapsed(self) -> float:
        """Seconds trained, those of interrupted runs included."""
        return self._before + (time.monotonic() - self._start if self._start is not None else 0.0)

    @property
    def done(self) -> float:
        """0 at the start, 1 at the end; moves from step to step."""
        if self._stopped:
            return 1.0
        by_time = self._at / self.budget if self.budget else 0.0
        by_steps = self.steps / self.max_steps if self.max_steps else 0.0
        return min(max(by_time, by_steps), 1.0)

    @property
    def remaining(self) -> float | None:
        """Seconds to go at the present pace; None before the first step."""
        done = self.done
        return self.elapsed * (1 - done) / done if done > 0 else None

    def share(self, state: dict[str, float]) -> float:
        """How far a run of these limits would be in another one's state."""
        twin = Progress(self.budget, self.max_steps)
        twin.load_state_dict(state)
        return twin.done

    def state_dict(self) -> dict[str, float]:
        """What a resumed run needs to know."""
        return {"steps": self.steps, "elapsed": self.elapsed}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on where an interrupted run stopped."""
        self.steps, self._before = int(state["steps"]), float(state["elapsed"])
        self._at = self._before


def learning_rate(
    done: float, peak: float, warmup: float, final: float, decay: float | None = None
) -> float:  # fmt: skip
    """Linear warm-up to `peak` during the first `warmup` of the run, then down to `final * peak`.

    Without `decay` along a cosine. With it the rate stays at its peak and falls as 1 - sqrt over the last
    `decay` of the run (Hu et al. 2024, "MiniCPM"; the root by Haegele et al. 2024, "Scaling laws and
    compute-optimal training beyond fixed training durations"): what comes before the decay does not depend on
    the length of the run, so a longer one can go on from there.
    """
    if done < warmup:
        return peak * max(done / warmup, 0.01)
    if decay is None:
        angle = math.pi * (done - warmup) / max(1 - warmup, 1e-9)
        left = 0.5 * (1 + math.cos(angle))
    else:
        left = 1 - math.sqrt(max(done - (1 - decay), 0.0) / decay)
    return peak * (final + (1 - final) * left)
