"""The baselines in every table: models that use no taste of the single user."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, Numbers, RecommenderScorer, ScorerOutput
from penchant.recommending.recommender import Recommender
from penchant.training import registry

BASELINE = "baseline"


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
    """Ranks items by their number of training ratings, the same for every user; it predicts no rating."""

    label = "popular"
    predicts_ratings, ranks = False, True

    def __init__(self, split: Split) -> None:
        self._counts = np.bincount(split.train.item_numbers, minlength=len(split.test.items)).astype(np.float32)

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        return ScorerOutput(self._counts[items])

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return np.broadcast_to(self._counts, (len(users), len(self._counts)))


def baselines(split: Split, *, besides: Collection[str] = ()) -> list[EvaluationScorer]:
    """The baselines, trained on the training rows. besides: labels of baselines to leave out."""
    found: list[EvaluationScorer] = [MostPopular(split), GlobalMean(split)]
    if BASELINE not in besides and BASELINE in registry.MODELS:
        found.insert(0, RecommenderScorer(Recommender.of(registry.train(split.train, BASELINE)), split))
    return [one for one in found if one.label not in besides]
