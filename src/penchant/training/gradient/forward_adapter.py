"""Calling a module's forward: forward(users, items), the lesson's forward(cats, conts) or the book's forward(x)."""

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

    forward(cats, conts) is recognized by the name of the first parameter, forward(x) by having only one. cats, x:
    (B, 2), users and items. conts: (B, 0). Raises ModelShapeError for a forward that takes nothing or needs more
    than two arguments.
    """
    parameters = list(inspect.signature(module.forward).parameters.values())
    names = [p.name for p in parameters]
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if len(names) == 1 and not open_ended:
        return lambda users, items: module(torch.stack([users, items], dim=1))
    if names and names[0].startswith("cat"):
        return lambda users, items: _call_lesson(module, users, items)
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if not names or sum(p.default is p.empty for p in positional) > 2:
        raise ModelShapeError(
            f"forward({', '.join(names)}) cannot take users and items",
            where=type(module).__name__,
            remedy="Write forward(self, users, items), forward(self, cats, conts) or forward(self, x)",
        )
    return lambda users, items: module(users, items)


def _call_lesson(module: nn.Module, users: Tensor, items: Tensor) -> Tensor:
    cats = torch.stack([users, items], dim=1)  # (B, 2)
    answer: Tensor = module(cats, cats.new_zeros((len(users), 0), dtype=torch.float32))
    return answer
