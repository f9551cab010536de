"""Adapts a model whose item or user numbering differs from the split's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN, Vocabulary


@dataclass(frozen=True)
class Renumbering:
    """numbers: (N,) the model's number of each of the split's numbers; ids unknown to the model come after its own.

    features: a table whose rows are addressed by the model's numbers, or None.
    """

    numbers: NDArray[np.int32]
    features: FeatureTable | None

    @classmethod
    def of(cls, own: Vocabulary, theirs: Vocabulary, features: FeatureTable | None) -> Renumbering:
        """own: the model's vocabulary. theirs: the split's, whose rows `features` describes."""
        if np.array_equal(own.ids, theirs.ids[: len(own)]):
            return cls(np.arange(len(theirs), dtype=np.int32), features)
        found = own.numbers(theirs.ids)
        behind = len(own) + np.arange(len(theirs), dtype=np.int32)
        rows = np.concatenate([np.full(len(own), -1), np.arange(len(theirs))])
        return cls(np.where(found == UNKNOWN, behind, found), features and features.take(rows))

    def described(self, numbers: NDArray[np.int32]) -> FeatureTable | None:
        """The feature rows of the model's numbers (B,)."""
        return self.features and self.features.take(numbers)
