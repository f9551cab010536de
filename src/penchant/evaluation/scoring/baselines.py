"""The baselines in every table: models that use no taste of the single user."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, Numbers, RecommenderScorer, ScorerOutput
from penchant.foundations.errors import DataError
from penchant.recommending.popularity import DAY
from penchant.recommending.recommender import Recommender
from penchant.training import registry

BASELINE = "baseline"
"""The name of the rating model without vectors."""

RECENT_WINDOWS = (7.0, 30.0)
"""The windows of recent popularity, in days."""


class GlobalMean:
    """Predicts the mean of the training ratings for every pair; it does not rank."""

    label = "mean"
    predicts_ratings, ranks = True, False

    def __init__(self, split: Split) -> None:
        self._mean, self._std = split.train.mean, float(split.train.values.std(dtype=np.float64))
        self._n_items = len(split.test.items)

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        return ScorerOutput(np.full(len(users), self._mean), np.full(len(users), max(self._std, 1e-6)))

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return np.zeros((len(users), self._n_items), np.float32)


class MostPopular:
    """Ranks items by their number of training interactions, the same for every user; it predicts no rating.

    window: count only interactions of the last `window` days before the split's cut; equal counts are ordered by the
    number of all interactions.
    """

    predicts_ratings, ranks = False, True

    def __init__(self, split: Split, window: float | None = None) -> None:
        """Raises DataError for a window where the split has no cut or its training ratings have no times."""
        self.label = "popular" if window is None else recent_label(window)
        items, n_items = split.train.item_numbers, len(split.test.items)
        counts = [np.bincount(items, minlength=n_items)]
        if window is not None:
            if split.cut is None or split.train.timestamps is None:
                raise DataError("recent popularity needs a cut and the times of ratings", where=split.name)
            recent = split.train.timestamps >= split.cut - window * DAY
            counts.insert(0, np.bincount(items[recent], minlength=n_items))
        levels = np.unique(np.stack(counts, axis=1), axis=0, return_inverse=True)[1]
        self._scores = levels.reshape(-1).astype(np.float32)

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        return ScorerOutput(self._scores[items])

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return np.broadcast_to(self._scores, (len(users), len(self._scores)))


def recent_label(window: float) -> str:
    """The label of the most popular items of the last `window` days."""
    return f"popular, {window:g} days"


def naive_baselines(split: Split) -> dict[str, Callable[[Split], EvaluationScorer]]:
    """Builders of the baselines that use no taste, by label; for a split with a cut, also recent popularity.

    For a table of choices, no baseline predicts ratings.
    """
    found: dict[str, Callable[[Split], EvaluationScorer]] = {"popular": MostPopular}
    if split.cut is not None:
        found |= {recent_label(window): partial(MostPopular, window=window) for window in RECENT_WINDOWS}
    return found if split.train.kind == "choices" else found | {GlobalMean.label: GlobalMean}


def baselines(split: Split, *, besides: Collection[str] = ()) -> list[EvaluationScorer]:
    """The baselines, trained on the training rows. besides: labels of baselines to leave out."""
    found = [build(split) for label, build in naive_baselines(split).items() if label not in besides]
    if split.train.kind == "ratings" and BASELINE not in besides and BASELINE in registry.MODELS:
        found.insert(0, RecommenderScorer(Recommender.of(registry.train(split.train, BASELINE)), split))
    return found
