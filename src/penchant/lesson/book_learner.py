"""The learner of the book's chapter 8: `collab_learner(dls)`, `fit_one_cycle`, `show_results`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from penchant.foundations.arguments import type_of
from penchant.foundations.errors import CallerError, SettingsError
from penchant.foundations.rng import checked_seed, generator, spawn_seeds, torch_generator
from penchant.lesson.book_data import CollabDataLoaders, ShownRows
from penchant.lesson.book_models import BookDotBias, BookNet, Range, emb_sz_rule
from penchant.lesson.checked_numbers import number, rates_between, whole
from penchant.lesson.columnar import numbered_rows, predict, validation_rows
from penchant.lesson.columnar_rows import RowModule, row_caller
from penchant.lesson.display import Summarized, Table, TrainingHistory
from penchant.lesson.losses import Metric, PrintedLosses, checked_metrics
from penchant.lesson.schedule_plots import SchedulePlots
from penchant.training.gradient import learner
from penchant.training.gradient.events import TrainingPlan
from penchant.training.gradient.losses import Loss, checked_loss, nothing_to_train, squared_error
from penchant.training.gradient.rate_finder import RateFinding, find_rate
from penchant.training.gradient.schedules import Curve, constant, one_cycle
from penchant.training.gradient.torch_backend import TorchBackend
from penchant.training.gradient.torch_devices import CPU, RandomStates

_RATE, _DECAY = 1e-3, 0.01
"""The learning rate and the weight decay of a call that names none: those of the book's library."""


def get_emb_sz(dls: CollabDataLoaders, sz_dict: Mapping[str, int] | None = None) -> list[tuple[int, int]]:
    """Rows and width of the embedding of each column. sz_dict: widths that replace those of the rule, by column."""
    given = {} if sz_dict is None else sz_dict
    unknown = [column for column in given if column not in dls.classes] if isinstance(given, Mapping) else [given]
    if unknown:
        remedy = f"Give widths by column: {', '.join(map(repr, dls.classes))}"
        raise SettingsError(f"{unknown[0]!r} is not a column", where="emb_szs", remedy=remedy)
    return [(len(names), given.get(column, emb_sz_rule(len(names)))) for column, names in dls.classes.items()]


def collab_learner(
    dls: CollabDataLoaders,
    n_factors: int = 50,
    use_nn: bool = False,
    emb_szs: Mapping[str, int] | None = None,
    layers: Sequence[int] | None = None,
    y_range: Range = None,
    loss_func: Loss = squared_error,
    *,
    metrics: Sequence[Metric] | None = None,
    seed: int = 0,
) -> BookLearner:
    """A learner of the dot product with biases, or with use_nn of a network.

    emb_szs: widths by column, in place of the rule's. layers: units of each hidden layer. y_range: the limits of the
    sigmoid; the book takes half a star more than the highest rating.
    """
    states = RandomStates(CPU)
    states.seeded(checked_seed(seed))
    with states.used():
        if use_nn:
            model: nn.Module = BookNet(get_emb_sz(dls, emb_szs), layers or [n_factors], y_range)
        else:
            model = BookDotBias.from_classes(n_factors, dls.classes, y_range)
    return BookLearner(dls, model, loss_func, metrics=metrics, seed=seed)


