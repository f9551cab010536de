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
            memory["clock"] = torch.zeros(len(parameter), device=parameter.device)
        rows = _touched(gradient)
        own = rows.read(parameter)
        slope = rows.read(gradient) + decay * own
        rows.write(memory["clock"], rows.read(memory["clock"]) + 1)
        rows.write(parameter, own - rate * self._direction(memory, rows, slope))

    def shrink(self, parameter: Tensor, factor: float) -> None:
        """Multiply the rows with a gradient by a factor."""
        if parameter.grad is not None:
            rows = _touched(parameter.grad)
            rows.write(parameter, rows.read(parameter) * factor)

    def _direction(self, memory: dict[str, Tensor], rows: _Rows, slope: Tensor) -> Tensor:
        """The step of some rows, before the learning rate."""
        if not self._adam:
            first = self._keep * rows.read(memory["first"]) + slope
            rows.write(memory["first"], first)
            return first
        first = self._keep * rows.read(memory["first"]) + (1.0 - self._keep) * slope
        second = self._keep_squares * rows.read(memory["second"]) + (1.0 - self._keep_squares) * slope**2
        rows.write(memory["first"], first)
        rows.write(memory["second"], second)
        clock = rows.read(memory["clock"]).reshape(-1, *[1] * (slope.dim() - 1))
        size = (second / (1.0 - self._keep_squares**clock)).sqrt() + 1e-8
        return first / (1.0 - self._keep**clock) / size


class _NumberedRows:
    """Rows given by their numbers: only they are read and written."""

    def __init__(self, numbers: Tensor) -> None:
        self._numbers = numbers

    def read(self, values: Tensor) -> Tensor:
        return values[self._numbers]

    def write(self, values: Tensor, new: Tensor) -> None:
        values[self._numbers] = new


class _MaskedRows:
    """Rows given by a mask: all rows are read, and only those of the mask change.

    To list the rows of a mask, a program has to wait for the device; this way it does not.
    """

    def __init__(self, mask: Tensor) -> None:
        self._mask = mask

    def read(self, values: Tensor) -> Tensor:
        return values

    def write(self, values: Tensor, new: Tensor) -> None:
        mask = self._mask.reshape(-1, *[1] * (values.dim() - 1))
        values.copy_(torch.where(mask, new, values))


_Rows = _NumberedRows | _MaskedRows


def _touched(gradient: Tensor) -> _Rows:
    """The rows whose gradient is not zero."""
    mask = gradient.reshape(len(gradient), -1).ne(0).any(dim=1)
    return _NumberedRows(mask.nonzero()[:, 0]) if gradient.is_cpu else _MaskedRows(mask)
