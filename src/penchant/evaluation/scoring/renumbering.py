"""From a split's numbers to a model's, whose vocabulary may be in another order or know fewer ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN, Vocabulary


@dataclass(frozen=True)
class Renumbering:
    """numbers: (N,) the model's number of each of the split's; behind the model's own where it has none.

    features: a table whose row of such a number describes it, or None.
    """

    numbers: NDArray[np.int32]
    features: FeatureTable | None

    @classmethod
    def of(cls, own: Vocabulary, theirs: Vocabulary, features: FeatureTable | None) -> Renumbering:
        if np.array_equal(own.ids, theirs.ids[: len(own)]):
            return cls(np.arange(len(theirs), dtype=np.int32), features)
        found = own.numbers(theirs.ids)
        behind = len(own) + np.arange(len(theirs), dtype=np.int32)
        rows = np.concatenate([np.full(len(own), -1), np.arange(len(theirs))])
        return cls(np.where(found == UNKNOWN, behind, found), features and features.take(rows))

    def described(self, numbers: NDArray[np.int32]) -> FeatureTable | None:
        """The feature rows of the model's numbers (B,)."""
        return self.features and self.features.take(numbers)
