"""What chapter 8 of the fastai book needs: `from penchant.lesson.book import *`.

The names are the book's. `Module` is PyTorch's; its `__init__` need not call that of its parent, and its `.cuda()` does
nothing where there is no GPU.
"""

from __future__ import annotations

from typing import Any

from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require

require("torch", extra="torch", what="the book's chapter")
import numpy as np
import torch
from torch import Tensor, nn, tensor
from torch.nn import functional as F  # noqa: N812 - the book's name

from penchant.lesson.book_data import CollabDataLoaders
from penchant.lesson.book_learner import BookLearner, collab_learner, get_emb_sz
from penchant.lesson.book_models import BookDotBias, BookEmbedding, BookModule, BookNet, emb_sz_rule, sigmoid_range
from penchant.lesson.notebook import movielens_path
from penchant.training.gradient.losses import squared_error

pd = require("pandas", extra="frames")
plt = require("matplotlib.pyplot", extra="plot")
L = list
Learner, Embedding, Module = BookLearner, BookEmbedding, BookModule
EmbeddingDotBias, EmbeddingNN = BookDotBias, BookNet

__all__ = [
    "CollabDataLoaders",
    "Embedding",
    "EmbeddingDotBias",
    "EmbeddingNN",
    "F",
    "L",
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
    "one_hot",
    "pd",
    "plt",
    "sigmoid_range",
    "tensor",
    "torch",
]


def MSELossFlat() -> Any:  # noqa: N802 - the book's name
    """The mean squared error; predictions of shape (B, 1) are flattened before any loss is computed."""
    return squared_error


def one_hot(number: int, rows: int) -> Tensor:
    """A tensor (rows,) of zeros with a one at the given number."""
    return F.one_hot(tensor(number), rows)


def create_params(size: list[int]) -> nn.Parameter:
    """A parameter of the given shape from N(0, 0.01²), for a module without `Embedding`."""
    if not isinstance(size, list | tuple):
        raise CallerError(f"{size!r} is not a shape", where="size", remedy=f"Give a list, such as [{size!r}]")
    return nn.Parameter(torch.zeros(*size).normal_(0, 0.01))
