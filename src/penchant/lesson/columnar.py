"""Training a module of your own as the lesson does: ColumnarModelData, fit, set_lrs and predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from penchant.data.ratings import Ratings, Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError
from penchant.foundations.rng import spawn_seeds
from penchant.lesson.batches import Batches
from penchant.lesson.display import Summarized, TrainingHistory
from penchant.lesson.losses import Metric, PrintedLosses
from penchant.training.gradient import learner
from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.events import Plan
from penchant.training.gradient.forward_adapter import caller
from penchant.training.gradient.losses import Loss
from penchant.training.gradient.torch_backend import TorchBackend


@dataclass(repr=False)
class ColumnarModelData(Summarized):
    """Rows of user and item numbers with their ratings, split into training and validation.

    train: the training ratings. held: the validation ratings. bs: ratings a batch. trn_dl, val_dl: batches of cats
    (B, 2), conts (B, 0) and ratings (B,). trn_y, val_y: the ratings, (n,).
    """

    train: Ratings
    held: Held
    bs: int
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @classmethod
    def from_data_frame(
        cls,
        path: str,
        val_idxs: NDArray[Any],
        df: Any,
        y: Any,
        cat_flds: Sequence[str],
        bs: int = 64,
        *,
        seed: int = 0,
    ) -> ColumnarModelData:
        """From a frame with one column of contiguous numbers for users and one for items, and ratings y.

        path is where the lesson keeps its files; nothing is read from or written to it.
        """
        if len(cat_flds) != 2:
            raise DataError(
                f"{len(cat_flds)} columns were named",
                where="cat_flds",
                remedy="Name the users' and the items', such as ['userId', 'movieId']",
            )
        users, items = (_numbers(df[name], name) for name in cat_flds)
        values = np.asarray(y, dtype=np.float32).reshape(-1)
        ratings = Ratings(users, items, values, _counted(users), _counted(items), Scale.of(values))
        held = np.zeros(len(values), dtype=bool)
        held[val_idxs] = True
        validation = Held.of(ratings.take(np.asarray(val_idxs)), ratings)
        return cls(ratings.take(~held), validation, bs, np.random.default_rng(seed))

    @property
    def trn_y(self) -> NDArray[np.float32]:
        """The training ratings, (n,)."""
        return self.train.values

    @property
    def val_y(self) -> NDArray[np.float32]:
        """The validation ratings, (n,), in the order of val_idxs."""
        return self.held.values

    @property
    def trn_dl(self) -> Batches:
        """The training rows in batches, in a new order on every pass."""
        return _batches(self.train, self.bs, np.random.default_rng(self.next_seed()))

    @property
    def val_dl(self) -> Batches:
        """The validation rows in batches, in the order of val_y."""
        return _batches(self.held, self.bs)

    def next_seed(self) -> int:
        """The seed of the next run over these rows."""
        return int(spawn_seeds(self._rng, 1)[0])

    def summary(self) -> str:
        return f"{len(self.trn_y):,} training and {len(self.val_y):,} validation ratings, batches of {self.bs}"


def fit(
    model: nn.Module,
    data: ColumnarModelData,
    n_epochs: int,
    opt: torch.optim.Optimizer,
    crit: Loss,
    metrics: Sequence[Metric] = (),
) -> TrainingHistory:
    """Train a module with an optimiser and a loss, and print both losses after each epoch. Returns the metrics.

    The module is called as forward(cats, conts) or forward(users, items) and may return (B,) or (B, 1). It may be on a
    GPU; batches go to its device. metrics: functions of predictions and ratings that are printed too.
    Raises ModelShapeError before the first step for any other shape.
    """
    backend = TorchBackend(_on_its_device(model), data.train, opt, data.bs, loss=crit)
    rates = [group["lr"] for group in opt.param_groups]
    for group in opt.param_groups:
        group["rate_share"] = group["lr"]
    printed = PrintedLosses(data.held, loss=crit, metrics=metrics)
    try:
        run = learner.fit(backend, Plan(n_epochs, 1.0), seed=data.next_seed(), callbacks=[printed])
        return TrainingHistory(run.history)
    finally:
        for group, rate in zip(opt.param_groups, rates, strict=True):
            group["lr"] = rate
            del group["rate_share"]


def predict(model: nn.Module, data: ColumnarModelData | Batches) -> NDArray[np.float32]:
    """The module's predictions (n,) of the validation rows, or of the rows of a data loader in its order."""
    batches = data.val_dl if isinstance(data, ColumnarModelData) else data
    call, training = caller(_on_its_device(model)), model.training
    model.eval()
    try:
        with torch.no_grad():
            found = [call(cats[:, 0], cats[:, 1]).reshape(-1) for cats, *_ in batches]
    finally:
        model.train(training)
    return torch.cat(found).numpy() if found else np.empty(0, np.float32)


class _OnDevice(nn.Module):
    """A module on another device, called with CPU tensors: inputs go there, predictions come back."""

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        super().__init__()
        self.module, self._device, self._call = module, device, caller(module)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        return self._call(users.to(self._device), items.to(self._device)).cpu()


def _on_its_device(module: nn.Module) -> nn.Module:
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    return module if device.type == "cpu" else _OnDevice(module, device)


def _batches(rows: Ratings | Held, bs: int, rng: np.random.Generator | None = None) -> Batches:
    numbers = np.stack([rows.user_numbers, rows.item_numbers], axis=1).astype(np.int64)
    empty = torch.empty((len(numbers), 0), dtype=torch.float32)
    return Batches([torch.from_numpy(numbers), empty, torch.from_numpy(rows.values.copy())], bs, rng)


def set_lrs(opt: torch.optim.Optimizer, lr: float | Sequence[float]) -> None:
    """Set the learning rate of every parameter group: one for all, or one for each."""
    rates = [lr] * len(opt.param_groups) if isinstance(lr, int | float) else list(lr)
    for group, rate in zip(opt.param_groups, rates, strict=True):
        group["lr"] = rate


def _numbers(column: Any, name: str) -> NDArray[np.int32]:
    values = np.asarray(column)
    if values.dtype.kind not in "iu" or (len(values) and values.min() < 0):
        raise DataError(
            "the values are not numbers from 0 on",
            where=f"column {name}",
            remedy="Map ids first: user2idx = {o: i for i, o in enumerate(ids.unique())}",
        )
    return values.astype(np.int32)


def _counted(numbers: NDArray[np.int32]) -> Vocabulary:
    return Vocabulary(np.arange(int(numbers.max()) + 1 if len(numbers) else 0))
