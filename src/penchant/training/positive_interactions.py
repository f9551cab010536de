"""Positive interactions: the rows on which models of implicit feedback are trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.models.trained import Feedback


def with_half_life(feedback: Feedback, ratings: Ratings, half_life: float | None) -> Feedback:
    """The feedback whose entries lose half their weight every `half_life` days before the last rating.

    Raises DataError where the ratings have no times.
    """
    if half_life is None:
        return feedback
    if ratings.timestamps is None:
        raise DataError(
            "the ratings have no times, so none is older than another",
            where="half_life",
            remedy="Name the column of times when reading the table, or leave half_life out",
        )
    return replace(feedback, half_life=half_life, latest=int(ratings.timestamps.max()))


def entry_weights(feedback: Feedback, positive: Ratings) -> NDArray[np.float32]:
    """What each positive interaction weighs, (n,), in the order of the ratings."""
    return feedback.weights(positive.values, positive.timestamps)


def positive_interactions(ratings: Ratings, feedback: Feedback) -> Ratings:
    """The ratings that are positive. Raises DataError if there are none."""
    rows = np.flatnonzero(feedback.weights(ratings.values) > 0)
    if not len(rows):
        raise DataError(
            f"no rating reaches {feedback.positive_from}, so there is no positive interaction",
            where="positive_from",
            remedy=f"Ratings go up to {ratings.values.max():g}",
        )
    return ratings.take(rows)
