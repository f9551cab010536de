"""The protocol of scorers: predict from a user row and an item row, and infer one row."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from penchant.models.rows import Floats, Rows
from penchant.models.scorers.row_problem import RowPosterior, RowProblem, RowUpdate

Link = Literal["identity", "sigmoid", "ordered_probit"]
SideName = Literal["users", "items"]


class Scorer(Protocol):
    """A function from rows to expected ratings, in each sample."""

    @property
    def samples(self) -> int: ...

    @property
    def mean(self) -> Floats:
        """The constant of the score in each sample, (S,); zero for a scorer that has none."""

    @property
    def linear(self) -> bool:
        """Whether the rating is linear in either row, so that its derivatives do not depend on that row."""

    @property
    def mean_of_dots(self) -> Floats | None:
        """(S,), if a rating is this mean, plus both biases, plus the dot product of the vectors; else None."""

    @property
    def replaces_items(self) -> bool:
        """Whether a known item can get a new row without training again."""

    def pairs(self, users: Rows, items: Rows) -> Floats:
        """The expected rating of B pairs in each sample, shape (S, B); a side has B rows, or one for all pairs."""

    def all_items(self, users: Rows, items: Rows) -> Floats:
        """The expected rating, averaged over samples, of every user row with every item row, shape (B, I)."""

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        """The expected ratings of B pairs, (S, B), and their derivatives by [bias, vector] of one side, (S, B, D)."""

    def joint_variance(self, users: Rows, items: Rows) -> Floats | float:
        """The variance of an expected rating from the product of the deviations of two inferred rows, (S, B).

        It is the trace of C_v E_v over the vector parts of the covariances C and E, which both rows must have.
        """

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        """The factor of a user row in the score, (S, D), and the score's constant and item bias, (S,) each."""

    def stacked(self, items: Rows) -> Floats | None:
        """The item rows as stacked vectors, (I, W), whose dot product with a stacked user row gives the score.

        None if there is no such product, or if it would waste memory.
        """

    def stacked_users(self, users: Rows) -> Floats:
        """The user rows as stacked vectors, (B, W), for the product with `stacked` items."""

    def from_products(self, products: Floats) -> Floats:
        """Expected ratings from the products of stacked rows, any shape."""

    def infer(self, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, RowPosterior]:
        """The row (S, 1, D) of one user or item given its ratings (fold-in), and its posterior.

        row_update: the row update of training.
        """

    def check_widths(self, users: int, items: int) -> None:
        """Raise ModelShapeError unless user and item vectors of these lengths fit the scorer."""

    def one_sample(self, number: int) -> Scorer:
        """The scorer of one sample alone."""

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which `scorer_from_parts` builds the same scorer."""
