"""Torch optimisers from settings, with weight decay for the right parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from penchant.training.gradient.settings import GradientSettings
from penchant.training.gradient.sparse_updates import SparseUpdates

_FUSED = ("cpu", "cuda")
"""The devices on which PyTorch has one kernel for a whole step."""


def optimizer_for(module: nn.Module, settings: GradientSettings, ratings: int) -> torch.optim.Optimizer:
    """The optimiser of the settings for the module's parameters. ratings: the number of training ratings."""
    groups = parameter_groups(module, settings.pull(ratings), settings.shrink, settings.decay_biases)
    optimizer = _made(groups, settings)
    if settings.shrink:
        optimizer.register_step_pre_hook(_shrunk)
    return optimizer


def _made(groups: list[dict[str, Any]], settings: GradientSettings) -> torch.optim.Optimizer:
    rate, betas = settings.learning_rate, (settings.momentum, settings.second_momentum)
    adam = settings.optimizer == "adam"
    fused = all(parameter.device.type in _FUSED for group in groups for parameter in group["params"])
    if settings.sparse_updates:
        return SparseUpdates(groups, lr=rate, adam=adam, betas=betas)
    if adam:
        return torch.optim.Adam(groups, lr=rate, betas=betas, fused=fused)
    return torch.optim.SGD(groups, lr=rate, momentum=settings.momentum, fused=fused)


@contextmanager
def in_one_kernel(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """A context in which a caller's Adam computes each step in one kernel, unless the caller chose another way.

    On the CPU, PyTorch would else go over the parameters once for each operation, which takes three times as long.
    """
    adam = type(optimizer) in (torch.optim.Adam, torch.optim.AdamW)
    left_open = [
        group
        for group in optimizer.param_groups
        if adam and group["fused"] is None and not (group["foreach"] or group["differentiable"] or group["capturable"])
        and all(parameter.device.type in _FUSED for parameter in group["params"])
    ]  # fmt: skip
    for group in left_open:
        group["fused"] = True
    try:
        yield
    finally:
        for group in left_open:
            group["fused"] = None


@torch.no_grad()
def _shrunk(optimizer: torch.optim.Optimizer, *_: Any) -> None:
    """Decoupled weight decay, before the step: Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2, line 12."""
    for group in optimizer.param_groups:
        factor = 1.0 - group["lr"] * group["shrink"]
        for parameter in group["params"]:
            if isinstance(optimizer, SparseUpdates):
                optimizer.shrink(parameter, factor)
            else:
                parameter.mul_(factor)


def parameter_groups(module: nn.Module, pull: float, shrink: float, decay_biases: bool) -> list[dict[str, Any]]:
    """Weights, with both kinds of decay, and biases, recognized by name, with decay only if `decay_biases` is set."""
    named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    biases = [p for name, p in named if "bias" in name]
    weights = [p for name, p in named if "bias" not in name]
    on_biases = 1.0 if decay_biases else 0.0
    groups = [
        {"params": weights, "weight_decay": pull, "shrink": shrink},
        {"params": biases, "weight_decay": pull * on_biases, "shrink": shrink * on_biases},
    ]
    return [group for group in groups if group["params"]]
