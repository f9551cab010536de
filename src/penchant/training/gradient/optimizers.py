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
_WITH_KERNEL = (torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD)
"""The optimisers that have it; in a class of the caller's own, the step may be another."""


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
    """A context in which a caller's Adam or SGD computes each step in one kernel, unless the caller chose another way.

    On the CPU, PyTorch would else go over the parameters once for each operation, which takes two to three times as
    long.
    """
    known = type(optimizer) in _WITH_KERNEL
    chosen = ("foreach", "differentiable", "capturable")
    left_open = [
        group
        for group in optimizer.param_groups
        if known and group["fused"] is None and not any(group.get(name) for name in chosen)
        and all(parameter.device.type in _FUSED for parameter in group["params"])
    ]  # fmt: skip

    def choose(*_: Any) -> None:
        for group in left_open:
            group["fused"] = True if _fits_the_kernel(optimizer, group["params"]) else None

    before_each_step = optimizer.register_step_pre_hook(choose)
    try:
        yield
    finally:
        before_each_step.remove()
        for group in left_open:
            group["fused"] = None


def _fits_the_kernel(optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter]) -> bool:
    """Whether the gradients are dense and all of them, or none, have been used before; PyTorch's kernel takes no other.

    Embeddings can have sparse gradients, and a module may use some of its parameters later than others.
    """
    used = [parameter for parameter in parameters if parameter.grad is not None]
    seen = {bool(optimizer.state.get(parameter)) for parameter in used}
    return len(seen) < 2 and not any(parameter.grad.is_sparse for parameter in used if parameter.grad is not None)


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
