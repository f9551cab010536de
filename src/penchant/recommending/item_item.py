"""Rows of an item-item model: a user's says what they chose, a new item's is its regression on the items there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.errors import CallerError
from penchant.models.history_rows import history_rows_of
from penchant.models.rows import Rows
from penchant.models.scorers import ItemItemScorer, SideName
from penchant.models.trained import TrainedModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Choices:
    """What a user's row is made of, where a Linearization would stand in other models.

    columns: (n,), the place in the row [bias, vector] of each rating that is a choice, 0 for one that is none. row:
    (1, D), the prior's where nothing was chosen.
    """

    columns: NDArray[np.int64]
    row: NDArray[Any]

    def pulls(self, taste: Array) -> tuple[Array, Array]:
        """What the prior, (S,), and each rating, (S, n), add to the score along `taste` (S, D)."""
        pulls: Array = np.where(self.columns > 0, taste[:, self.columns], 0.0)
        prior: Array = (taste * self.row).sum(axis=1) - pulls.sum(axis=1)
        return (prior if not self.chosen else np.zeros(len(prior))), pulls

    @property
    def chosen(self) -> bool:
        """Whether any rating is a choice."""
        return bool((self.columns > 0).any())

    @property
    def covariance(self) -> NDArray[Any]:
        raise _unsure()

    @property
    def noise_precision(self) -> NDArray[Any]:
        raise _unsure()


def chosen_row(
    trained: TrainedModel, of: SideName, numbers: Numbers, values: NDArray[Any], start: NDArray[Any]
) -> tuple[Rows, Choices]:
    """The row (1, 1, D) of one user who rated `numbers` (n,), or of one item that they rated.

    start: (1, D), the row of one who chose nothing, or whom nobody chose.
    """
    if trained.feedback is None or not isinstance(trained.scorer, ItemItemScorer):
        raise TypeError(f"a model of kind {trained.kind} has no rows of choices")
    wished = trained.feedback.weights(values) > 0
    if of == "users":
        wished &= numbers < trained.users.factors  # an item that was added later weighs on no other
    row = start.astype(np.float32)
    columns = np.where(wished, numbers.astype(np.int64) + 1, 0)
    if wished.any():
        row = np.zeros_like(row)
        row[0, 1:] = _regression(trained, trained.scorer, numbers[wished]) if of == "items" else 0.0
        if of == "users":
            row[0, columns[wished]] = 1.0
    return Rows(row[:, None, 0], row[:, None, 1:]), Choices(columns, row)


def _regression(trained: TrainedModel, scorer: ItemItemScorer, users: Numbers) -> NDArray[np.float32]:
    """The weights (K,) with which all items predict one more that these users chose: (XᵀX + λI)⁻¹ Xᵀx.

    It is what training solves for each item, Steck 2019, equation 6 without the constraint, which concerns an item's
    weight on itself. The inverse P is there in the items' vectors: B = I - P / diag P, so P v = (I - B)(diag P ∘ v).
    """
    histories = history_rows_of(trained.users.vectors)
    if histories is None:
        raise TypeError("an item-item model holds its users as histories")
    scaled = (scorer.spread * histories.summed(users)).astype(np.float32)
    weights: NDArray[np.float32] = scaled - scaled @ trained.items.vectors[0, : len(scaled)]
    return weights


def _unsure() -> CallerError:
    return CallerError(
        "an item-item model does not say how unsure it is of anybody's row",
        remedy="For exploring and for questions to newcomers, use a model of factors, such as implicit_als or bayes",
    )
