"""The library in three lines: CollabFilterDataset, get_learner, learn.fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.foundations.optional import require
from penchant.foundations.rng import generator, spawn_seeds
from penchant.lesson.checked_numbers import number, rates_between, row_numbers, whole
from penchant.lesson.densities import PredictionDensity
from penchant.lesson.display import Summarized, Table, TrainingHistory
from penchant.lesson.losses import Metric, PrintedLosses, checked_metrics
from penchant.lesson.optimizer_choice import chosen_optimizer
from penchant.lesson.schedule_plots import SchedulePlots
from penchant.recommending.recommender import Recommender
from penchant.training.gradient import learner
from penchant.training.gradient.backend_choice import dot_bias_backend
from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.dot import biased_model
from penchant.training.gradient.events import TrainingPlan
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.fitting import FitResult
from penchant.training.gradient.initial_parameters import biased_start, bounds_of
from penchant.training.gradient.rate_finder import RateFinding, find_rate
from penchant.training.gradient.schedules import constant, cycle_lengths, sgdr
from penchant.training.gradient.settings import DotBiasSettings

if TYPE_CHECKING:
    from penchant.data.reading_rules import Duplicates
    from penchant.lesson.collab_model import CollabModel
    from penchant.lesson.data_loader import Batches


@dataclass(frozen=True, repr=False)
class CollabFilterDataset(Summarized):
    """A table of ratings with contiguous numbers for users and items."""

    ratings: Ratings

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        csv: str,
        user_name: str,
        item_name: str,
        rating_name: str,
        *,
        duplicates: Duplicates = "error",
    ) -> CollabFilterDataset:
        """From the file `csv` in the folder `path`.

        duplicates: what becomes of several rows of one user and item, as for `Ratings.from_csv`. Merging
        leaves fewer rows, so give `get_cv_idxs` the number `len(cf.ratings)`.
        """
        file = Path(path) / csv
        return cls(Ratings.from_csv(file, user=user_name, item=item_name, rating=rating_name, duplicates=duplicates))

    @classmethod
    def from_data_frame(
        cls, path: str | Path, df: Any, user_name: str, item_name: str, rating_name: str,
        *, duplicates: Duplicates = "error",
    ) -> CollabFilterDataset:  # fmt: skip
        """From a pandas or polars frame; nothing is read from `path`, where the lesson keeps its files."""
        return cls(Ratings.from_frame(df, user=user_name, item=item_name, rating=rating_name, duplicates=duplicates))

    @cached_property
    def user2idx(self) -> dict[Any, int]:
        """Each user's id and number."""
        return {key: number for number, key in enumerate(self.ratings.users.ids.tolist())}

    @cached_property
    def item2idx(self) -> dict[Any, int]:
        """Each item's id and number."""
        return {key: number for number, key in enumerate(self.ratings.items.ids.tolist())}

    @property
    def n_users(self) -> int:
        return self.ratings.n_users

    @property
    def n_items(self) -> int:
        return self.ratings.n_items

    @property
    def min_score(self) -> float:
        return float(self.ratings.values.min())

    @property
    def max_score(self) -> float:
        return float(self.ratings.values.max())

    def summary(self) -> str:
        ends = f"{self.min_score:g} to {self.max_score:g}"
        return f"{len(self.ratings):,} ratings from {ends}, {self.n_users:,} users, {self.n_items:,} items"

    def get_learner(
        self,
        n_factors: int,
        val_idxs: NDArray[Any],
        bs: int = 64,
        opt_fn: Any = "adam",
        *,
        metrics: Sequence[Metric] | None = None,
        seed: int = 0,
    ) -> CollabLearner:
        """A learner of the dot-bias model.

        val_idxs: row numbers, or a mask. opt_fn: torch.optim.Adam or SGD, its name, or a partial of it with betas or
        momentum. metrics: functions of predictions and ratings, printed after each epoch.
        """
        name, momenta = chosen_optimizer(opt_fn)
        rows = row_numbers(val_idxs, len(self.ratings), remedy="Take get_cv_idxs(len(cf.ratings))")
        settings = DotBiasSettings(
            factors=whole(n_factors, "n_factors"), batch_size=whole(bs, "bs"), optimizer=name, link="sigmoid",
            regularization=0.0, momentum=momenta[0], second_momentum=momenta[1],
        )  # fmt: skip
        return CollabLearner(self.ratings, rows, settings, seed, metrics)


@dataclass(frozen=True, repr=False)
class LearnerData(Summarized):
    """The learner's training and validation rows.

    trn_dl, val_dl: batches of users, items and ratings. trn_y, val_y: the ratings, (n,). bs: ratings a batch.
    """

    train: Ratings
    held: Held
    bs: int

    @property
    def val_y(self) -> NDArray[np.float32]:
        """The validation ratings, (n,), in the order of val_idxs."""
        return self.held.values

    @property
    def trn_y(self) -> NDArray[np.float32]:
        """The training ratings, (n,)."""
        return self.train.values

    @property
    def trn_dl(self) -> Batches:
        """The training rows in batches, in a new order on every pass."""
        return _batches(self.train, self.bs, np.random.default_rng(0))

    @property
    def val_dl(self) -> Batches:
        """The validation rows in batches, in the order of val_y."""
        return _batches(self.held, self.bs)

    def summary(self) -> str:
        return f"{len(self.trn_y):,} training and {len(self.val_y):,} validation ratings, batches of {self.bs}"


