"""The lesson's way to train a reader's own module: ColumnarModelData, fit and set_lrs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from penchant.data.ratings import Ratings, Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError
from penchant.foundations.rng import spawn_seeds
from penchant.lesson.losses import PrintedLosses
from penchant.training.gradient import learner
from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.events import Plan, Run
from penchant.training.gradient.losses import Loss
from penchant.training.gradient.torch_backend import TorchBackend


@dataclass
class ColumnarModelData:
    """Rows of user and item numbers with their ratings, cut into training and validation.

    train: the training ratings. held: the validation ratings. bs: ratings a batch.
    """

    train: Ratings
    held: Held
    bs: int
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @classmethod
    def from_data_frame(
        cls, path: str, val_idxs: NDArray[Any], x: Any, y: Any, cat_cols: Sequence[str], bs: int, *, seed: int = 0
    ) -> ColumnarModelData:
        """From a frame x with one column of contiguous numbers for users and one for items, and ratings y.

        path is where the lesson keeps its files; nothing is read from or written to it.
        """
        if len(cat_cols) != 2:
            raise DataError(
                f"{len(cat_cols)} columns were named",
                where="cat_cols",
                remedy="Name the users' and the items', such as ['userId', 'movieId']",
            )
        users, items = (_numbers(x[name], name) for name in cat_cols)
        values = np.asarray(y, dtype=np.float32).reshape(-1)
        ratings = Ratings(users, items, values, _counted(users), _counted(items), Scale.of(values))
        held = np.zeros(len(values), dtype=bool)
        held[val_idxs] = True
        validation = Held.of(ratings.take(np.asarray(val_idxs)), ratings)
        return cls(ratings.take(~held), validation, bs, np.random.default_rng(seed))

    @property
    def val_y(self) -> NDArray[np.float32]:
        """The validation ratings, (n,)."""
        return self.held.values

    def next_seed(self) -> int:
        """The seed of the next run over these rows."""
        return int(spawn_seeds(self._rng, 1)[0])


def fit(model: nn.Module, data: ColumnarModelData, epochs: int, opt: torch.optim.Optimizer, crit: Loss) -> Run:
    """Train a module with its own optimiser and loss, and print both losses after each epoch.

    The module is called as forward(cats, conts) or forward(users, items) and may return (B,) or (B, 1).
    Raises ModelShapeError before the first step for any other shape.
    """
    backend = TorchBackend(model, data.train, opt, data.bs, loss=crit)
    rates = [group["lr"] for group in opt.param_groups]
    for group in opt.param_groups:
        group["rate_share"] = group["lr"]
    try:
        return learner.fit(backend, Plan(epochs, 1.0), seed=data.next_seed(), callbacks=[PrintedLosses(data.held)])
    finally:
        for group, rate in zip(opt.param_groups, rates, strict=True):
            group["lr"] = rate
            del group["rate_share"]


def set_lrs(opt: torch.optim.Optimizer, lr: float | Sequence[float]) -> None:
    """Set the learning rate of every parameter group: one for all, or one for each."""
    rates = [lr] * len(opt.param_groups) if isinstance(lr, int | float) else list(lr)
    for group, rate in zip(opt.param_groups, rates, strict=True):
        group["lr"] = rate


def _numbers(column: Any, name: str) -> NDArray[np.int32]:
    values = np.asarray(column)
    if values.dtype.kind not in "iu" or (len(values) and values.min() < 0):
        raise DataError(
            "the values are not numbers counted from 0",
            where=f"column {name}",
            remedy="Map ids first: user2idx = {o: i for i, o in enumerate(ids.unique())}",
        )
    return values.astype(np.int32)


def _counted(numbers: NDArray[np.int32]) -> Vocabulary:
    return Vocabulary(np.arange(int(numbers.max()) + 1 if len(numbers) else 0))
