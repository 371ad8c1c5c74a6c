"""On which devices a run trains, and how they share the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from lightning.pytorch.strategies import DDPStrategy, ModelParallelStrategy, Strategy
from robo_runtime.errors import RoboError

from robo_train.config import TrainConfig
from robo_train.model import Llama

StrategyName = Literal["auto", "ddp", "fsdp"]


@dataclass(frozen=True)
class Team:
    """What the trainer is told of devices and hosts."""

    accelerator: str
    devices: int
    num_nodes: int
    strategy: Strategy | str

    @property
    def sharded(self) -> bool:
        """True when no device holds the whole model."""
        return isinstance(self.strategy, ModelParallelStrategy)

    @property
    def size(self) -> int:
        """Processes, one a device."""
        return self.devices * self.num_nodes


def plan_team(config: TrainConfig, devices: int | str, num_nodes: int, strategy: str) -> Team:
    """Devices of this host, hosts and strategy.

    With CUDA every device is a GPU and the processes talk by NCCL; without, they are processes on the CPU
    that talk by Gloo. A recipe means the same on any number of them: they share out each batch.

    Args:
        devices: GPUs or processes of a host; `auto` takes all GPUs, or one process.
        strategy: `ddp` keeps the model on each device, `fsdp` spreads it over them; `auto` is `ddp` where
            there is more than one device.

    Raises:
        RoboError: more GPUs than there are, or a recipe that the strategy cannot train.
    """
    gpus = torch.cuda.device_count()
    accelerator = "cuda" if gpus else "mps" if torch.backends.mps.is_available() else "cpu"
    if isinstance(devices, str) and devices != "auto":
        raise RoboError(f"--devices {devices}: expected a number or auto")
    count = max(gpus, 1) if isinstance(devices, str) else devices
    if count < 1 or num_nodes < 1:
        raise RoboError(f"--devices {devices} --num-nodes {num_nodes}: at least 1 is needed")
    if (gpus and count > gpus) or (accelerator == "mps" and count * num_nodes > 1):
        raise RoboError(
            f"--devices {count}: this machine has {max(gpus, 1)} GPU; take {max(gpus, 1)}, or hide the GPU"
            ' to train on CPU processes (CUDA_VISIBLE_DEVICES="")'
        )
    return Team(accelerator, count, num_nodes, _strategy(config, strategy, count * num_nodes, bool(gpus)))


def _strategy(config: TrainConfig, name: str, size: int, cuda: bool) -> Strategy | str:
    backend = "nccl" if cuda else "gloo"
    if name == "fsdp":
        _check_sharding(config)
        return ModelParallelStrategy(
            data_parallel_size=size, tensor_parallel_size=1, save_distributed_checkpoint=False,
            process_group_backend=backend,
        )  # fmt: skip
    if name not in ("auto", "ddp"):
        raise RoboError(f"--strategy {name}: expected auto, ddp or fsdp")
    if size == 1 and name == "auto":
        return "auto"
    return DDPStrategy(process_group_backend=backend, broadcast_buffers=False, gradient_as_bucket_view=True)


def _check_sharding(config: TrainConfig) -> None:
    if config.optimiser == "muon":
        raise RoboError(
            "--strategy fsdp: Muon orthogonalises whole matrices, FSDP leaves each device some of their rows;"
            " set optimiser: adamw, or take --strategy ddp (a model of 80M parameters needs 1.3 GB)"
        )
    if config.ema:
        raise RoboError("--strategy fsdp: the average of the weights (ema) is not sharded; set ema: 0")
    if config.precision == "16-mixed":
        raise RoboError("--strategy fsdp: expected precision 32-true or bf16-mixed, got 16-mixed")


def shard(model: Llama, mesh: Any) -> None:
    """Spread the rows of every parameter over the devices of `mesh`, gathered layer by layer when used."""
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    for layer in model.model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    register_fsdp_forward_method(model, "summed_loss")
