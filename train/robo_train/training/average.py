"""A moving average of the weights, evaluated and exported in place of the last ones.

Lightning's callback for it averages whatever the model holds, which may be quantised weights, and swaps only
around its own validation loop; this one is told when the float masters have just been updated.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Exponential moving average: a = decay * a + (1 - decay) * w after every step.

    The decay grows as (1 + n) / (10 + n) to its full value, so that the random start is soon forgotten
    (TensorFlow's ExponentialMovingAverage with num_updates).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.updates = decay, 0
        self._parameters = dict(model.named_parameters())
        self._kept: list[Tensor] | None = None

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights of the step that has just been made."""
        current = [p.detach() for p in self._parameters.values()]
        self.updates += 1
        if self._kept is None:
            self._kept = [p.clone() for p in current]
            return
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self._kept = [k.to(p.device) for k, p in zip(self._kept, current, strict=True)]
        get_ema_multi_avg_fn(decay)(self._kept, current, self.updates)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the model's weights and the average; a second call undoes the first."""
        for i, parameter in enumerate(self._parameters.values()):
            if self._kept is not None:
                mine = parameter.detach().clone()
                parameter.copy_(self._kept[i])
                self._kept[i] = mine

    def state_dict(self) -> dict[str, Any]:
        """The average by parameter name."""
        weights = dict(zip(self._parameters, self._kept, strict=True)) if self._kept else {}
        return {"updates": self.updates, "weights": weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with the average of an interrupted run."""
        self.updates = int(state["updates"])
        if state["weights"]:
            self._kept = [state["weights"][name].clone() for name in self._parameters]
