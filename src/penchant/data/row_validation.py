"""Invalid rows: an error with file, row, column and remedy, or left out and counted if the caller asks for that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


@dataclass
class RowValidation:
    """Collects the invalid rows of a table.

    source: the table's name in messages. names: role -> column. skip: leave out invalid rows instead of raising. In
    messages the first row is row 1; a file's header is not counted. refused, left_out: reason -> number of rows.
    """

    source: str
    names: dict[str, str]
    skip: bool = False
    refused: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    _bad: pl.Series | None = None
    _kept: pl.Series | None = None

    def check_type(self, column: pl.Series, *, number: bool = False, time: bool = False) -> None:
        """Raise DataError for a type that holds several values a row, or a time where none belongs.

        column: named by its role. number: whether it has ratings or weights. time: whether it has times.
        """
        import polars as pl

        dtype = column.dtype
        several = dtype.is_nested() or dtype in (pl.Object, pl.Binary) or (dtype == pl.Duration and not time)
        if several or (number and dtype.is_temporal()):
            raise DataError(
                f"a column of type {dtype} cannot be read",
                where=f"{self.source}, column {self.names[column.name]!r}",
                remedy=f"Convert it to numbers{'' if number else ' or texts'}, one a row",
            )
        if number and dtype == pl.Boolean:
            raise DataError(
                "true and false are not numbers",
                where=f"{self.source}, column {self.names[column.name]!r}",
                remedy="Convert them to the numbers that they stand for, such as 1 and 0",
            )

    def refuse(self, bad: pl.Series, role: str, what: str, remedy: str, shown: pl.Series | None = None) -> None:
        """Raise DataError for the first row where `bad` is true, or mark these rows to be left out.

        shown: the column's original values, to quote the invalid one.
        """
        new = bad if self._bad is None else bad & ~self._bad
        if not new.any():
            return
        if self.skip:
            self.refused[f"{self.names[role]}: {what}"] = int(new.sum())
            self._bad = bad if self._bad is None else bad | self._bad
            return
        row = new.arg_max() or 0
        quoted = "" if shown is None else f": {shown[row]!r}"
        raise DataError(what + quoted, where=self.place(row, role), remedy=remedy)

    def leave_out(self, rows: pl.Series, reason: str) -> None:
        """Leave out rows that are not invalid, such as blank lines, and count them."""
        new = rows if self._bad is None else rows & ~self._bad
        if new.any():
            self.left_out[reason] = int(new.sum())
            self._bad = new if self._bad is None else new | self._bad

    def filtered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame without the invalid rows; `place` still gives the row numbers of the original table."""
        if self._bad is None:
            return frame
        self._kept = (~self._bad).arg_true()
        if len(self._kept) == 0:
            reasons = ", ".join([*self.refused, *self.left_out])
            what = "all rows are invalid" if self.refused else "the table has no rows with ratings"
            raise DataError(what, where=self.source, remedy=f"Reasons: {reasons}")
        return frame.filter(~self._bad)

    def place(self, row: int, role: str) -> str:
        """The place in the table, as text, of a row of the frame, counted from 0."""
        row = row if self._kept is None else int(self._kept[row])
        return f"{self.source}, row {row + 1}, column {self.names[role]!r}"
