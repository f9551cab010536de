"""Positive interactions: the rows on which models of implicit feedback are trained."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.models.trained import Feedback


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
