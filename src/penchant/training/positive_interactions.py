"""Positive interactions: the rows on which models of implicit feedback are trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.foundations.settings import Settings, setting
from penchant.models.trained import Confidence, Feedback


@dataclass(frozen=True)
class FeedbackSettings(Settings):
    """What every model of positive interactions has as settings: which rows are some, and what their age means."""

    positive_from: float | None = setting(None, "the least rating that is positive; none: every row is")
    half_life: float | None = setting(
        None, "days after which an interaction weighs half; none: age does not matter", above=0.0
    )

    def feedback(self, ratings: Ratings, confidence: Confidence = "equal") -> Feedback:
        """The feedback of these ratings. Raises DataError for a half-life where they have no times."""
        if self.half_life is None:
            return Feedback(self.positive_from, confidence)
        if ratings.timestamps is None:
            raise DataError(
                "the ratings have no times, so none is older than another",
                where="half_life",
                remedy="Name the column of times when reading the table, or leave half_life out",
            )
        latest = int(ratings.timestamps.max())
        return Feedback(self.positive_from, confidence, half_life=self.half_life, latest=latest)


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
