"""ColdStartOffset: the prior offset of rows without interaction history, in a model that learns from histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from penchant.foundations.contraction import contract
from penchant.models.priors.effects import Arrays, RowFacts, RowMap
from penchant.models.rows import Floats, Rows


@dataclass(frozen=True)
class ColdStartOffset:
    """The prior offset used for a row without interaction history; its weight shrinks as ratings come in.

    base: (S, D), the mean row over the training ratings less the rest of the prior mean.
    slopes: (S, F, D), the change of the offset with the features, relative to `features`, or None without features.
    features: (F,), the mean features over the training ratings, or None.
    worth: the number of ratings that the offset counts for against the history effect.
    others: the number of rows of the other side in training.
    of_pairs: True for items: a row without any rating gets the offset without its base. The base is then added to its
    pairs with trained rows of the other side only (`Side.cold_start`).

    The reason for `of_pairs`: most ratings are of popular items, so the base of items is that of popular items. But an
    item without training ratings that a new user rates is often an unpopular one. On quadrants of the lesson's training
    rows, predictions of such pairs were 0.36 too high with the base. Without it their RMSE fell from 1.000 to 0.981 (5
    ratings given) and from 0.950 to 0.931 (20 given).
    """

    base: Floats
    slopes: Floats | None = None
    features: Floats | None = None
    worth: float = 1.0
    others: int = 0
    of_pairs: bool = False
    name: ClassVar[str] = "cold_start_offset"
    shapes: ClassVar[Mapping[str, str]] = {"base": "SD", "by_features": "SFD", "features": "F", "numbers": "3"}

    def mean(self, rows: RowFacts) -> Floats | float:
        whole = self._whole(rows.features, rows.count)
        if rows.history is None or not len(rows.history):
            return whole - self.base[:, None] if self.of_pairs else whole
        known = np.count_nonzero(rows.history < self.others)
        weighted: Floats = whole * np.float32(self.worth / (known + self.worth))
        return weighted

    def _whole(self, features: Any | None, count: int) -> Floats:
        """The offsets of `count` rows, (S, count, D), base included."""
        base = np.repeat(self.base[:, None], count, axis=1)
        if features is None or self.slopes is None or self.features is None:
            return base
        beyond = [np.asarray(features @ slopes) - self.features @ slopes for slopes in self.slopes]
        return base + np.stack(beyond).astype(np.float32)

    def along(self, rows: Rows) -> Floats:
        """What the base adds to the scores of pairs with rows of the other side: base · [1, vector], (S, B)."""
        offset: Floats = self.base[:, :1] + contract("sk,sbk->sb", self.base[:, 1:], rows.vectors)
        return offset.astype(np.float32)

    def samples(self, at: slice) -> ColdStartOffset:
        return replace(self, base=self.base[at], slopes=None if self.slopes is None else self.slopes[at])

    def concatenated(self, other: ColdStartOffset) -> ColdStartOffset:
        slopes = None
        if self.slopes is not None and other.slopes is not None:
            slopes = np.concatenate([self.slopes, other.slopes])
        return replace(other, base=np.concatenate([self.base, other.base]), slopes=slopes)

    def mapped(self, through: RowMap) -> ColdStartOffset:
        slopes = None if self.slopes is None else through(self.slopes)
        return replace(self, base=through(self.base[:, None])[:, 0], slopes=slopes)

    def to_arrays(self) -> Arrays:
        arrays = {"base": self.base, "slopes": self.slopes, "features": self.features}
        numbers = np.array([self.worth, self.others, self.of_pairs], np.float64)
        return {name: array for name, array in arrays.items() if array is not None} | {"numbers": numbers}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> ColdStartOffset:
        worth, others, of_pairs = arrays["numbers"].tolist()
        return cls(arrays["base"], arrays.get("slopes"), arrays.get("features"), worth, int(others), bool(of_pairs))
