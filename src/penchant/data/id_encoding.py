"""Encoding a column of ids as numbers: the distinct ids, sorted, are the vocabulary.

Checks of the ids run over the distinct ones only, which are few even in a table of 20 million rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.data.row_validation import RowValidation
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

WHOLE = "^(0|-?[1-9][0-9]{0,17})$"
"""Texts that are whole numbers in their only spelling; 007 is a text, because reading it as 7 would lose the zeros."""


def plain_ids(column: pl.Series, checks: RowValidation) -> pl.Series:
    """The ids as Int64 or String; rows without an id are invalid. Raises DataError for a type without ids."""
    import polars as pl

    role = column.name
    checks.check_type(column)
    missing = column.is_null()
    if column.dtype.is_float():
        missing = missing | column.is_nan()
        checks.refuse((column.floor() != column) & ~missing, role, "an id is not a whole number", _ID_REMEDY, column)
        large = (column.abs() >= 2.0**63) & ~missing
        checks.refuse(large, role, "an id is larger than a whole number can be", _ID_REMEDY, column)
        column = column.cast(pl.Int64, strict=False)
    elif column.dtype.is_integer():
        whole = column.cast(pl.Int64, strict=False)  # larger numbers are read as texts
        column = whole if whole.null_count() == column.null_count() else column.cast(pl.String)
    else:
        column = column.cast(pl.String)
        missing = missing | (column.str.strip_chars() == "").fill_null(False)
    checks.refuse(missing, role, "the id is missing", "Add it, or pass bad_rows='skip' to leave out invalid rows")
    return column


_DIGITS = r"^-?[0-9]+$"

_WITH_ZEROS = r"^-?(0|[1-9][0-9]{0,17})\.0+$"
"""Whole numbers as a frame with missing values writes them, such as 1.0."""

_ID_REMEDY = "Convert the column to whole numbers or texts"


def encode_ids(
    column: pl.Series, checks: RowValidation, *, detect_whole: bool, trim: bool = False
) -> tuple[Numbers, Vocabulary, list[str]]:
    """Each row's number (n,), the vocabulary of sorted ids, and notes.

    column: Int64 or String without nulls, named by its role. detect_whole: the texts come from a file without types, so
    they are whole numbers if all are written as such. trim: ids that differ only in surrounding white space are one.
    Raises DataError for ids of mixed kinds, and for two ids that differ only in surrounding white space.
    """
    import polars as pl

    if trim and column.dtype == pl.String:
        column = column.str.strip_chars()
    distinct = column.unique().sort()
    codes = _codes(column, distinct)
    if distinct.dtype != pl.String:
        return codes.to_numpy(), Vocabulary(distinct.to_numpy()), []
    ids = _trimmed(distinct, column, checks)
    changed = int((ids != distinct).sum())
    notes = [f"White space around {changed:,} {column.name} ids was removed"] if changed else []
    if detect_whole and ids.str.contains(_WITH_ZEROS).all():
        ids = ids.str.replace(r"\.0+$", "")
        notes.append(f"The {column.name} ids are whole numbers written with a decimal point, such as {distinct[0]}")
    why = _why_texts(ids)
    if why == _TOO_LARGE or (detect_whole and why):
        notes.append(f"The {column.name} ids are texts: some have {why}")
    elif detect_whole and _all_whole(ids, column, checks):
        ids = ids.cast(pl.Int64)
    order = ids.arg_sort()
    positions = order.arg_sort().cast(pl.Int32)
    ids = ids.gather(order)
    vocabulary = Vocabulary(ids.to_numpy() if ids.dtype == pl.Int64 else ids.to_list())
    return positions.gather(codes).to_numpy(), vocabulary, notes


_TOO_LARGE = "more digits than a whole number can have"


def _why_texts(ids: pl.Series) -> str:
    """Why ids that are all digits are no whole numbers, in words; "" if they are, or if some are not all digits."""
    if not ids.str.contains(_DIGITS).all():
        return ""
    if ids.str.contains(r"^-?0[0-9]").any():
        return "leading zeros"
    return _TOO_LARGE if (ids.str.len_chars() > 18).any() else ""


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
        f"the ids {one!r} and {other!r} differ only in white space",
        where=checks.place(row, column.name),
        remedy="Pass trim_ids=True if they are the same id, or rename one of them",
    )


def _all_whole(ids: pl.Series, column: pl.Series, checks: RowValidation) -> bool:
    """Whether all ids are written as whole numbers; raises DataError if only some are."""
    whole = ids.str.contains(WHOLE)
    if whole.all() or not whole.any():
        return bool(whole.all())
    row_whole = column.str.strip_chars().str.contains(WHOLE)
    row = (row_whole != row_whole[0]).arg_max() or 0
    kinds = ("a whole number", "a text") if row_whole[0] else ("a text", "a whole number")
    raise DataError(
        f"ids of two kinds: {column[row]!r} is {kinds[1]}, the first id {column[0]!r} is {kinds[0]}",
        where=checks.place(row, column.name),
        remedy="Correct the row, or pass ids='text' if all ids are names",
    )
