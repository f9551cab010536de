"""Calling a module's forward: forward(users, items), or the lesson's forward(cats, conts)."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor, nn

from penchant.foundations.errors import ModelShapeError

Call = Callable[[Tensor, Tensor], Tensor]
"""User numbers (B,) and item numbers (B,) -> the output of the module."""


def caller(module: nn.Module) -> Call:
    """A function of users and items that calls the module with the arguments of its forward.

    forward(cats, conts) and forward(cats) are recognized by the name of the first parameter. cats: (B, 2), users and
    items. conts: (B, 0). Raises ModelShapeError for a forward with neither two inputs nor cats.
    """
    parameters = list(inspect.signature(module.forward).parameters.values())
    names = [p.name for p in parameters]
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if names and names[0].startswith("cat"):
        with_conts = len(names) > 1 or open_ended
        return lambda users, items: _call_lesson(module, users, items, with_conts)
    if len(names) < 2 and not open_ended:
        raise ModelShapeError(
            f"forward({', '.join(names)}) cannot take users and items",
            where=type(module).__name__,
            remedy="Write forward(self, users, items) or forward(self, cats, conts)",
        )
    return lambda users, items: module(users, items)


def _call_lesson(module: nn.Module, users: Tensor, items: Tensor, with_conts: bool) -> Tensor:
    cats = torch.stack([users, items], dim=1)  # (B, 2)
    answer: Tensor = module(cats, cats.new_zeros((len(users), 0), dtype=torch.float32)) if with_conts else module(cats)
    return answer
