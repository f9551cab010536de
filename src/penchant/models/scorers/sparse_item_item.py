"""Scores from weights between items, of which each item has few: both rows are sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import ModelShapeError
from penchant.models.history_rows import HistoryRows
from penchant.models.rows import Floats, Rows
from penchant.models.scorers.item_item import ItemItemBase, histories_of, row_of
from penchant.models.scorers.row_problem import RowProblem
from penchant.models.scorers.scorer import SideName


@dataclass(frozen=True)
class SparseItemItemScorer(ItemItemBase):
    """The sum, over the items of a user's history, of their weights B_ji on the item.

    A user's vector is their history, of K numbers. An item's row has no vector; its `history` holds the items that it
    has weights on. penalty, neighbours: with which a new item's weights are solved. One sample.
    """

    penalty: float
    neighbours: int

    def pairs(self, users: Rows, items: Rows) -> Floats:
        pairs = len(items) if len(users) == 1 else len(users)
        scores = np.broadcast_to(users.bias + items.bias, (1, pairs)).astype(np.float32)
        columns = items.history
        if columns is not None:
            owners = columns.owners
            vectors = users.vectors[0]
            if len(items) == 1:
                scores[0] += vectors[:, columns.numbers] @ columns.values
            else:
                by_user = vectors[0 if len(users) == 1 else owners, columns.numbers]
                scores[0] += np.bincount(owners, by_user * columns.values, minlength=pairs)
        return scores

    def all_items(self, users: Rows, items: Rows) -> Floats:
        from scipy.sparse import csr_array

        scores = users.bias[0][:, None] + items.bias[0]
        if items.history is not None:
            scores += (csr_array(users.vectors[0]) @ items.history.by_number).toarray()
        return scores

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        scores = self.pairs(users, items)
        if of == "items":
            return scores, np.ones((*scores.shape, 1), np.float32)
        by_row = np.concatenate([np.ones((len(items), 1), np.float32), self._columns(items, users)], axis=1)
        return scores, np.broadcast_to(by_row[None], (*scores.shape, by_row.shape[1]))

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        one = np.ones((1, 1), np.float32)
        return np.concatenate([one, self._columns(item, user)], axis=1), self.mean, item.bias[:, 0]

    def _columns(self, items: Rows, users: Rows) -> Floats:
        """The weights of B items on all others, (B, K)."""
        if items.history is None:
            return np.zeros((len(items), users.vectors.shape[2]), np.float32)
        return items.history.summed_by_number()

    def new_item(self, problem: RowProblem, weights: NDArray[Any], counted: NDArray[np.bool_]) -> Rows:
        """The weights of a new item on those that its users chose most, as training solves them."""
        from scipy.linalg import solve
        from scipy.sparse import csr_array

        histories = histories_of(problem.other)
        products = histories.summed(problem.numbers[counted], weights[counted])
        rated = np.flatnonzero(products > 0)
        near = np.sort(rated[np.argsort(-products[rated], kind="stable")[: self.neighbours]])
        shape = (len(histories), histories.items)
        chosen = csr_array((histories.values, histories.numbers, histories.starts), shape=shape)[:, near]
        gram = (chosen.T @ chosen).toarray().astype(np.float64) + self.penalty * np.eye(len(near))
        found = solve(gram, products[near], assume_a="pos") if len(near) else np.zeros(0)
        starts = np.array([0, len(near)])
        own = HistoryRows.of_items(starts, near.astype(np.int32), found.astype(np.float32), histories.items)
        return row_of(problem.prior_mean.astype(np.float32), own)

    def check_widths(self, users: int, items: int) -> None:
        if items:
            raise ModelShapeError(f"items have weights, not vectors of {items} factors")

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"scorer": "sparse_item_item", "penalty": self.penalty, "neighbours": self.neighbours}, {}
