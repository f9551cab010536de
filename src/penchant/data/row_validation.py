"""Rows that cannot be used: refused with file, row, column and remedy, or left out and counted if the caller wishes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

BadRows = Literal["error", "skip"]


@dataclass
class RowValidation:
    """source: the table's name in messages. names: role -> what the table calls that column.

    skip: leave bad rows out instead of raising. Rows count from 1 in messages; a file's header is not counted.
    """

    source: str
    names: dict[str, str]
    skip: bool = False
    refused: dict[str, int] = field(default_factory=dict)
    _bad: pl.Series | None = None
    _kept: pl.Series | None = None

    def refuse(self, bad: pl.Series, role: str, what: str, remedy: str, shown: pl.Series | None = None) -> None:
        """Raise DataError for the first row where `bad` is true, or count these rows out.

        shown: the column's values as they came, to quote the bad one.
        """
        fresh = bad if self._bad is None else bad & ~self._bad
        if not fresh.any():
            return
        if self.skip:
            self.refused[f"{self.names[role]}: {what}"] = int(fresh.sum())
            self._bad = bad if self._bad is None else bad | self._bad
            return
        row = fresh.arg_max() or 0
        quoted = "" if shown is None else f": {shown[row]!r}"
        raise DataError(what + quoted, where=self.place(row, role), remedy=remedy)

    def filtered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame without the rows that were refused; later places still speak of the table's own rows."""
        if self._bad is None:
            return frame
        self._kept = (~self._bad).arg_true()
        if len(self._kept) == 0:
            raise DataError("every row was refused", where=self.source, remedy=f"Reasons: {', '.join(self.refused)}")
        return frame.filter(~self._bad)

    def place(self, row: int, role: str) -> str:
        """Where a row of the frame, counted from 0, stands in the table, in words."""
        row = row if self._kept is None else int(self._kept[row])
        return f"{self.source}, row {row + 1}, column {self.names[role]!r}"
