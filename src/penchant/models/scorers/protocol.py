"""What every scorer offers: how a user row and an item row become a number."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from penchant.models.rows import Floats, Rows

Link = Literal["identity", "sigmoid", "ordered_probit"]
SideName = Literal["users", "items"]


class Scorer(Protocol):
    """Turns rows into expected ratings, draw by draw."""

    @property
    def samples(self) -> int: ...

    def pairs(self, users: Rows, items: Rows) -> Floats:
        """The expected rating of B pairs in each draw, shape (S, B); a side has B rows, or one for all pairs."""

    def table(self, users: Rows, items: Rows) -> Floats:
        """The expected rating, averaged over samples, of every user row with every item row, shape (B, I)."""

    def tangent(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        """The expected ratings of B pairs, (S, B), and their derivatives by [bias, vector] of one side, (S, B, D)."""

    def one_sample(self, number: int) -> Scorer:
        """The head of one draw alone."""

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which `scorer_from_parts` builds the same scorer."""
