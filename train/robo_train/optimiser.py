"""Muon for the matrices inside the layers, AdamW for the embedding and the norms, as one optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class MuonAdamW(torch.optim.Optimizer):
    """`torch.optim.Muon` (Jordan et al. 2024) and fused `AdamW` stepped together.

    Muon orthogonalises the momentum of each matrix, so that every direction of it learns at the same pace;
    its update is scaled to the size AdamW's has (Liu et al. 2025), so one learning rate serves both.
    """

    def __init__(self, model: nn.Module, lr: float, weight_decay: float) -> None:
        named = list(model.named_parameters())
        inner = [p for name, p in named if p.ndim == 2 and "embed_tokens" not in name]
        embedding = [p for name, p in named if p.ndim == 2 and "embed_tokens" in name]
        norms = [p for _, p in named if p.ndim != 2]
        groups: list[dict[str, Any]] = [{"params": embedding}, {"params": norms, "weight_decay": 0.0}]
        self.muon = torch.optim.Muon(
            inner, lr=lr, weight_decay=weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
        )
        self.adamw = torch.optim.AdamW(
            groups, lr=lr, betas=(0.9, 0.95), weight_decay=weight_decay, fused=True
        )
        super().__init__([p for _, p in named], {"lr": lr})
        self.param_groups = [*self.muon.param_groups, *self.adamw.param_groups]

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update; `closure` computes loss and gradients first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        self.muon.step()
        self.adamw.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Both halves."""
        return {"muon": self.muon.state_dict(), "adamw": self.adamw.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Both halves; the groups are rebuilt, because loading replaces them."""
        self.muon.load_state_dict(state_dict["muon"])
        self.adamw.load_state_dict(state_dict["adamw"])
        self.param_groups = [*self.muon.param_groups, *self.adamw.param_groups]


def make_optimiser(kind: str, model: nn.Module, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """`muon` or `adamw`; neither decays the norms."""
    if kind == "muon":
        return MuonAdamW(model, lr, weight_decay)
    matrices = [p for p in model.parameters() if p.ndim == 2]
    norms = [p for p in model.parameters() if p.ndim != 2]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": norms, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=True)
