"""ColdStartOffset: the prior offset of rows without interaction history, in a model that learns from histories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from penchant.foundations.contraction import contract
from penchant.models.rows import Floats, Rows


@dataclass(frozen=True)
class ColdStartOffset:
    """The prior offset used for a row without interaction history; its weight shrinks as ratings come in.

    base: (S, D), how far the row of the average rating lies from the rest of the prior mean. by_features: (S, F, D),
    how that changes with features, relative to those of the average rating's row, features: (F,); both None where
    nothing is known of features. worth: how many ratings the offset counts for against the effect of a history.
    of_pairs: whether the base of a row without any rating is left out of it, and applies to its pairs with the rows
    that training formed instead (`Side.cold_start`).

    It does so for items: the base says that ratings are mostly of popular items. An item without training ratings that
    a new user rates is as often obscure: on quadrants of the lesson's training rows the predictions of such pairs were
    0.36 too high with the base, and without it the RMSE of pairs with a new user and a new item fell from 1.000 to
    0.981 (5 ratings given) and from 0.950 to 0.931 (20).
    """

    base: Floats
    by_features: Floats | None = None
    features: Floats | None = None
    worth: float = 0.0
    of_pairs: bool = False

    def samples(self, at: slice) -> ColdStartOffset:
        """The offset in some of its samples."""
        return replace(self, base=self.base[at], by_features=None if self.by_features is None else self.by_features[at])

    def shifts(self, features: Any | None, count: int) -> Floats:
        """The whole offsets of `count` rows, (S, count, D); features: sparse or dense (count, F), or None."""
        base = np.repeat(self.base[:, None], count, axis=1)
        if features is None or self.by_features is None or self.features is None:
            return base
        beyond = [np.asarray(features @ slopes) - self.features @ slopes for slopes in self.by_features]
        return base + np.stack(beyond).astype(np.float32)

    def without_history(self, features: Any | None, count: int) -> Floats:
        """The part of the offsets that is in the rows of `count` users or items without ratings, (S, count, D)."""
        whole = self.shifts(features, count)
        return whole - self.base[:, None] if self.of_pairs else whole

    def along(self, rows: Rows) -> Floats:
        """The base times rows [1, vector] of the other side, (S, B): what it adds to the scores of pairs."""
        offset: Floats = self.base[:, :1] + contract("sk,sbk->sb", self.base[:, 1:], rows.vectors)
        return offset.astype(np.float32)

    def share_of_history(self, count: int) -> np.float32:
        """The weight of the effect of a history of `count` ratings; the offset has the rest."""
        return np.float32(count / (count + self.worth)) if count else np.float32(0)
