"""Training a module of your own as the lesson does: ColumnarModelData, fit, set_lrs and predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.arguments import type_of
from penchant.foundations.errors import CallerError, SettingsError
from penchant.foundations.rng import generator, spawn_seeds
from penchant.lesson.checked_numbers import number, row_numbers, whole
from penchant.lesson.columnar_rows import ColumnarRows, RowModule, row_caller
from penchant.lesson.data_loader import Batches
from penchant.lesson.display import Summarized, TrainingHistory
from penchant.lesson.losses import Metric, PrintedLosses
from penchant.training.gradient import learner
from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.events import TrainingPlan
from penchant.training.gradient.losses import Loss, flat, nothing_to_train
from penchant.training.gradient.torch_backend import TorchBackend
from penchant.training.gradient.torch_devices import device_of


@dataclass(repr=False)
class ColumnarModelData(Summarized):
    """Rows of columns with their ratings, split into training and validation.

    rows: all rows. trn_idxs, val_idxs: the row numbers of the two parts. bs: rows a batch. trn_dl, val_dl: batches of
    cats (B, C), conts (B, F) and ratings (B,). trn_y, val_y: the ratings, (n,).
    """

    rows: ColumnarRows
    trn_idxs: NDArray[np.int64]
    val_idxs: NDArray[np.int64]
    bs: int
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @classmethod
    def from_data_frame(
        cls,
        path: Any,
        val_idxs: NDArray[Any],
        df: Any,
        y: Any,
        cat_flds: Sequence[str],
        bs: int = 64,
        *,
        seed: int = 0,
    ) -> ColumnarModelData:
        """From a frame and ratings y.

        cat_flds: the categorical columns, contiguous numbers, the users' and the items' first. All other columns are
        continuous. A column of lists, such as genres, becomes one column of zeros and ones for each value; their names
        are `data.rows.cont_names`.
        path is where the lesson keeps its files; nothing is read from or written to it.
        """
        return cls.split(ColumnarRows.of(df, y, cat_flds), val_idxs, bs, seed=seed)

    @classmethod
    def split(cls, rows: ColumnarRows, val_idxs: NDArray[Any], bs: int, *, seed: int = 0) -> ColumnarModelData:
        """From rows; those of val_idxs are for validation."""
        held = row_numbers(val_idxs, len(rows.y), remedy="Take get_cv_idxs(len(df))")
        train = np.setdiff1d(np.arange(len(rows.y)), held)
        return cls(rows, train, held, whole(bs, "bs"), generator(seed))

    @property
    def trn_y(self) -> NDArray[np.float32]:
        """The training ratings, (n,)."""
        return self.rows.y[self.trn_idxs]

    @property
    def val_y(self) -> NDArray[np.float32]:
        """The validation ratings, (n,), in the order of val_idxs."""
        return self.rows.y[self.val_idxs]

    @property
    def trn_dl(self) -> Batches:
        """The training rows in batches, in a new order on every pass."""
        return self._batches(self.trn_idxs, np.random.default_rng(self.next_seed()))

    @property
    def val_dl(self) -> Batches:
        """The validation rows in batches, in the order of val_y."""
        return self._batches(self.val_idxs)

    def _batches(self, numbers: NDArray[np.int64], rng: np.random.Generator | None = None) -> Batches:
        cats, conts = self.rows.tensors()
        return Batches([cats[numbers], conts[numbers], torch.from_numpy(self.rows.y[numbers])], self.bs, rng)

    def next_seed(self) -> int:
        """The seed of the next run over these rows."""
        return int(spawn_seeds(self._rng, 1)[0])

    def summary(self) -> str:
        return f"{len(self.trn_idxs):,} training and {len(self.val_idxs):,} validation rows, batches of {self.bs}"


def fit(
    model: nn.Module,
    data: ColumnarModelData,
    n_epochs: int,
    opt: torch.optim.Optimizer,
    crit: Loss,
    metrics: Sequence[Metric] | None = None,
) -> TrainingHistory:
    """Train a module with an optimiser and a loss, and print both losses after each epoch. Returns the metrics.

    The module is called as forward(cats, conts), forward(users, items) or forward(x), x being cats, and may return (B,)
    or (B, 1). It is trained on the device of its parameters. metrics: functions of predictions and ratings.
    Raises ModelShapeError before the first step for any other shape. The learning_rate in the metrics is the highest of
    all parameter groups.
    """
    epochs = whole(n_epochs, "n_epochs")
    if not isinstance(data, ColumnarModelData):
        raise _no_data(data)
    train, module = numbered_rows(data.trn_idxs, data.trn_y), RowModule(model, data.rows)
    _check_optimizer(opt, model)
    backend = TorchBackend(module, train, opt, data.bs, loss=crit)
    rates = [group["lr"] for group in opt.param_groups]
    highest = max(rates)
    if not highest > 0:
        raise SettingsError(
            f"the learning rate is {highest:g}", where="opt", remedy="Set one above 0: set_lrs(opt, 1e-3)"
        )
    for group in opt.param_groups:
        group["rate_share"] = group["lr"] / highest
    printed = PrintedLosses(validation_rows(data), loss=crit, metrics=metrics)
    try:
        run = learner.fit(backend, TrainingPlan(epochs, float(highest)), seed=data.next_seed(), callbacks=[printed])
        return TrainingHistory(run.history)
    finally:
        for group, rate in zip(opt.param_groups, rates, strict=True):
            group["lr"] = rate
            del group["rate_share"]


def _check_optimizer(opt: Any, model: nn.Module) -> None:
    """Raise CallerError unless opt trains parameters of the module."""
    remedy = "Write opt = optim.Adam(model.parameters(), 1e-3) after every new model"
    if isinstance(opt, type) or not hasattr(opt, "param_groups"):
        raise CallerError(f"{getattr(opt, '__name__', type_of(opt))} is not an optimiser", where="opt", remedy=remedy)
    own = {id(parameter) for parameter in model.parameters()}
    if not own:
        raise nothing_to_train()
    if not any(id(parameter) in own for group in opt.param_groups for parameter in group["params"]):
        raise CallerError("it has no parameter of this module and would not train it", where="opt", remedy=remedy)


def _no_data(data: Any) -> CallerError:
    remedy = "Take ColumnarModelData.from_data_frame(path, val_idxs, df, y, cat_flds)"
    return CallerError(f"{type_of(data)} does not hold rows of columns", where="data", remedy=remedy)


def validation_rows(data: ColumnarModelData) -> Held:
    """The validation rows, whose user numbers are row numbers, for a RowModule."""
    return Held(data.val_idxs.astype(np.int32), np.zeros(len(data.val_idxs), np.int32), data.val_y, (0.0, 0.0))


def numbered_rows(rows: NDArray[np.int64], values: NDArray[np.float32]) -> Ratings:
    """Ratings whose user numbers are row numbers, for a RowModule."""
    names = Vocabulary(np.arange(int(rows.max(initial=0)) + 1))
    zeros = np.zeros(len(rows), np.int32)
    return Ratings(rows.astype(np.int32), zeros, values, names, Vocabulary(np.arange(1)), Scale.of(values))


def predict(model: nn.Module, data: ColumnarModelData | Batches) -> NDArray[np.float32]:
    """The module's predictions (n,) of the validation rows, or of the rows of a data loader in its order."""
    call, training = row_caller(model), model.training
    if not isinstance(data, ColumnarModelData | Batches | torch.utils.data.DataLoader):
        raise _no_data(data)
    batches = data.val_dl if isinstance(data, ColumnarModelData) else data
    device = device_of(model)
    model.eval()
    try:
        with torch.no_grad():
            found = [flat(call(cats.to(device), conts.to(device)), cats[:, 0]) for cats, conts, *_ in batches]
    finally:
        model.train(training)
    return torch.cat(found).cpu().numpy() if found else np.empty(0, np.float32)


def set_lrs(opt: torch.optim.Optimizer, lr: float | Sequence[float]) -> None:
    """Set the learning rate of every parameter group: one for all, or one for each."""
    groups = getattr(opt, "param_groups", None)
    if groups is None:
        raise CallerError(f"{type_of(opt)} is not an optimiser", where="opt", remedy="Write set_lrs(opt, lr)")
    rates = list(lr) if isinstance(lr, list | tuple | np.ndarray) and np.ndim(lr) else [lr] * len(groups)
    if len(rates) != len(groups):
        raise SettingsError(
            f"{len(rates)} rates do not fit {len(groups)} parameter groups", where="lr", remedy="Give one"
        )
    for group, rate in zip(groups, [number(one, "lr") for one in rates], strict=True):
        group["lr"] = rate
