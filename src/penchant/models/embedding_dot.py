"""EmbeddingDot: rating ≈ p_u · q_i."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from penchant.models.initialization import Floats


def table(values: Floats) -> nn.Embedding:
    """An embedding with the initial values (N, K); PyTorch's random state is not used."""
    rows, factors = values.shape
    return nn.Embedding(rows, factors, _weight=torch.from_numpy(values.copy()))


class EmbeddingDot(nn.Module):
    """The dot product of a user's and an item's vector (the lesson's first model from scratch).

    user_vectors: (U, K) and item_vectors: (I, K), the initial values.
    """

    def __init__(self, user_vectors: Floats, item_vectors: Floats) -> None:
        super().__init__()
        self.user_vectors = table(user_vectors)
        self.item_vectors = table(item_vectors)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Ratings (B,) of user numbers (B,) and item numbers (B,)."""
        predicted: Tensor = (self.user_vectors(users) * self.item_vectors(items)).sum(dim=1)  # (B, K) -> (B,)
        return predicted
