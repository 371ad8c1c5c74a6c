"""An adapter as peft saves it, checked against the checkpoint it is for.

A layer's matrix W (out, in) becomes W + scale * B A, with A (rank, in) and B (out, rank).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import ConfigDict, Field
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.gguf_file import HEAD

from robo_convert.checkpoint import Checkpoint, sha256_of
from robo_convert.imports.weights import PICKLED, read_tensors
from robo_convert.reference import Array

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])(\.default)?\.weight")
_EMBEDDING = "model.embed_tokens.weight"


class LoraConfig(Strict):
    """The keys of `adapter_config.json` that decide what is computed; others are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    peft_type: Literal["LORA"]
    r: int = Field(ge=1)
    lora_alpha: float = Field(gt=0)
    use_rslora: bool = False
    """Scale is alpha / sqrt(rank) instead of alpha / rank (Kalajdzievski 2023)."""
    use_dora: Literal[False] = False
    fan_in_fan_out: Literal[False] = False
    lora_bias: Literal[False] = False
    bias: Literal["none"] = "none"
    modules_to_save: None = None
    trainable_token_indices: None = None
    rank_pattern: dict[str, int] = {}
    alpha_pattern: dict[str, float] = {}

    def of(self, module: str) -> tuple[int, float]:
        """Rank and scale of a module."""
        rank = int(_matching(self.rank_pattern, module, self.r))
        alpha = float(_matching(self.alpha_pattern, module, self.lora_alpha))
        return rank, alpha / (math.sqrt(rank) if self.use_rslora else rank)


def _matching(pattern: Mapping[str, float], module: str, otherwise: float) -> float:
    """The value of the first key that is the module's name, or its end (as peft looks it up)."""
    for key, value in pattern.items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return otherwise


@dataclass(frozen=True)
class Pair:
    """What is added to one matrix: scale * b @ a."""

    a: Array
    """(rank, in)"""
    b: Array
    """(out, rank)"""
    scale: float

    def delta(self) -> Array:
        """(out, in), summed in float64 and rounded once."""
        return (self.scale * (self.b.astype(np.float64) @ self.a.astype(np.float64))).astype(np.float32)


@dataclass(frozen=True)
class Adapter:
    """An adapter that fits its checkpoint."""

    path: Path
    alpha: float
    pairs: dict[str, Pair]
    """By the Hugging Face name of the matrix."""
    sha256: str
    """Of adapter_model.safetensors."""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def parameters(self) -> int:
        """Numbers that were trained."""
        return sum(p.a.size + p.b.size for p in self.pairs.values())


def read_adapter(folder: Path, source: Checkpoint) -> Adapter:
    """Read an adapter folder of peft.

    Raises:
        RoboError: a file is missing or damaged, it is no plain LoRA, or it belongs to another model.
    """
    folder = folder.resolve()
    if not (folder / CONFIG).is_file():
        raise RoboError(f"{folder}: no {CONFIG}, so this is no adapter of peft")
    config = read_config(folder / CONFIG, LoraConfig)
    path = folder / WEIGHTS
    if not path.is_file():
        pickled = sorted(p.name for p in folder.iterdir() if p.suffix in PICKLED)
        why = f"; {pickled[0]} is a pickle: save it again as safetensors" if pickled else ""
        raise RoboError(f"{folder}: no {WEIGHTS}{why}")
    halves: dict[str, dict[str, Array]] = {}
    for name, tensor in read_tensors(path).items():
        module, half = _parse(name, path)
        if f"{module}.weight" not in source.weights:
            raise RoboError(
                f"{path}: {module} is no layer of {source.path}; name the model it was trained on"
            )
        halves.setdefault(module, {})[half] = tensor
    if not halves:
        raise RoboError(f"{path}: holds no tensors")
    order = {name.removesuffix(".weight"): name for name in source.weights}
    pairs = {
        name: _pair(module, halves[module], config, source.weights[name].shape, path)
        for module, name in order.items()
        if module in halves
    }
    return Adapter(folder, config.lora_alpha, pairs, sha256_of(path))


def _parse(name: str, path: Path) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    if "lora_embedding" in name or (found and f"{found['module']}.weight" in (_EMBEDDING, HEAD)):
        raise RoboError(
            f"{path}: {name}: embedding and head are not adapted: where they are one table, what is added to"
            " one would be added to both; train the adapter on the layers' matrices"
        )
    if not found:
        raise RoboError(f"{path}: {name} is no half of a LoRA matrix (…lora_A.weight, …lora_B.weight)")
    return found["module"], found["half"]


def _pair(
    module: str, halves: dict[str, Array], config: LoraConfig, size: tuple[int, ...], path: Path
) -> Pair:
    rank, scale = config.of(module)
    if len(size) != 2:
        raise RoboError(f"{path}: {module}: a norm cannot be adapted")
    for half, expected in (("A", (rank, size[1])), ("B", (size[0], rank))):
        if half not in halves:
            raise RoboError(f"{path}: {module}.lora_{half}.weight is missing")
        found = halves[half]
        if found.shape != expected:
            raise RoboError(
                f"{path}: {module}.lora_{half}.weight is {found.shape}, the base and {CONFIG} make it"
                f" {expected}; name the model it was trained on"
            )
        if not np.isfinite(found).all():
            raise RoboError(f"{path}: {module}.lora_{half}.weight holds NaN or infinity; training diverged")
    return Pair(halves["A"], halves["B"], scale)


def merged_weights(source: Checkpoint, adapter: Adapter) -> dict[str, Array]:
    """The checkpoint's weights with the adapter added."""
    return {
        name: weight + adapter.pairs[name].delta() if name in adapter.pairs else weight
        for name, weight in source.weights.items()
    }


def raw_training(source: Checkpoint, adapter: Adapter, raw: dict[str, Any]) -> dict[str, Any]:
    """`training.json` of the merged checkpoint: its weights are no longer those that a Q4_0 file stores."""
    return {
        **raw,
        "qat": "none",
        "adapter": {
            "name": adapter.name, "sha256": adapter.sha256, "base": source.name, "base_sha256": source.sha256,
        },
    }  # fmt: skip
