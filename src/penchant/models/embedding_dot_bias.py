"""EmbeddingDotBias: rating ≈ link(m + b_u + b_i + p_u · q_i)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from penchant.models.side_embedding import SideEmbedding


class EmbeddingDotBias(nn.Module):
    """Biases and the dot product (the lesson's second model from scratch; Koren, Bell and Volinsky 2009, eq. 4).

    users, items: the two sides. mean: the initial constant, which is trained too. bounds: the range (low, high) of the
    sigmoid on the score, or None for no sigmoid.
    """

    def __init__(
        self, users: SideEmbedding, items: SideEmbedding, mean: float, bounds: tuple[float, float] | None = None
    ) -> None:
        super().__init__()
        self.users, self.items = users, items
        self.mean_bias = nn.Parameter(torch.from_numpy(np.array([mean], dtype=np.float32)))
        self.bounds = bounds

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Ratings (B,) of user numbers (B,) and item numbers (B,)."""
        user_vectors, user_bias = self.users(users)
        item_vectors, item_bias = self.items(items)
        scores: Tensor = (user_vectors * item_vectors).sum(dim=1) + user_bias + item_bias + self.mean_bias  # (B,)
        return scores if self.bounds is None else within(scores, self.bounds)


def within(scores: Tensor, bounds: tuple[float, float]) -> Tensor:
    """The sigmoid of the scores, scaled to (low, high)."""
    low, high = bounds
    return low + (high - low) * torch.sigmoid(scores)
