"""The library in three lines: CollabFilterDataset, get_learner, learn.fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.foundations.errors import SettingsError
from penchant.foundations.rng import spawn_seeds
from penchant.lesson.densities import PredictionDensity
from penchant.lesson.losses import PrintedLosses
from penchant.recommending.recommender import Recommender
from penchant.training.gradient import learner
from penchant.training.gradient.backend_choice import dot_bias_backend
from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.dot import biased_model
from penchant.training.gradient.events import Plan
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.fitting import FitResult
from penchant.training.gradient.initial_parameters import biased_start, bounds_of
from penchant.training.gradient.rate_finder import RateFinding, find_rate
from penchant.training.gradient.schedules import cycle_lengths, sgdr
from penchant.training.gradient.settings import DotBiasSettings

_BETAS = {"adam": (0.9, 0.999), "sgd": (0.9, 0.0)}
"""The momenta of the lesson's optimisers."""


@dataclass(frozen=True)
class CollabFilterDataset:
    """A table of ratings with contiguous numbers for users and items."""

    ratings: Ratings

    @classmethod
    def from_csv(cls, path: str | Path, csv: str, user_name: str, item_name: str, rating: str) -> CollabFilterDataset:
        """From the file `csv` in the folder `path`."""
        file = Path(path) / csv
        return cls(Ratings.from_csv(file, user=user_name, item=item_name, rating=rating, duplicates="error"))

    @classmethod
    def from_data_frame(cls, df: Any, user_name: str, item_name: str, rating: str) -> CollabFilterDataset:
        """From a pandas or polars frame."""
        return cls(Ratings.from_frame(df, user=user_name, item=item_name, rating=rating, duplicates="error"))

    @property
    def user2idx(self) -> dict[Any, int]:
        """Each user's id and number."""
        return {key: number for number, key in enumerate(self.ratings.users.ids.tolist())}

    @property
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

    def get_learner(
        self, n_factors: int, val_idxs: NDArray[Any], bs: int, opt_fn: Any = "adam", *, seed: int = 0
    ) -> CollabLearner:
        """A learner of the dot-bias model; opt_fn: torch.optim.Adam or SGD, or its name."""
        name = (opt_fn if isinstance(opt_fn, str) else opt_fn.__name__).lower()
        if name not in _BETAS:
            raise SettingsError(f"{name!r} is not an optimiser the learner knows", remedy="Use optim.Adam or optim.SGD")
        return CollabLearner(self.ratings, n_factors, np.asarray(val_idxs), bs, name, seed)


@dataclass(frozen=True)
class LearnerData:
    """What the learner learns from, and is tested on: trn_y, val_y and the batch size."""

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


class CollabLearner:
    """Trains dot-bias by SGD with warm restarts, as the lesson's learner does; fit goes on where the last one ended.

    history: the figures of every epoch so far. rates: the learning rate of every step so far.
    """

    def __init__(
        self, ratings: Ratings, factors: int, val_idxs: NDArray[Any], bs: int, optimizer: str, seed: int
    ) -> None:
        held = np.zeros(len(ratings), dtype=bool)
        held[val_idxs] = True
        train = ratings.take(~held)
        self.data = LearnerData(train, Held.of(ratings.take(val_idxs), ratings), bs)
        self._settings = DotBiasSettings(
            factors=factors, batch_size=bs, optimizer=optimizer, link="sigmoid", regularization=0.0,
            momentum=_BETAS[optimizer][0], second_momentum=_BETAS[optimizer][1],
        )  # fmt: skip
        self._bounds = bounds_of(train.scale, self._settings.widen)
        self._rng = np.random.default_rng(seed)
        self._start = biased_start(
            train, factors, self._settings.init_std, self._settings.damping, self._rng, self._bounds
        )
        self._road = self._new_road(0.0)
        self.history: list[Mapping[str, float]] = []
        self.rates: list[float] = []

    def _new_road(self, wds: float) -> Any:
        settings = DotBiasSettings.from_json(self._settings.to_json() | {"weight_decay": wds})
        return dot_bias_backend(self._start, self.data.train, settings, self._bounds, FeatureEmbeddings())

    def fit(
        self, lr: float, n_cycle: int, wds: float = 0.0, cycle_len: int = 1, cycle_mult: int = 1
    ) -> Sequence[Mapping[str, float]]:
        """Train for n_cycle cosine cycles: the first of cycle_len epochs, each cycle_mult times as long as the last.

        wds: L2 weight decay. Returns the figures of these epochs; both losses are printed after each.
        """
        lengths = cycle_lengths(n_cycle, cycle_len, cycle_mult)
        state, self._road = self._road.state(), self._new_road(wds)
        self._road.restore(state)
        printed = PrintedLosses(self.data.held, len(self.history))
        run = learner.fit(self._road, Plan(sum(lengths), lr, sgdr(lengths)), seed=self._seed(), callbacks=[printed])
        self.history += run.history
        self.rates += run.rates
        return run.history

    def _seed(self) -> int:
        return int(spawn_seeds(self._rng, 1)[0])

    def lr_find(self, start_lr: float = 1e-5, end_lr: float = 10.0) -> RateFinding:
        """The loss at rising learning rates, with a suggestion and a picture; the weights stay as they are."""
        return find_rate(self._road, seed=self._seed(), low=start_lr, high=end_lr)

    def predict(self) -> NDArray[np.float32]:
        """Predictions of the validation ratings, (n,)."""
        return self._road.predict(self.data.held.user_numbers, self.data.held.item_numbers)

    def density(self) -> PredictionDensity:
        """Predictions against truth, ready to be plotted."""
        return PredictionDensity.of(self.data.val_y, self.predict())

    def model(self) -> Recommender:
        """The trained model, with everything a Recommender can do."""
        learnt = FitResult(self._road, [self._road.state()], self.history)
        return Recommender.of(biased_model(self.data.train, self._settings, learnt, self._bounds, FeatureEmbeddings()))
