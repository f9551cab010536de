"""PopularityMean: the prior mean of a user who chose nothing yet, whose list is then of popular items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from penchant.models.priors.effects import Arrays, RowFacts, RowMap
from penchant.models.rows import Floats


@dataclass(frozen=True)
class PopularityMean:
    """Where a row without any history is expected; rows with one are not moved.

    base: (S, D), a row [bias, vector] whose product with an item's row is about the share of users who chose the item.
    """

    base: Floats
    name: ClassVar[str] = "popularity_mean"

    def mean(self, rows: RowFacts) -> Floats | float:
        if rows.history is not None and len(rows.history):
            return 0.0
        return np.repeat(self.base[:, None], rows.count, axis=1)

    def samples(self, at: slice) -> PopularityMean:
        return PopularityMean(self.base[at])

    def concatenated(self, other: PopularityMean) -> PopularityMean:
        return PopularityMean(np.concatenate([self.base, other.base]))

    def mapped(self, through: RowMap) -> PopularityMean:
        return PopularityMean(through(self.base[:, None])[:, 0])

    def to_arrays(self) -> Arrays:
        return {"base": self.base}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> PopularityMean:
        return cls(arrays["base"])
