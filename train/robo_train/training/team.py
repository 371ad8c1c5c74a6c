"""What the processes of a distributed run agree upon; with one process each function is the identity."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from robo_runtime.errors import RoboError
from torch import Tensor


def size() -> int:
    """Processes of this run."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, 0 for the first."""
    return dist.get_rank() if size() > 1 else 0


def summed(value: Tensor) -> Tensor:
    """The sum over all processes."""
    if size() > 1:
        value = value.clone()
        dist.all_reduce(value)
    return value


def of_the_first(values: list[float], device: torch.device) -> list[float]:
    """The values of rank 0: clocks differ, and all must end at the same step."""
    if size() == 1:
        return values
    tensor = torch.tensor(values, dtype=torch.float64, device=device)
    dist.broadcast(tensor, src=0)
    return [float(v) for v in tensor]


def check_same(what: dict[str, Any]) -> None:
    """Raise `RoboError` naming the first key in which the processes differ."""
    if size() == 1:
        return
    everyone: list[Any] = [None] * size()
    dist.all_gather_object(everyone, what)
    for other in everyone:
        for key, value in everyone[0].items():
            if other[key] != value:
                raise RoboError(
                    f"the processes of this run differ in {key}: {value} and {other[key]}; start all hosts"
                    " with the same recipe, data and shared run folder"
                )
