"""Quantisation-aware training: forward passes see the weights an INT4 file can hold.

`fake_q4_0` and `fake_q8_0` are bit-exact with ggml (ggml-quants.c, quantize_row_q4_0_ref and q8_0_ref).
Weights are quantised once per optimiser step, in place, while the float masters wait aside; gradients taken
at the quantised weights are applied to the masters (straight-through estimator, Bengio et al. 2013).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

BLOCK = 32


def fake_q4_0(weight: Tensor) -> Tensor:
    """Round each block of 32 to 4 bits and back. Rows must be multiples of 32 long."""
    x = weight.float().reshape(-1, BLOCK)
    index = x.abs().argmax(-1, keepdim=True)
    scale = x.gather(-1, index) / -8.0  # of the value largest in magnitude, its sign kept
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1.0 / scale)
    levels = torch.clamp(torch.trunc(x * inverse + 8.5), 0, 15) - 8
    return (levels * scale.half().float()).reshape(weight.shape)


def fake_q8_0(weight: Tensor) -> Tensor:
    """Round each block of 32 to 8 bits and back, halves away from zero as C's roundf does."""
    x = weight.float().reshape(-1, BLOCK)
    scale = x.abs().amax(-1, keepdim=True) / 127
    inverse = torch.where(scale == 0, torch.zeros_like(scale), 1.0 / scale)
    y = x * inverse
    levels = torch.sign(y) * torch.floor(y.abs() + 0.5)
    return (levels * scale.half().float()).reshape(weight.shape)


def fake_quantise(name: str, weight: Tensor) -> Tensor:
    """What a Q4_0 file stores for a parameter: norms as they are, the embedding at 8 bits, the rest at 4."""
    if weight.ndim != 2:
        return weight
    return fake_q8_0(weight) if "embed_tokens" in name else fake_q4_0(weight)


def _rows(parameter: Tensor) -> Tensor:
    """The rows this process holds: all, or its share where a strategy spreads rows over devices."""
    local: Tensor = parameter.to_local() if isinstance(parameter, DTensor) else parameter.detach()
    return local


class FakeQuantiser:
    """Swaps quantised weights in for the forward and backward pass, and the masters back for the update."""

    def __init__(self, model: nn.Module) -> None:
        self._parameters = [(n, p) for n, p in model.named_parameters() if p.ndim == 2]
        self._masters: list[Tensor] | None = None

    @property
    def active(self) -> bool:
        """True while the model holds quantised weights."""
        return self._masters is not None

    @torch.no_grad()
    def quantise(self) -> None:
        """Put quantised weights in place; does nothing when they are there already."""
        if self._masters is None:
            self._masters = [_rows(p).clone() for _, p in self._parameters]
            for name, parameter in self._parameters:
                _rows(parameter).copy_(fake_quantise(name, _rows(parameter)))

    @torch.no_grad()
    def restore(self) -> None:
        """Put the float masters back; does nothing when they are there already."""
        if self._masters is not None:
            for (_, parameter), master in zip(self._parameters, self._masters, strict=True):
                _rows(parameter).copy_(master)
            self._masters = None
