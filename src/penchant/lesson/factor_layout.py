"""The places of the blocks on a factor sheet."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.lesson.sheets import area

TOP = 7
"""The first row below a sheet's explanation and its objective."""
OBJECTIVE = (5, 1)
"""Row and column of a sheet's RMSE."""


@dataclass(frozen=True)
class FactorLayout:
    """The places of the blocks on a factor sheet (zero-based rows and columns)."""

    users: int
    items: int
    factors: int
    bias: bool

    @property
    def left(self) -> int:
        """The first column of item cells: after the user's id, factors and bias."""
        return 1 + self.factors + self.bias

    @property
    def grid(self) -> int:
        """The first row of predictions: after the titles, ids, item factors and item biases."""
        return TOP + 2 + self.factors + self.bias

    @property
    def errors(self) -> int:
        """The first row of errors, below the predictions."""
        return self.grid + self.users + 2

    @property
    def unrated(self) -> int:
        """The first row of predictions for pairs without a rating, below the errors."""
        return self.errors + self.users + 2

    def user_cells(self) -> str:
        return area(self.grid, 1, self.grid + self.users - 1, self.left - 1)

    def item_cells(self) -> str:
        return area(TOP + 2, self.left, self.grid - 1, self.left + self.items - 1)

    def block(self, row: int) -> str:
        return area(row, self.left, row + self.users - 1, self.left + self.items - 1)
