"""Scores from weights between items: a user's row follows from the items they chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.contraction import contract
from penchant.foundations.errors import CallerError, ModelShapeError
from penchant.foundations.shapes import check_shapes
from penchant.models.history_rows import HistoryRows
from penchant.models.rows import Floats, Rows
from penchant.models.scorers.dot import with_ones
from penchant.models.scorers.row_problem import Array, RowPosterior, RowProblem, RowUpdate
from penchant.models.scorers.scorer import SideName
from penchant.models.sides import Side


class ItemItemBase:
    """What the two forms of item-item scorers share: one sample, no constant, and a user's row is their history."""

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
    def mean_of_dots(self) -> None:
        return None

    @property
    def replaces_items(self) -> bool:
        return False

    def joint_variance(self, users: Rows, items: Rows) -> Floats | float:
        return 0.0  # rows have no covariance

    def stacked(self, items: Rows) -> Floats | None:
        return None  # a score is no product of dense vectors

    def stacked_users(self, users: Rows) -> Floats:
        raise ModelShapeError("an item-item model has no stacked rows")

    def from_products(self, products: Floats) -> Floats:
        return products

    def one_sample(self, number: int) -> Self:
        return self

    def new_item(self, problem: RowProblem, weights: Array, counted: NDArray[np.bool_]) -> Rows:
        """The row of a new item from the users who chose it. weights: (n,); counted: (n,)."""
        raise NotImplementedError

    def infer(self, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, RowPosterior]:
        """A user's row is that of the items they chose; an item's is solved from its users'. No update is needed."""
        counted, prior = problem.weights > 0, problem.prior_mean.astype(np.float32)
        weights = np.square(problem.weights)
        if problem.of == "items":
            item = self.new_item(problem, weights, counted) if counted.any() else row_of(prior)
            none = np.zeros(len(weights), np.int32)
            return item, HistoryPosterior(histories_of(problem.other).row(none, none), item.joined[:, 0])
        histories = histories_of(problem.own)
        counted &= problem.numbers < histories.items  # an item that was added later weighs on no other
        chosen = histories.row(np.where(counted, problem.numbers, 0), np.where(counted, weights, 0.0))
        if not counted.any():
            return row_of(prior), HistoryPosterior(chosen, prior)
        own = histories.row(problem.numbers[counted], weights[counted])
        row = np.concatenate([np.zeros((1, 1), np.float32), own.summed_by_row()], axis=1)
        return row_of(row, own), HistoryPosterior(chosen, np.zeros_like(row))


