"""Scores from weights between items: a user's row says which items they chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.contraction import contract
from penchant.foundations.errors import CallerError, ModelShapeError
from penchant.foundations.shapes import check_shapes
from penchant.models.rows import Floats, Rows
from penchant.models.scorers.dot import with_ones
from penchant.models.scorers.row_problem import Array, RowPosterior, RowProblem, RowUpdate
from penchant.models.scorers.scorer import SideName


@dataclass(frozen=True)
class ItemItemScorer:
    """user vector · item vector, where the user vector has ones at the chosen items and an item's vector weighs them.

    spread: (K,), the diagonal of (XᵀX + λI)⁻¹, with which the regression that made the items' vectors can be solved
    for one more item. One sample.
    """

    spread: Floats

    @property
    def samples(self) -> int:
        return 1

    @property
    def mean(self) -> Floats:
        return np.zeros(1, np.float32)

    @property
    def linear(self) -> bool:
        return True

    @property
    def replaces_items(self) -> bool:
        return False

    def pairs(self, users: Rows, items: Rows) -> Floats:
        dots: Floats = contract("sbk,sbk->sb", users.vectors, items.vectors)
        return users.bias + items.bias + dots

    def all_items(self, users: Rows, items: Rows) -> Floats:
        from scipy.sparse import csr_array

        scores: Floats = csr_array(users.vectors[0]) @ items.vectors[0].T
        return scores + users.bias[0][:, None] + items.bias[0]

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        scores = self.pairs(users, items)
        by_row = with_ones((items if of == "users" else users).vectors)
        return scores, np.broadcast_to(by_row, (*scores.shape, by_row.shape[2]))

    def joint_variance(self, users: Rows, items: Rows) -> Floats | float:
        return 0.0  # rows have no covariance

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        return with_ones(item.vectors)[:, 0], self.mean, item.bias[:, 0]

    def stacked(self, items: Rows) -> Floats | None:
        return None  # user vectors are nearly all zeros: a dense product is not worth its memory

    def stacked_users(self, users: Rows) -> Floats:
        raise ModelShapeError("an item-item model has no stacked rows")

    def from_products(self, products: Floats) -> Floats:
        return products

    def infer(self, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, RowPosterior]:
        """A user's row has ones at the chosen items; an item's is its regression on all items. No update is needed."""
        counted, row = problem.weights > 0, problem.prior_mean.astype(np.float32)
        if problem.of == "users":
            counted &= problem.numbers < row.shape[1] - 1  # an item that was added later weighs on no other
        columns = np.where(counted, problem.numbers.astype(np.int64) + 1, 0)
        if counted.any():
            row = np.zeros_like(row)
            if problem.of == "users":
                row[0, columns[counted]] = 1.0
            else:
                row[0, 1:] = self._regression(problem, counted)
        return Rows(row[:, None, 0], row[:, None, 1:]), HistoryPosterior(columns, row)

    def _regression(self, problem: RowProblem, counted: NDArray[np.bool_]) -> Floats:
        """The weights (K,) with which all items predict one more that these users chose: (XᵀX + λI)⁻¹ Xᵀx.

        It is what training solves for each item, Steck 2019, equation 6 without the constraint, which concerns an
        item's weight on itself. The inverse P follows from the items' vectors: B = I - P / diag P, so
        P v = (I - B)(diag P ∘ v).
        """
        if problem.other.histories is None:
            raise ModelShapeError("the users of an item-item model have histories, not vectors")
        scaled = (self.spread * problem.other.histories.summed(problem.numbers[counted])).astype(np.float32)
        weights: Floats = scaled - scaled @ problem.own.vectors[0, : len(scaled)]
        return weights

    def check_widths(self, users: int, items: int) -> None:
        if users != items:
            raise ModelShapeError(f"user vectors have {users} factors, item vectors {items}")
        check_shapes("scorer", {"spread": self.spread}, {"spread": "K"}, {"K": items})

    def one_sample(self, number: int) -> ItemItemScorer:
        return self

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"scorer": "item_item"}, {"spread": self.spread}


@dataclass(frozen=True)
class HistoryPosterior:
    """What an item-item row is made of.

    columns: (n,), the place in the row [bias, vector] of each rating that counts, 0 for one that does not. row: (1, D),
    the prior's where no rating counts.
    """

    columns: NDArray[np.int64]
    row: NDArray[Any]

    def contributions(self, direction: Array) -> tuple[Array, Array]:
        """As in RowPosterior."""
        ratings: Array = np.where(self.columns > 0, direction[:, self.columns], 0.0)
        prior: Array = (direction * self.row).sum(axis=1) - ratings.sum(axis=1)
        return (np.zeros(len(prior)) if (self.columns > 0).any() else prior), ratings

    @property
    def covariance(self) -> NDArray[Any]:
        raise _no_uncertainty()

    @property
    def noise_precision(self) -> NDArray[Any]:
        raise _no_uncertainty()


def _no_uncertainty() -> CallerError:
    return CallerError(
        "an item-item model does not say how unsure a row is",
        remedy="For exploring and for questions to new users, use a model of factors, such as implicit_als or bayes",
    )
