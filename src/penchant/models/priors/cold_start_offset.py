"""ColdStartOffset: where a row begins that nobody has met yet, in a model that learns from who met whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ColdStartOffset:
    """What stands in for the history of a row that has none yet, and gives way as one is gathered.

    Rows that few rated lie elsewhere than those that ratings are mostly about, and a row without a history looks to
    the model like one that nobody would ever rate. usual: (S, D), how far the row of the average rating lies from the
    rest of the prior mean. by_features: (S, F, D), how that changes with features, counted from those of the average
    rating's row, features: (F,); both None where nothing is known of features. worth: how many ratings the debut
    counts for beside a history.
    """

    usual: Floats
    by_features: Floats | None = None
    features: Floats | None = None
    worth: float = 0.0

    def samples(self, at: slice) -> ColdStartOffset:
        """The debut in some of its samples."""
        return replace(
            self, usual=self.usual[at], by_features=None if self.by_features is None else self.by_features[at]
        )

    def shifts(self, features: Any | None, count: int) -> Floats:
        """The debuts of `count` rows, (S, count, D); features: sparse or dense (count, F), or None."""
        usual = np.repeat(self.usual[:, None], count, axis=1)
        if features is None or self.by_features is None or self.features is None:
            return usual
        beyond = [np.asarray(features @ slopes) - self.features @ slopes for slopes in self.by_features]
        return usual + np.stack(beyond).astype(np.float32)

    def share_of_history(self, met: int) -> np.float32:
        """How much of what a history of `met` says counts already."""
        return np.float32(met / (met + self.worth))
