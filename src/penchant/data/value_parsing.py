"""Parsing the cells of a column of ratings or weights, of any type, to numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.data.columns import EVENT, RATING, WEIGHT
from penchant.data.reading_rules import Decimal, Rules
from penchant.data.row_validation import RowValidation

if TYPE_CHECKING:
    import polars as pl

SKIP = "Correct it, or pass bad_rows='skip' to leave out invalid rows"

LIKED = ("like", "liked", "likes", "true", "yes", "thumbs up", "up", "👍")
DISLIKED = ("dislike", "disliked", "dislikes", "false", "no", "thumbs down", "down", "👎")
"""Texts in any case that say whether an item is liked; they are read as 1 and 0."""

_COMMA = r"^[+-]?\d+,\d{1,2}$"
"""A number with a decimal comma, which is no thousands separator."""


def rating_values(column: pl.Series, rules: Rules, checks: RowValidation, notes: list[str]) -> pl.Series:
    """Ratings as Float32; invalid if missing, not a number, not finite or outside the declared scale."""
    import polars as pl

    _leave_out_missing(column, rules, checks)
    values = numbers(column, rules.decimal, notes)
    if column.dtype == pl.String:
        values = _opinions(column, values, notes)
    checks.refuse(blank(column), column.name, "the rating is missing", SKIP)
    checks.refuse(values.is_null(), column.name, "the rating is not a number", SKIP, column)
    values = values.cast(pl.Float32, strict=False)
    checks.refuse(~values.is_finite(), column.name, "the rating is not a finite number", SKIP, column)
    if rules.scale is not None:
        low, high = rules.scale
        what = f"the rating is outside the declared scale {low:g}..{high:g}"
        checks.refuse(
            (values < low) | (values > high), column.name, what, f"Declare a wider scale with scale=…. {SKIP}", column
        )
    return values


def choice_weights(frame: pl.DataFrame, rules: Rules, checks: RowValidation, notes: list[str]) -> pl.DataFrame:
    """The frame with a Float32 column WEIGHT, above 0 or not: each row's weight times that of its kind of event.

    Invalid are weights that are missing or no finite number, and kinds of events without a weight.
    """
    import polars as pl

    values = pl.Series(WEIGHT, np.ones(len(frame), np.float32))
    if WEIGHT in frame.columns:
        column = frame[WEIGHT]
        values = numbers(column, rules.decimal, notes).cast(pl.Float32, strict=False)
        bad = values.is_null() | ~values.is_finite()
        checks.refuse(bad.fill_null(True), WEIGHT, "the weight is not a finite number", SKIP, column)
    if EVENT in frame.columns and rules.weights is not None:
        kinds = frame[EVENT].cast(pl.String)
        of_kind = {str(kind): float(weight) for kind, weight in rules.weights.items()}
        found = kinds.replace_strict(of_kind, default=None, return_dtype=pl.Float32)
        remedy = f"Add it to weights=…. {SKIP}"
        checks.refuse(found.is_null(), EVENT, "the kind of event has no weight", remedy, kinds)
        values = values * found
    return frame.with_columns(values.alias(WEIGHT)).drop(EVENT, strict=False)


def numbers(column: pl.Series, decimal: Decimal | None, notes: list[str]) -> pl.Series:
    """The column as floats, null for what is not a number; Float32 is kept.

    decimal: the decimal mark of texts. Left out, a comma is one where every text with a comma has one or two digits
    behind it, and a note says so.
    """
    import polars as pl

    if column.dtype == pl.Float32 or column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return column if column.dtype == pl.Float32 else column.cast(pl.Float64)
    if column.dtype != pl.String:
        return as_floats(column)
    texts = column.str.strip_chars()
    if decimal is None:
        with_comma = texts.filter(texts.str.contains(",", literal=True).fill_null(False))
        if len(with_comma) and with_comma.str.contains(_COMMA).all():
            decimal = ","
            notes.append(f"A comma in the {column.name} column is read as a decimal comma")
    if decimal == ",":
        texts = texts.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return as_floats(texts)


def as_floats(column: pl.Series) -> pl.Series:
    """The column as Float64, null for a value that is not a number."""
    import polars as pl

    if column.dtype == pl.String:
        column = column.str.strip_chars()
    try:
        return column.cast(pl.Float64, strict=False)
    except pl.exceptions.PolarsError:  # a type that is never a number, such as a list
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)


def blank(column: pl.Series) -> pl.Series:
    """Which cells are empty."""
    import polars as pl

    empty = column.is_null()
    return empty | (column.str.strip_chars() == "").fill_null(False) if column.dtype == pl.String else empty


def _leave_out_missing(column: pl.Series, rules: Rules, checks: RowValidation) -> None:
    """Leave out the rows whose value the caller gave as that of no rating."""
    import polars as pl

    for value in rules.missing_values:
        if isinstance(value, str):
            found = column.cast(pl.String, strict=False).str.strip_chars() == value
            if (number := _number_in(value)) is not None:
                found = found.fill_null(False) | (as_floats(column) == number)
        else:
            found = as_floats(column) == value
        shown = value if isinstance(value, str) else f"{value:g}"
        checks.leave_out(found.fill_null(False), f"no rating: {shown}")


def _number_in(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _opinions(column: pl.Series, values: pl.Series, notes: list[str]) -> pl.Series:
    """The values, with 1 for texts that say that an item is liked and 0 for those that say that it is not."""
    import polars as pl

    if values.null_count() == 0:
        return values
    texts = column.str.strip_chars().str.to_lowercase()
    known = dict.fromkeys(LIKED, 1.0) | dict.fromkeys(DISLIKED, 0.0)
    words = sorted(set(texts.filter(values.is_null()).unique().to_list()) & known.keys(), key=known.__getitem__)
    if not words or (~values.is_null() & ~blank(column)).any():
        return values  # some are numbers: a word among them is invalid
    spoken = " and ".join(f"{word!r} as {known[word]:g}" for word in words)
    notes.append(f"{RATING.capitalize()}s are read from words: {spoken}")
    return texts.replace_strict(known, default=None, return_dtype=pl.Float64)
