"""The loss, and a check that predictions and ratings are not broadcast against each other."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from penchant.foundations.errors import ModelShapeError

Loss = Callable[[Tensor, Tensor], Tensor]


def squared_error(predicted: Tensor, ratings: Tensor) -> Tensor:
    """The mean squared error of (B,) predictions."""
    return torch.nn.functional.mse_loss(predicted, ratings)


def flat(predicted: Tensor, ratings: Tensor) -> Tensor:
    """Predictions of shape (B,) or (B, 1) as (B,); ratings: (B,).

    Raises ModelShapeError for any other shape: (B, 1) against (B,) would broadcast to (B, B) and train on nonsense.
    """
    size = len(ratings)
    if predicted.shape not in ((size,), (size, 1)):
        raise ModelShapeError(
            f"the module returned shape {tuple(predicted.shape)} for ratings of shape {tuple(ratings.shape)}",
            remedy=f"Its forward must return ({size},) or ({size}, 1): one prediction a row",
        )
    return predicted.reshape(size)
