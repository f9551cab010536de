"""What every scorer offers: how a user row and an item row become a number, and how one row is inferred."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from penchant.models.rows import Floats, Rows
from penchant.models.scorers.row_problem import RowPosterior, RowProblem, RowUpdate

Link = Literal["identity", "sigmoid", "ordered_probit"]
SideName = Literal["users", "items"]


class Scorer(Protocol):
    """Turns rows into expected ratings, sample by sample."""

    @property
    def samples(self) -> int: ...

    @property
    def mean(self) -> Floats:
        """The constant of the score in each sample, (S,); zero for a scorer that has none."""

    @property
    def linear(self) -> bool:
        """Whether the rating is linear in either row, so that its derivatives do not depend on that row."""

    @property
    def replaces_items(self) -> bool:
        """Whether an item that training knew can get a new row without training again."""

    def pairs(self, users: Rows, items: Rows) -> Floats:
        """The expected rating of B pairs in each sample, shape (S, B); a side has B rows, or one for all pairs."""

    def all_items(self, users: Rows, items: Rows) -> Floats:
        """The expected rating, averaged over samples, of every user row with every item row, shape (B, I)."""

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        """The expected ratings of B pairs, (S, B), and their derivatives by [bias, vector] of one side, (S, B, D)."""

    def joint_variance(self, users: Rows, items: Rows) -> Floats | float:
        """The variance, (S, B), of an expected rating from the product of two inferred rows' deviations.

        It is the trace of C_v E_v over the vector parts of the rows' covariances C and E. Both rows have a covariance.
        """

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        """What one user row is multiplied with, (S, D), and the score's constant and item bias, (S,) each."""

    def stacked(self, items: Rows) -> Floats | None:
        """The item rows as one vector each, (I, W), whose product with a stacked user row gives the score.

        None where there is no such product, or where it is not worth its memory.
        """

    def stacked_users(self, users: Rows) -> Floats:
        """The user rows as one vector each, (B, W), for the product with `stacked` items."""

    def from_products(self, products: Floats) -> Floats:
        """Expected ratings from the products of stacked rows, any shape."""

    def infer(self, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, RowPosterior]:
        """The row (S, 1, D) of one user or item given its ratings (fold-in), and what is known of it.

        row_update: the update of one row that training runs.
        """

    def check_widths(self, users: int, items: int) -> None:
        """Raise ModelShapeError unless user and item vectors of these lengths fit the scorer."""

    def one_sample(self, number: int) -> Scorer:
        """The scorer of one sample alone."""

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which `scorer_from_parts` builds the same scorer."""
