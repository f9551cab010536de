"""Torch optimisers from settings: which parameters are pulled towards zero, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from penchant.training.gradient.settings import GradientSettings
from penchant.training.gradient.touched_rows import TouchedRows


class DecoupledSGD(torch.optim.SGD):
    """SGD whose decay shrinks the weights beside the step (Loshchilov and Hutter 2019, arXiv 1711.05101, alg. 1)."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.mul_(1.0 - group["lr"] * group["pull"])
        return super().step(closure)


def optimizer_for(module: nn.Module, settings: GradientSettings) -> torch.optim.Optimizer:
    """The optimiser that the settings describe, over the module's parameters."""
    groups = parameter_groups(module, settings.weight_decay, settings.decay_biases)
    if settings.rows == "touched":
        return TouchedRows(
            groups,
            lr=settings.learning_rate,
            adam=settings.optimizer == "adam",
            keep=settings.momentum,
            keep_squares=settings.second_momentum,
            decoupled=settings.decay == "decoupled",
        )
    if settings.optimizer == "adam":
        kind = torch.optim.AdamW if settings.decay == "decoupled" else torch.optim.Adam
        betas = (settings.momentum, settings.second_momentum)
        return kind(groups, lr=settings.learning_rate, betas=betas, fused=True)
    if settings.decay == "l2":
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=settings.momentum, fused=True)
    for group in groups:
        group["pull"], group["weight_decay"] = group["weight_decay"], 0.0
    return DecoupledSGD(groups, lr=settings.learning_rate, momentum=settings.momentum)


def parameter_groups(module: nn.Module, weight_decay: float, decay_biases: bool) -> list[dict[str, Any]]:
    """Weights with the decay; biases, known by their names, with it only if asked for."""
    named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    biases = [p for name, p in named if "bias" in name]
    weights = [p for name, p in named if "bias" not in name]
    groups = [
        {"params": weights, "weight_decay": weight_decay},
        {"params": biases, "weight_decay": weight_decay if decay_biases else 0.0},
    ]
    return [group for group in groups if group["params"]]