def _batches(rows: Ratings | Held, bs: int, rng: np.random.Generator | None = None) -> Batches:
    require("torch", extra="torch", what="a loader of batches")
    import torch

    from penchant.lesson.data_loader import Batches

    numbers = [torch.from_numpy(one.astype(np.int64)) for one in (rows.user_numbers, rows.item_numbers)]
    return Batches([*numbers, torch.from_numpy(rows.values.copy())], bs, rng)


class CollabLearner(Summarized):
    """Trains dot-bias by SGD with warm restarts, as the lesson's learner does; every fit continues the last one.

    history: the metrics of every epoch so far. rates, losses: of every step so far. sched: the pictures of the last fit
    or of the last search for a learning rate.
    """

    def __init__(
        self,
        ratings: Ratings,
        val_idxs: NDArray[np.int64],
        settings: DotBiasSettings,
        seed: int,
        metrics: Sequence[Metric] | None = None,
    ) -> None:
        held = np.zeros(len(ratings), dtype=bool)
        held[val_idxs] = True
        train = ratings.take(~held)
        self.data = LearnerData(train, Held.of(ratings.take(val_idxs), ratings), settings.batch_size)
        self._settings = settings
        self._bounds = bounds_of(train.scale, settings.widen)
        self._rng = generator(seed)
        self._start = biased_start(
            train, settings.factors, settings.init_std, settings.damping, self._rng, self._bounds
        )
        self._metrics = checked_metrics(metrics)
        self._backend = self._new_backend(0.0, False)
        self.history = TrainingHistory()
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.sched = SchedulePlots()

    def _new_backend(self, wds: float, decoupled: bool) -> Any:
        decay = {"weight_decay": wds, "decoupled_weight_decay": decoupled}
        settings = DotBiasSettings.from_json(self._settings.to_json() | decay)
        return dot_bias_backend(self._start, self.data.train, settings, self._bounds, FeatureEmbeddings())

    def fit(
        self,
        lrs: float,
        n_cycle: int,
        wds: float | None = None,
        cycle_len: int | None = None,
        cycle_mult: int = 1,
        metrics: Sequence[Metric] | None = None,
        *,
        use_wd_sched: bool = False,
    ) -> TrainingHistory:
        """Train, and print both losses after each epoch. Returns the metrics of these epochs.

        lrs: the learning rate. cycle_len: epochs of the first cosine cycle; each of the n_cycle cycles is cycle_mult
        times as long as the one before. Without it the rate is constant for n_cycle epochs. wds: L2 weight decay,
        or with use_wd_sched decoupled weight decay (AdamW). metrics: functions of predictions and ratings, in place of
        the learner's.
        """
        rate, decay = number(lrs, "lrs", above=0.0), 0.0 if wds is None else number(wds, "wds", such_as=2e-4)
        cycles, growth = whole(n_cycle, "n_cycle"), whole(cycle_mult, "cycle_mult")
        lengths = [cycles] if cycle_len is None else cycle_lengths(cycles, whole(cycle_len, "cycle_len"), growth)
        shown = self._metrics if metrics is None else metrics
        printed = PrintedLosses(self.data.held, len(self.history), metrics=shown)
        state, self._backend = self._backend.state(), self._new_backend(decay, use_wd_sched)
        self._backend.restore(state)
        plan = TrainingPlan(sum(lengths), rate, constant if cycle_len is None else sgdr(lengths))
        run = learner.fit(self._backend, plan, seed=self._seed(), callbacks=[printed])
        self.history += run.history
        self.rates += run.rates
        self.losses += run.losses
        self.sched = SchedulePlots(run.rates, run.losses)
        self.__dict__.pop("model", None)
        return TrainingHistory(run.history)

    def _seed(self) -> int:
        return int(spawn_seeds(self._rng, 1)[0])

    def lr_find(self, start_lr: float = 1e-5, end_lr: float = 10.0) -> RateFinding:
        """The loss at rising learning rates, with a suggestion and a picture; the parameters stay as they are."""
        low, high = rates_between(start_lr, end_lr)
        found = find_rate(self._backend, seed=self._seed(), low=low, high=high)
        self.sched = SchedulePlots(found.rates.tolist(), found.losses.tolist(), found)
        return found

    def predict(self) -> NDArray[np.float32]:
        """Predictions of the validation ratings, (n,)."""
        return self._backend.predict(self.data.held.user_numbers, self.data.held.item_numbers)

    def density(self) -> PredictionDensity:
        """Predictions against truth, ready to be plotted."""
        return PredictionDensity.of(self.data.val_y, self.predict())

    @cached_property
    def model(self) -> CollabModel:
        """A copy of the parameters as a PyTorch module with u, i, ub and ib; model(users, items) predicts."""
        from penchant.lesson.collab_model import CollabModel

        return CollabModel(self._backend.state(), self._bounds)

    def recommender(self) -> Recommender:
        """The trained model with lists, fold-in, saving and serving."""
        learned = FitResult(self._backend, [self._backend.state()], self.history)
        return Recommender.of(biased_model(self.data.train, self._settings, learned, self._bounds, FeatureEmbeddings()))

    def summary(self) -> str:
        return f"{self._settings.factors} factors, {len(self.history)} epochs trained, {self.data.summary()}"

    def table(self) -> Table | None:
        return self.history.table()
