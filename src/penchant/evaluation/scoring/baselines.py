"""The baselines shown with every metric: what a list or a prediction reaches without knowing anything about taste."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, Numbers, RecommenderScorer, ScorerOutput
from penchant.recommending.popularity import Popularity
from penchant.recommending.recommender import Recommender
from penchant.training import registry

BASELINE = "baseline"
"""The name of the rating model without vectors."""

RECENT_WINDOWS = (7.0, 30.0)
"""The windows of recent popularity, in days."""


class GlobalMean:
    """Every rating is the mean of the training ratings; there is no order."""

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
    """Every user is shown the items that most people chose; it predicts no rating.

    window: only interactions of the last so many days before the split's cut count; of equal items, the one with more
    interactions of all time comes first.
    """

    predicts_ratings, ranks = False, True

    def __init__(self, split: Split, window: float | None = None) -> None:
        self.label = recent_label(window) if window else "popular"
        popularity = Popularity(Interactions.of(split.train), len(split.test.items), now=split.cut)
        both = np.stack([popularity.counts(window), popularity.counts()], axis=1)
        self._scores = np.unique(both, axis=0, return_inverse=True)[1].astype(np.float32)

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        return ScorerOutput(self._scores[items])

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return np.broadcast_to(self._scores, (len(users), len(self._scores)))


def recent_label(window: float) -> str:
    """The label of the most popular items of the last `window` days."""
    return f"popular, {window:g} days"


def naive_baselines(split: Split) -> dict[str, Callable[[Split], EvaluationScorer]]:
    """What to compare with that knows nothing of taste, by label; where the split has a cut, recent popularity too.

    Choices have no baseline that predicts ratings.
    """
    found: dict[str, Callable[[Split], EvaluationScorer]] = {"popular": MostPopular}
    if split.cut is not None:
        found |= {recent_label(window): partial(MostPopular, window=window) for window in RECENT_WINDOWS}
    return found if split.train.kind == "choices" else found | {GlobalMean.label: GlobalMean}


def baselines(split: Split, *, besides: Collection[str] = ()) -> list[EvaluationScorer]:
    """The baselines, trained on the training rows; those named in `besides` are left out."""
    found = [build(split) for label, build in naive_baselines(split).items() if label not in besides]
    if split.train.kind == "ratings" and BASELINE not in besides and BASELINE in registry.MODELS:
        found.insert(0, RecommenderScorer(Recommender.of(registry.train(split.train, BASELINE)), split))
    return found
