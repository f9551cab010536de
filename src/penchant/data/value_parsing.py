"""Parsing the cells of a rating or timestamp column, of any type, to numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from penchant.data.columns import EVENT, WEIGHT
from penchant.data.row_validation import RowValidation

if TYPE_CHECKING:
    import polars as pl

_SKIP = "Correct it, or pass bad_rows='skip' to leave out invalid rows"
LATEST_SECOND = 10**11
"""Seconds since 1970 up to about the year 5100; larger timestamps are in milliseconds or a finer unit."""


def rating_values(column: pl.Series, scale: tuple[float, float] | None, checks: RowValidation) -> pl.Series:
    """Ratings as Float32; invalid if missing, not a number, not finite or outside the declared scale."""
    import polars as pl

    values = _as_floats(column)
    checks.refuse(_blank(column), column.name, "the rating is missing", _SKIP)
    checks.refuse(values.is_null(), column.name, "the rating is not a number", _SKIP, column)
    values = values.cast(pl.Float32, strict=False)
    checks.refuse(~values.is_finite(), column.name, "the rating is not a finite number", _SKIP, column)
    if scale is not None:
        outside = (values < scale[0]) | (values > scale[1])
        what = f"the rating is outside the declared scale {scale[0]:g}..{scale[1]:g}"
        checks.refuse(outside, column.name, what, f"Declare a wider scale. {_SKIP}", column)
    return values


def choice_weights(frame: pl.DataFrame, weights: Mapping[str, float] | None, checks: RowValidation) -> pl.DataFrame:
    """The frame with a Float32 column WEIGHT, above 0 or not: each row's weight times that of its kind of event.

    weights: by kind of event. Invalid are weights that are missing or no finite number, and unknown kinds of events.
    """
    import polars as pl

    values = pl.Series(WEIGHT, np.ones(len(frame), np.float32))
    if WEIGHT in frame.columns:
        column = frame[WEIGHT]
        values = _as_floats(column).cast(pl.Float32, strict=False)
        bad = values.is_null() | ~values.is_finite()
        checks.refuse(bad.fill_null(True), WEIGHT, "the weight is not a finite number", _SKIP, column)
    if EVENT in frame.columns and weights is not None:
        kinds = frame[EVENT].cast(pl.String)
        of_kind = {str(kind): float(weight) for kind, weight in weights.items()}
        found = kinds.replace_strict(of_kind, default=None, return_dtype=pl.Float32)
        remedy = f"Add it to weights=…. {_SKIP}"
        checks.refuse(found.is_null(), EVENT, "the kind of event has no weight", remedy, kinds)
        values = values * found
    return frame.with_columns(values.alias(WEIGHT)).drop(EVENT, strict=False)


def seconds(column: pl.Series, checks: RowValidation) -> tuple[pl.Series, list[str]]:
    """Timestamps as Int64 seconds since 1970, and notes; invalid if missing or neither a number nor a date."""
    import polars as pl

    remedy = "Correct it, or pass timestamp=False to read without timestamps"
    checks.refuse(_blank(column), column.name, "the timestamp is missing", remedy)
    if column.dtype.is_temporal():
        return column.cast(pl.Datetime("us")).dt.epoch("s"), []
    numbers = column if column.dtype.is_integer() else _as_floats(column)
    if column.dtype == pl.String and numbers.is_null().all():
        numbers = _dates(column.str.strip_chars())
    bad = numbers.is_null() | ~numbers.is_finite()
    checks.refuse(bad, column.name, "the timestamp is neither a number nor a date", remedy, column)
    numbers = numbers.cast(pl.Float64).floor().cast(pl.Int64, strict=False) if numbers.dtype.is_float() else numbers
    return _in_seconds(numbers.cast(pl.Int64))


def _dates(texts: pl.Series) -> pl.Series:
    """Seconds of dates in the format of the first one; null for a text that is not such a date."""
    import polars as pl

    try:
        return texts.str.to_datetime(strict=False, time_unit="us").dt.epoch("s")
    except pl.exceptions.ComputeError:  # no date format fits
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.Int64)


def _in_seconds(numbers: pl.Series) -> tuple[pl.Series, list[str]]:
    typical, unit = numbers.median() or 0, 1  # the median, so that one outlier does not change the unit
    while typical / unit >= LATEST_SECOND:  # type: ignore[operator]
        unit *= 1000
    if unit == 1:
        return numbers, []
    return numbers // unit, [f"Timestamps are read in units of 1/{unit:,} second"]


def _blank(column: pl.Series) -> pl.Series:
    import polars as pl

    blank = column.is_null()
    return blank | (column.str.strip_chars() == "").fill_null(False) if column.dtype == pl.String else blank


def _as_floats(column: pl.Series) -> pl.Series:
    """Float32 is kept; other types become Float64, null for a value that is not a number."""
    import polars as pl

    if column.dtype == pl.String:
        column = column.str.strip_chars()
    return column if column.dtype == pl.Float32 else column.cast(pl.Float64, strict=False)
