"""The learner's parameters as a PyTorch module, with the lesson's names u, i, ub and ib."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from penchant.training.gradient.backend import State


class NotebookModule(nn.Module):
    """A module whose `.cuda()` leaves it on the CPU where there is no GPU."""

    def cuda(self, device: Any = None) -> Self:
        return super().cuda(device) if torch.cuda.is_available() else self


class CollabModel(NotebookModule):
    """A copy of the dot-bias model's parameters.

    u, i: embeddings of the users' and the items' vectors. ub, ib: of their biases, one column each. mean: the constant
    of the score. low, high: the ends of the sigmoid.
    """

    def __init__(self, state: State, bounds: tuple[float, float]) -> None:
        super().__init__()
        self.u, self.ub = _embedding(state, "users.vectors"), _embedding(state, "users.bias")
        self.i, self.ib = _embedding(state, "items.vectors"), _embedding(state, "items.bias")
        self.mean = nn.Parameter(torch.from_numpy(state["mean_bias"].copy()).reshape(()))
        self.low, self.high = bounds

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Predictions (B,) of user numbers (B,) and item numbers (B,)."""
        score = (self.u(users) * self.i(items)).sum(1) + self.ub(users)[:, 0] + self.ib(items)[:, 0] + self.mean
        return self.low + (self.high - self.low) * torch.sigmoid(score)


def _embedding(state: State, name: str) -> nn.Embedding:
    weight = torch.from_numpy(state[f"{name}.weight"].copy())
    embedding = nn.Embedding(weight.shape[0], weight.shape[1])
    embedding.weight.data.copy_(weight)
    return embedding
