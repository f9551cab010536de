"""Which ratings are choices: what models of implicit feedback learn from."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.models.trained import Feedback


def choices(ratings: Ratings, feedback: Feedback) -> Ratings:
    """The ratings that are choices. Raises DataError where there is none."""
    rows = np.flatnonzero(feedback.weights(ratings.values) > 0)
    if not len(rows):
        raise DataError(
            f"no rating reaches {feedback.positive_from}, so nothing was chosen",
            where="positive_from",
            remedy=f"Ratings go up to {ratings.values.max():g}",
        )
    return ratings.take(rows)
