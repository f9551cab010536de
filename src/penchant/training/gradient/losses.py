"""The loss, and a check that predictions and ratings are not broadcast against each other."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from penchant.foundations.arguments import type_of
from penchant.foundations.errors import CallerError, ModelShapeError

Loss = Callable[[Tensor, Tensor], Tensor]


def squared_error(predicted: Tensor, ratings: Tensor) -> Tensor:
    """The mean squared error of (B,) predictions."""
    return torch.nn.functional.mse_loss(predicted, ratings)


def flat(predicted: Tensor, ratings: Tensor) -> Tensor:
    """Predictions of shape (B,) or (B, 1) as (B,); ratings: (B,).

    Raises ModelShapeError for any other shape: (B, 1) against (B,) would broadcast to (B, B) and train on nonsense.
    """
    size = len(ratings)
    if not isinstance(predicted, Tensor):
        raise ModelShapeError(
            f"the module returned {type_of(predicted)}, not a tensor",
            remedy=f"Its forward must return a tensor of shape ({size},) or ({size}, 1)",
        )
    if predicted.shape not in ((size,), (size, 1)):
        raise ModelShapeError(
            f"the module returned shape {tuple(predicted.shape)} for ratings of shape {tuple(ratings.shape)}",
            remedy=f"Its forward must return ({size},) or ({size}, 1): one prediction a row",
        )
    return predicted.reshape(size)


def checked_loss(loss: Loss) -> Loss:
    """The loss; raises CallerError for what cannot be called, and for a class in place of a loss."""
    if isinstance(loss, type):
        raise CallerError(
            f"{loss.__name__} is a class, not a loss",
            where="loss",
            remedy=f"Write it with parentheses: {loss.__name__}()",
        )
    if not callable(loss):
        raise CallerError(f"{loss!r} is not a loss", where="loss", remedy="Give a function such as F.mse_loss")
    return loss


def checked_value(value: Tensor) -> Tensor:
    """The loss of a batch; raises ModelShapeError unless it is one number that depends on a trained parameter."""
    if value.ndim:
        raise ModelShapeError(
            f"the loss has shape {tuple(value.shape)}",
            where="loss",
            remedy="It must be one number for a batch, such as the mean",
        )
    if not value.requires_grad:
        raise nothing_to_train()
    return value


def nothing_to_train() -> ModelShapeError:
    """The error for predictions that no parameter of the module changes."""
    return ModelShapeError(
        "the predictions depend on no parameter that can be trained",
        where="forward()",
        remedy="Set layers in __init__, such as self.u = nn.Embedding(n_users, n_factors), and use them here",
    )
