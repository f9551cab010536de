"""Optimisers with sparse updates: a step changes only the rows of its batch, and each row has its own step count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class SparseUpdates(torch.optim.Optimizer):
    """SGD with momentum, or Adam, in which a row without a gradient keeps its value and its moments.

    Rows are on the first axis. Weight decay is applied to a row only when it is updated, so it grows with the number of
    its ratings (compare the weighted regularisation of Zhou et al. 2008, equation 4).
    """

    def __init__(self, groups: Any, *, lr: float, adam: bool, betas: tuple[float, float]) -> None:
        self._adam, self._keep, self._keep_squares = adam, *betas
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update the rows whose gradient is not zero."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group["lr"], group["weight_decay"])
        return None

    def _move(self, parameter: Tensor, gradient: Tensor, rate: float, decay: float) -> None:
        memory = self.state[parameter]
        if not memory:
            memory["first"], memory["second"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
            memory["clock"] = torch.zeros(len(parameter))
        rows = _touched(gradient)
        own = parameter[rows]
        slope = gradient[rows] + decay * own
        memory["clock"][rows] += 1
        parameter[rows] = own - rate * self._direction(memory, rows, slope)

    def shrink(self, parameter: Tensor, factor: float) -> None:
        """Multiply the rows with a gradient by a factor."""
        if parameter.grad is not None:
            parameter[_touched(parameter.grad)] *= factor

    def _direction(self, memory: dict[str, Tensor], rows: Tensor, slope: Tensor) -> Tensor:
        """The step of some rows, before the learning rate."""
        if not self._adam:
            memory["first"][rows] = self._keep * memory["first"][rows] + slope
            return memory["first"][rows]
        first = self._keep * memory["first"][rows] + (1.0 - self._keep) * slope
        second = self._keep_squares * memory["second"][rows] + (1.0 - self._keep_squares) * slope**2
        memory["first"][rows], memory["second"][rows] = first, second
        clock = memory["clock"][rows].reshape(-1, *[1] * (slope.dim() - 1))
        size = (second / (1.0 - self._keep_squares**clock)).sqrt() + 1e-8
        return first / (1.0 - self._keep**clock) / size


def _touched(gradient: Tensor) -> Tensor:
    """The numbers of the rows whose gradient is not zero."""
    return gradient.reshape(len(gradient), -1).ne(0).any(dim=1).nonzero()[:, 0]
