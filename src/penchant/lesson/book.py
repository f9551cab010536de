"""What chapter 8 of the fastai book needs: `from penchant.lesson.book import *`.

The names are the book's. `Module` is PyTorch's; its `__init__` need not call that of its parent, and its `.cuda()` does
nothing where there is no GPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from penchant.lesson import (  # from here, so that a missing torch is named with its extra
    BookDotBias,
    BookEmbedding,
    BookLearner,
    BookModule,
    BookNet,
    CollabDataLoaders,
    collab_learner,
    emb_sz_rule,
    get_emb_sz,
    sigmoid_range,
)
from penchant.lesson.notebook import F, movielens_path, nn, pd, torch
from penchant.training.gradient.losses import squared_error

if TYPE_CHECKING:
    from torch.nn import Parameter

Tensor, tensor = torch.Tensor, torch.tensor
Learner, Embedding, Module = BookLearner, BookEmbedding, BookModule
EmbeddingDotBias, EmbeddingNN = BookDotBias, BookNet

__all__ = [
    "CollabDataLoaders",
    "Embedding",
    "EmbeddingDotBias",
    "EmbeddingNN",
    "F",
    "Learner",
    "MSELossFlat",
    "Module",
    "Tensor",
    "collab_learner",
    "create_params",
    "emb_sz_rule",
    "get_emb_sz",
    "movielens_path",
    "nn",
    "np",
    "pd",
    "sigmoid_range",
    "tensor",
    "torch",
]


def MSELossFlat() -> Any:  # noqa: N802 - the book's name
    """The mean squared error; predictions of shape (B, 1) are flattened before any loss is computed."""
    return squared_error


def create_params(size: list[int]) -> Parameter:
    """A parameter of the given shape from N(0, 0.01²), for a module without `Embedding`."""
    made: Parameter = nn.Parameter(torch.zeros(*size).normal_(0, 0.01))
    return made