class BookLearner(Summarized):
    """Trains a module with `forward(self, x)`, x (B, 2), by Adam with decoupled weight decay, on the module's device.

    history: the metrics of every epoch so far. sched: the pictures of the last run or search.
    """

    def __init__(
        self,
        dls: CollabDataLoaders,
        model: nn.Module,
        loss_func: Loss = squared_error,
        *,
        metrics: Sequence[Metric] | None = None,
        seed: int = 0,
    ) -> None:
        self.dls, self.model = _checked_dls(dls), model
        self.loss_func, self.metrics = checked_loss(loss_func), checked_metrics(metrics)
        row_caller(model)  # raises for what is not a module
        self._rng = generator(seed)
        self.history = TrainingHistory()
        self.sched = SchedulePlots()

    def fit_one_cycle(self, n_epoch: int, lr_max: float | None = None, *, wd: float | None = None) -> TrainingHistory:
        """Train with a rate that rises to lr_max over a quarter of the run and then falls to almost zero.

        lr_max is 0.001 and the weight decay wd is 0.01 unless given.
        """
        return self._fit(n_epoch, lr_max, wd, one_cycle())

    def fit(self, n_epoch: int, lr: float | None = None, *, wd: float | None = None) -> TrainingHistory:
        """Train with a constant rate, and print both losses after each epoch. Returns the metrics of these epochs."""
        return self._fit(n_epoch, lr, wd, constant)

    def _fit(self, epochs: int, rate: float | None, decay: float | None, curve: Curve) -> TrainingHistory:
        highest = number(_RATE if rate is None else rate, "the learning rate", above=0.0, such_as=5e-3)
        backend = self._backend(number(_DECAY if decay is None else decay, "wd", such_as=0.1))
        plan = TrainingPlan(whole(epochs, "n_epoch"), highest, curve)
        printed = PrintedLosses(
            validation_rows(self.dls.data), len(self.history), loss=self.loss_func, metrics=self.metrics
        )
        run = learner.fit(backend, plan, seed=self._seed(), callbacks=[printed])
        self.history += run.history
        self.sched = SchedulePlots(run.rates, run.losses)
        return TrainingHistory(run.history)

    def _backend(self, decay: float) -> TorchBackend:
        data, groups = self.dls.data, _groups(self.model, decay)
        if not groups:
            raise nothing_to_train()
        optimizer = torch.optim.AdamW(groups, lr=_RATE, betas=(0.9, 0.99), eps=1e-5)
        rows = numbered_rows(data.trn_idxs, data.trn_y)
        return TorchBackend(RowModule(self.model, data.rows), rows, optimizer, data.bs, loss=self.loss_func)

    def _seed(self) -> int:
        return int(spawn_seeds(self._rng, 1)[0])

    def lr_find(self, start_lr: float = 1e-7, end_lr: float = 10.0) -> RateFinding:
        """The loss at rising learning rates, with a suggestion and a picture; the parameters stay as they are."""
        low, high = rates_between(start_lr, end_lr)
        found = find_rate(self._backend(_DECAY), seed=self._seed(), low=low, high=high)
        self.sched = SchedulePlots(found.rates.tolist(), found.losses.tolist(), found)
        return found

    def get_preds(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Predictions and ratings of the validation rows, (n,) each."""
        return predict(self.model, self.dls.data), self.dls.data.val_y

    def validate(self) -> float:
        """The loss on the validation rows."""
        predicted, truth = (torch.from_numpy(one).double() for one in self.get_preds())
        return float(self.loss_func(predicted, truth))

    def show_results(self, max_n: int = 10) -> ShownRows:
        """Some validation rows with ids, rating and prediction."""
        data, name, order = self.dls.data, self.dls.rating_name, torch_generator(self._rng)
        chosen = torch.randperm(len(data.val_idxs), generator=order)[: whole(max_n, "max_n")].numpy()
        predicted, truth = self.get_preds()
        cats = data.rows.cats[data.val_idxs[chosen]]
        return self.dls.shown(cats, {name: truth[chosen], f"{name}_pred": predicted[chosen]})

    def summary(self) -> str:
        return f"{type(self.model).__name__}, {len(self.history)} epochs trained, {self.dls.summary()}"

    def table(self) -> Table | None:
        return self.history.table()


def _checked_dls(dls: Any) -> CollabDataLoaders:
    if not isinstance(dls, CollabDataLoaders):
        remedy = "Take CollabDataLoaders.from_df(ratings)"
        raise CallerError(f"{type_of(dls)} does not hold batches", where="dls", remedy=remedy)
    return dls


def _groups(model: nn.Module, decay: float) -> list[dict[str, object]]:
    """Parameters with decay, and those without: the additive ones of linear layers and of batch normalization."""
    free = {
        id(parameter)
        for part in model.modules()
        for name, parameter in part.named_parameters(recurse=False)
        if isinstance(part, nn.BatchNorm1d) or (isinstance(part, nn.Linear) and name == "bias")
    }
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [one for one in parameters if id(one) not in free], "weight_decay": decay},
        {"params": [one for one in parameters if id(one) in free], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
