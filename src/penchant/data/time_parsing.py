"""Times of any spelling as seconds since 1970; two readings of one text are never guessed between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from penchant.data.row_validation import RowValidation
from penchant.data.value_parsing import as_floats, blank
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

LATEST_SECOND = 10**11
"""Seconds since 1970 up to about the year 5100; larger timestamps are in milliseconds or a finer unit."""

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_REMEDY = "Correct it, or pass timestamp=False to read without timestamps"
_EARLIEST, _LATEST = 1900, 2100
"""The years that numbers such as 20150106 and 2015 may begin with."""

_DAY = r"(?P<day>.+?)"
_CLOCK = r"(?P<clock>\d{1,2}:\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d+)?)?(?P<half> ?[AaPp][Mm])?)"
_ZONE = r"(?P<zone> ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))"
_MOMENT = re.compile(rf"^{_DAY}(?:(?P<gap> +|, ){_CLOCK}{_ZONE}?)?$")
_DAYS = {
    r"\d{4}-\d{1,2}-\d{1,2}": "%Y-%m-%d",
    r"\d{4}/\d{1,2}/\d{1,2}": "%Y/%m/%d",
    r"\d{4}\.\d{1,2}\.\d{1,2}": "%Y.%m.%d",
    r"\d{1,2}\.\d{1,2}\.\d{4}": "%d.%m.%Y",
    r"\d{1,2} [A-Za-z]{3} \d{4}": "%d %b %Y",
    r"\d{1,2}-[A-Za-z]{3}-\d{4}": "%d-%b-%Y",
    r"\d{1,2} [A-Za-z]{4,} \d{4}": "%d %B %Y",
    r"[A-Za-z]{3} \d{1,2}, \d{4}": "%b %d, %Y",
    r"[A-Za-z]{4,} \d{1,2}, \d{4}": "%B %d, %Y",
    r"\d{1,2} \d{1,2}, \d{4}": "%m %d, %Y",
}
_WHOLE = {
    r"[A-Za-z]{3} [A-Za-z]{3} \d{1,2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4}": "%a %b %d %H:%M:%S %z %Y",
    r"[A-Za-z]{3} [A-Za-z]{3} +\d{1,2} \d{2}:\d{2}:\d{2} \d{4}": "%a %b %e %H:%M:%S %Y",
    r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}": "%a, %d %b %Y %H:%M:%S %z",
}
_TWO_READINGS = re.compile(r"^(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?!\d)")


def seconds(column: pl.Series, time_format: str | None, checks: RowValidation) -> tuple[pl.Series, str]:
    """Times as Int64 seconds since 1970, and how they were read; invalid if missing or neither a number nor a date.

    time_format: as in `Rules`. Raises DataError for dates and numbers that have two readings.
    """
    import polars as pl

    checks.refuse(blank(column), column.name, "the timestamp is missing", _REMEDY)
    if column.dtype.is_temporal() and column.dtype not in (pl.Time, pl.Duration):
        return column.cast(pl.Datetime("us")).dt.epoch("s"), "dates of the table"
    values = column if column.dtype.is_integer() else as_floats(column)
    unit = UNITS.get(time_format or "")
    if unit is None and (time_format is not None or values.is_null().all() or _calendar(column, values, checks)):
        found, words = _dated(column, values, time_format, checks)
        checks.refuse(found.is_null(), column.name, _what(words), _REMEDY, column)
        return found, words
    bad = values.is_null() | ~values.is_finite()
    checks.refuse(bad, column.name, _what(""), _REMEDY, column)
    if values.dtype.is_float():
        values = values.floor()
    values = values.cast(pl.Int64, strict=False)
    checks.refuse(values.is_null(), column.name, _what(""), _REMEDY, column)
    return _in_seconds(values, unit)


def _what(words: str) -> str:
    return "the timestamp is neither a number nor a date" + (f" written as {words.partition(' ')[2]}" if words else "")


def _dated(
    column: pl.Series, values: pl.Series, time_format: str | None, checks: RowValidation
) -> tuple[pl.Series, str]:
    """Seconds of dates in one format, null for what does not fit it, and the format in words."""
    import polars as pl

    whole = values.drop_nulls().is_finite().all() and values.null_count() < len(values)
    texts = values.cast(pl.Int64, strict=False).cast(pl.String) if whole else column.cast(pl.String).str.strip_chars()
    if time_format is None:
        texts = texts.str.replace(r"(\d)T(\d)", "$1 $2")
    form = time_format or _format_of(texts, checks)
    nothing = pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    if form is None:
        return nothing, ""
    try:
        read = texts.str.to_datetime(form, strict=False, time_unit="us").dt.epoch("s")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        try:  # a format without a time of day, such as a bare year
            read = texts.str.to_date(form, strict=False).cast(pl.Datetime("us")).dt.epoch("s")
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise DataError(
                f"{form!r} is no format of times", where=f"{checks.source}, time_format",
                remedy="Write time_format='%Y-%m-%d', or the unit of numbers: 's', 'ms', 'us', 'ns'",
            ) from error  # fmt: skip
    return read.alias(column.name), f"dates {form}"


def _format_of(texts: pl.Series, checks: RowValidation) -> str | None:
    """The format of the first text; DataError where days and months are not distinguished."""
    filled = texts.filter(texts.is_not_null() & (texts != ""))
    first = filled[0] if len(filled) else ""
    digits = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
    if first.isdecimal():
        return digits.get(len(first))
    if form := next((form for pattern, form in _WHOLE.items() if re.fullmatch(pattern, first)), None):
        return form
    moment = _MOMENT.match(first)
    if moment is None:
        return None
    day = next((form for pattern, form in _DAYS.items() if re.fullmatch(pattern, moment["day"])), None)
    if _TWO_READINGS.match(moment["day"]):
        day = _day_or_month_first(filled, checks)
    return None if day is None else day + _clock(moment)


def _clock(moment: re.Match[str]) -> str:
    """The format of the time of day and of its zone."""
    if moment["clock"] is None:
        return ""
    half, zone = moment["half"] or "", moment["zone"] or ""
    form = moment["gap"] + ("%I:%M" if half else "%H:%M") + (":%S%.f" if moment["seconds"] else "")
    form += half[:-2] + "%p" if half else ""
    numeric = zone.strip()[:1] in ("Z", "+", "-")
    return form + (zone[: len(zone) - len(zone.lstrip())] + "%#z" if zone and numeric else zone)


def _day_or_month_first(texts: pl.Series, checks: RowValidation) -> str:
    """The format of dates such as 06/01/2015; the numbers above 12 decide, and without any there is a DataError."""
    import polars as pl

    parts = texts.str.extract_groups(r"^(\d{1,2})[/-](\d{1,2})[/-]\d{4}").struct
    one, two = (parts.field(name).cast(pl.Int64, strict=False) for name in ("1", "2"))
    mark = "/" if "/" in texts[0] else "-"
    if (one > 12).any():
        return mark.join(("%d", "%m", "%Y"))
    if (two > 12).any():
        return mark.join(("%m", "%d", "%Y"))
    raise DataError(
        f"the date {texts[0]!r} may begin with the day or with the month",
        where=f"{checks.source}, column {checks.names['timestamp']!r}",
        remedy=f"Pass time_format='{mark.join(('%d', '%m', '%Y'))}' or time_format='{mark.join(('%m', '%d', '%Y'))}'",
    )


def _calendar(column: pl.Series, values: pl.Series, checks: RowValidation) -> bool:
    """Whether all numbers are days such as 20150106; DataError if they are years or months of years."""
    import polars as pl

    whole = values.drop_nulls()
    if len(whole) == 0 or (whole.dtype.is_float() and (~whole.is_finite() | (whole.floor() != whole)).any()):
        return False
    low, high = float(whole.min()), float(whole.max())  # type: ignore[arg-type]
    size = next((size for size in (1, 10**2, 10**4, 10**10) if _EARLIEST * size <= low < (_LATEST + 1) * size), None)
    if size is None or high >= (_LATEST + 1) * size:
        return False
    parts = whole.cast(pl.Int64)
    if size > 10**2:
        days = parts // (size // 10**4)
        return bool(((days % 100).is_between(1, 31) & ((days // 100) % 100).is_between(1, 12)).all())
    if size == 10**2 and not (parts % 100).is_between(1, 12).all():
        return False
    unit, words = ("%Y", "years") if size == 1 else ("%Y%m", "months")
    raise DataError(
        f"the times, such as {int(low)}, may be {words} or seconds since 1970",
        where=f"{checks.source}, column {checks.names[column.name]!r}",
        remedy=f"Pass time_format='{unit}', time_format='s', or timestamp=False to read without timestamps",
    )


def _in_seconds(numbers: pl.Series, unit: int | None) -> tuple[pl.Series, str]:
    if unit is None:
        typical, unit = numbers.median() or 0, 1  # the median, so that one outlier does not change the unit
        while typical / unit >= LATEST_SECOND:  # type: ignore[operator]
            unit *= 1000
    return (numbers, "seconds") if unit == 1 else (numbers // unit, f"units of 1/{unit:,} second")
