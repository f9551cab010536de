"""Scores from weights between items: a user's row says which items they chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats, Rows
from penchant.models.scorers.dot import DotScorer


@dataclass(frozen=True)
class ItemItemScorer(DotScorer):
    """A dot product whose user vector says which items were chosen, so that an item's vector weighs the others.

    spread: (K,), the diagonal of (XᵀX + λI)⁻¹, with which the regression that made the items' vectors can be solved
    for one more item.
    """

    spread: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def table(self, users: Rows, items: Rows) -> Floats:
        from scipy.sparse import csr_array

        chosen, weights = csr_array(users.vectors[0]), items.vectors[0].T
        scores: Floats = chosen @ weights
        return scores + self.mean[0] + users.bias[0][:, None] + items.bias[0]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"scorer": "item_item"}, {"mean": self.mean, "spread": self.spread}
