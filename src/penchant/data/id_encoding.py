"""From a column of ids to numbers: a column's distinct ids, sorted, become a vocabulary.

Checks that look at the ids run over the distinct ones only, so that 20 million rows cost as much as their few ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from penchant.data.row_validation import RowValidation
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

IdKind = Literal["detect", "text"]
WHOLE = "^(0|-?[1-9][0-9]{0,17})$"
"""Spelled as a whole number in the one way it can be: 007 is a text, since reading it as 7 would lose its zeros."""


def plain_ids(column: pl.Series, checks: RowValidation) -> pl.Series:
    """The ids as Int64 or String, the rows without one refused."""
    import polars as pl

    role = column.name
    missing = column.is_null()
    if column.dtype.is_float():
        missing = missing | column.is_nan()
        checks.refuse((column.floor() != column) & ~missing, role, "an id is not a whole number", _ID_REMEDY, column)
        column = column.cast(pl.Int64, strict=False)
    elif column.dtype.is_integer():
        column = column.cast(pl.Int64)
    else:
        column = column.cast(pl.String)
        missing = missing | (column.str.strip_chars() == "").fill_null(False)
    checks.refuse(missing, role, "the id is missing", "Fill it in, or pass bad_rows='skip' to leave such rows out")
    return column


_ID_REMEDY = "Ids are whole numbers or texts; turn the column into one of them"


def numbered(column: pl.Series, checks: RowValidation, *, detect_whole: bool) -> tuple[Numbers, Vocabulary, list[str]]:
    """Each row's number (n,), the vocabulary in the order of sorted ids, and notes.

    column: Int64 or String without nulls, named by its role. detect_whole: its texts come from a file without types,
    so those that are spelled as whole numbers are such.
    Raises DataError for ids of mixed kinds, and for two ids that differ in surrounding white space only.
    """
    import polars as pl

    distinct = column.unique().sort()
    codes = _codes(column, distinct)
    if distinct.dtype != pl.String:
        return codes.to_numpy(), Vocabulary(distinct.to_numpy()), []
    ids = _trimmed(distinct, column, checks)
    changed = int((ids != distinct).sum())
    notes = [f"White space around {changed:,} of the {column.name} ids was removed"] if changed else []
    if detect_whole and _all_whole(ids, column, checks):
        ids = ids.cast(pl.Int64)
    order = ids.arg_sort()
    places = order.arg_sort().cast(pl.Int32)
    ids = ids.gather(order)
    vocabulary = Vocabulary(ids.to_numpy() if ids.dtype == pl.Int64 else ids.to_list())
    return places.gather(codes).to_numpy(), vocabulary, notes


def _codes(column: pl.Series, distinct: pl.Series) -> pl.Series:
    """The position of each row's id among the distinct ones, as Int32."""
    import polars as pl

    if column.dtype == pl.String:
        return column.cast(pl.Enum(distinct)).to_physical().cast(pl.Int32)
    keys = pl.DataFrame({"id": distinct, "code": pl.int_range(len(distinct), dtype=pl.Int32, eager=True)})
    return pl.DataFrame({"id": column}).join(keys, on="id", how="left", maintain_order="left")["code"]


def _trimmed(distinct: pl.Series, column: pl.Series, checks: RowValidation) -> pl.Series:
    trimmed = distinct.str.strip_chars()
    if trimmed.n_unique() == len(trimmed):
        return trimmed
    twice = trimmed.filter(trimmed.is_duplicated())[0]
    one, other = distinct.filter(trimmed == twice)[:2].to_list()
    row = max((column == one).arg_max() or 0, (column == other).arg_max() or 0)
    raise DataError(
        f"the ids {one!r} and {other!r} differ in white space only",
        where=checks.place(row, column.name),
        remedy="Write them alike if they are the same, or rename one of them",
    )


def _all_whole(ids: pl.Series, column: pl.Series, checks: RowValidation) -> bool:
    """Whether every id is spelled as a whole number; some but not all is an error."""
    whole = ids.str.contains(WHOLE)
    if whole.all() or not whole.any():
        return bool(whole.all())
    row_whole = column.str.strip_chars().str.contains(WHOLE)
    row = (row_whole != row_whole[0]).arg_max() or 0
    kinds = ("a whole number", "a text") if row_whole[0] else ("a text", "a whole number")
    raise DataError(
        f"ids of two kinds: {column[0]!r} at first is {kinds[0]}, {column[row]!r} here is {kinds[1]}",
        where=checks.place(row, column.name),
        remedy="Mend the row, or pass ids='text' if all of them are names",
    )