@dataclass(frozen=True)
class ItemItemScorer(ItemItemBase):
    """The sum, over the items of a user's history, of their weights B_ji on the item.

    In the dense form a user's vector is their history and an item's is its column of B. In the factored form
    B_ji = s_j v_j · v_i for j ≠ i, a user's vector is Σ_j s_j v_j (see HistoryRows), and an item's is v_i.
    spread: what a new item's row is solved with. Dense: (K,), the diagonal of (XᵀX + λI)⁻¹. Factored: (W,) or (W, W),
    what the sum of its users' vectors is multiplied with. self_weights: (K,), s_i v_i · v_i, the weight of an item on
    itself, which the score of an item of the history does not have; None in the dense form. One sample.
    """

    spread: Floats
    self_weights: Floats | None = None

    def pairs(self, users: Rows, items: Rows) -> Floats:
        dots: Floats = contract("sbk,sbk->sb", users.vectors, items.vectors)
        return users.bias + items.bias + dots - self._self_pulls(users, items)

    def all_items(self, users: Rows, items: Rows) -> Floats:
        scores = self._products(users, items)
        scores += users.bias[0][:, None]
        scores += items.bias[0]
        if self.self_weights is not None and users.history is not None and items.numbers is not None:
            places = np.full(len(self.self_weights), -1)
            known = (items.numbers >= 0) & (items.numbers < len(places))
            places[items.numbers[known]] = np.flatnonzero(known)
            chosen, columns = users.history, places[users.history.numbers]
            here = columns >= 0
            pulls = (chosen.values * self.self_weights[chosen.numbers])[here]
            scores[chosen.owners[here], columns[here]] -= pulls
        return scores

    def _products(self, users: Rows, items: Rows) -> Floats:
        if self.self_weights is not None:
            dense: Floats = users.vectors[0] @ items.vectors[0].T
            return dense
        from scipy.sparse import csr_array

        sparse: Floats = csr_array(users.vectors[0]) @ items.vectors[0].T
        return sparse

    def _self_pulls(self, users: Rows, items: Rows) -> Floats | float:
        """The weight on itself of each pair's item, (1, B), where the user's history has it; 0 elsewhere."""
        if self.self_weights is None or users.history is None or items.numbers is None:
            return 0.0
        pairs = len(items) if len(users) == 1 else len(users)
        chosen, pulls = users.history, np.zeros((1, pairs), np.float32)
        if len(users) == 1:
            by_item = np.zeros(len(self.self_weights) + 1, np.float32)
            by_item[chosen.numbers] = chosen.values * self.self_weights[chosen.numbers]
            known = (items.numbers >= 0) & (items.numbers < len(self.self_weights))
            pulls[0] = by_item[np.where(known, items.numbers, -1)]
        else:
            owners = chosen.owners
            here = chosen.numbers == np.broadcast_to(items.numbers, pairs)[owners]
            own = chosen.numbers[here]
            pulls[0, owners[here]] = chosen.values[here] * self.self_weights[own]
        return pulls

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        scores = self.pairs(users, items)
        by_row = with_ones((items if of == "users" else users).vectors)
        return scores, np.broadcast_to(by_row, (*scores.shape, by_row.shape[2]))

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        """The weight on itself of an item that the user chose is taken off its bias."""
        own = item.bias - self._self_pulls(user, item)
        return with_ones(item.vectors)[:, 0], self.mean, own[:, 0]

    def new_item(self, problem: RowProblem, weights: Array, counted: NDArray[np.bool_]) -> Rows:
        """The row of a new item that these users chose; it is not part of any user's row.

        Its weights solve what training solves for each item, Steck 2019, equation 6 without the constraint, which
        concerns an item's weight on itself: (XᵀX + λI)⁻¹ Xᵀx. In the dense form the inverse P follows from the items'
        vectors: B = I - P / diag P, so P y = (I - B)(diag P ∘ y).
        """
        users = problem.numbers[counted]
        total = histories_of(problem.other).summed(users, weights[counted])
        if self.self_weights is None:
            scaled = (self.spread * total).astype(np.float32)
            vector = scaled - scaled @ problem.own.vectors[0, : len(scaled)]
        else:
            vector = self.spread * total if self.spread.ndim == 1 else self.spread @ total
        return row_of(np.concatenate([[0.0], vector]).astype(np.float32)[None])

    def check_widths(self, users: int, items: int) -> None:
        if users != items:
            raise ModelShapeError(f"user vectors have {users} factors, item vectors {items}")
        axes = "W" if self.self_weights is None or self.spread.ndim == 1 else "WW"
        arrays = {"spread": self.spread, "self_weights": self.self_weights}
        check_shapes("scorer", arrays, {"spread": axes, "self_weights": "K"}, {"W": items})

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = {"spread": self.spread}
        if self.self_weights is not None:
            arrays["self_weights"] = self.self_weights
        return {"scorer": "item_item"}, arrays


def row_of(joined: NDArray[Any], history: HistoryRows | None = None) -> Rows:
    """A row (1, 1, D) from [bias, vector] (1, D)."""
    return Rows(joined[:, None, 0], joined[:, None, 1:], history=history)


def histories_of(users: Side) -> HistoryRows:
    """The histories of the users of an item-item model."""
    if users.histories is None:
        raise ModelShapeError("the users of an item-item model have histories, not vectors")
    return users.histories


@dataclass(frozen=True)
class HistoryPosterior:
    """What an item-item row is made of.

    chosen: the one history whose entries are the ratings, (n,); the value of one that does not count is 0. row: (1, D),
    what none of the ratings contributes: the prior's row where no rating counts.
    """

    chosen: HistoryRows
    row: NDArray[Any]

    def contributions(self, direction: Array) -> tuple[Array, Array]:
        """As in RowPosterior."""
        prior: Array = (direction * self.row).sum(axis=1)
        return prior, self.chosen.pulls(direction[0, 1:])[None]

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
