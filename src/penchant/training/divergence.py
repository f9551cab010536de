"""Whether training diverged: predictions of training ratings that are not finite, or far off the scale."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import TrainingDivergedError
from penchant.models.trained import TrainedModel

PAIRS = 2000
"""Training ratings, evenly spaced, that are predicted."""

FAR = 2.0
"""Times the root mean square of the ratings: an error beyond it is worse than predicting zero for every pair."""


def check_converged(trained: TrainedModel, ratings: Ratings) -> TrainedModel:
    """The model. Raises TrainingDivergedError where its unclipped scores of training pairs cannot be used."""
    at = np.linspace(0, len(ratings) - 1, min(PAIRS, len(ratings))).astype(np.int64)
    users, items = (side.rows(numbers[at]) for side, numbers in
                    ((trained.users, ratings.user_numbers), (trained.items, ratings.item_numbers)))  # fmt: skip
    with np.errstate(all="ignore"):
        scores = trained.scorer.pairs(users, items).mean(axis=0, dtype=np.float64)
    if not np.isfinite(scores).all():
        raise _diverged(trained, "a prediction of a training rating is not a finite number")
    values = ratings.values[at].astype(np.float64)
    error, size = (float(np.sqrt(np.mean(np.square(one)))) for one in (scores - values, values))
    if trained.objective == "rating" and size > 0 and error > FAR * size:
        raise _diverged(trained, f"training ratings are predicted with an error of {error:.3g}")
    return trained


def _diverged(trained: TrainedModel, what: str) -> TrainingDivergedError:
    return TrainingDivergedError(
        f"the training diverged: {what}", where=trained.kind, remedy="Try a lower learning rate or a larger penalty"
    )
