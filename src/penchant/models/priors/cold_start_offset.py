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

    base: (S, D), how far the row of the average rating lies from the rest of the prior mean. by_features: (S, F, D),
    how that changes with features, relative to those of the average rating's row, features: (F,); both None where
    nothing is known of features. worth: how many ratings the offset counts for against the effect of a history.
    others: how many rows of the other side training knew. of_pairs: whether the base of a row without any rating is
    left out of it, and applies to its pairs with the rows that training formed instead (`Side.cold_start`).

    It does so for items: the base says that ratings are mostly of popular items. An item without training ratings that
    a new user rates is as often obscure: on quadrants of the lesson's training rows the predictions of such pairs were
    0.36 too high with the base, and without it the RMSE of pairs with a new user and a new item fell from 1.000 to
    0.981 (5 ratings given) and from 0.950 to 0.931 (20).
    """

    base: Floats
    by_features: Floats | None = None
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
        if features is None or self.by_features is None or self.features is None:
            return base
        beyond = [np.asarray(features @ slopes) - self.features @ slopes for slopes in self.by_features]
        return base + np.stack(beyond).astype(np.float32)

    def along(self, rows: Rows) -> Floats:
        """The base times rows [1, vector] of the other side, (S, B): what it adds to the scores of pairs."""
        offset: Floats = self.base[:, :1] + contract("sk,sbk->sb", self.base[:, 1:], rows.vectors)
        return offset.astype(np.float32)

    def samples(self, at: slice) -> ColdStartOffset:
        slopes = None if self.by_features is None else self.by_features[at]
        return replace(self, base=self.base[at], by_features=slopes)

    def concatenated(self, other: ColdStartOffset) -> ColdStartOffset:
        slopes = None
        if self.by_features is not None and other.by_features is not None:
            slopes = np.concatenate([self.by_features, other.by_features])
        return replace(other, base=np.concatenate([self.base, other.base]), by_features=slopes)

    def mapped(self, through: RowMap) -> ColdStartOffset:
        slopes = None if self.by_features is None else through(self.by_features)
        return replace(self, base=through(self.base[:, None])[:, 0], by_features=slopes)

    def to_arrays(self) -> Arrays:
        arrays = {"base": self.base, "by_features": self.by_features, "features": self.features}
        numbers = np.array([self.worth, self.others, self.of_pairs], np.float64)
        return {name: array for name, array in arrays.items() if array is not None} | {"numbers": numbers}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> ColdStartOffset:
        worth, others, of_pairs = arrays["numbers"].tolist()
        return cls(
            arrays["base"], arrays.get("by_features"), arrays.get("features"), worth, int(others), bool(of_pairs)
        )
