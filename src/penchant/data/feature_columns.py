"""The kinds of a feature table's columns, given or guessed, and their cells as features."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from penchant.data.columns import find_column
from penchant.data.features import FeatureTable, Kind
from penchant.data.row_validation import RowValidation
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

KINDS = ("many", "category", "number", "text", "title")
TITLES = ("title", "name")
MAX_LABEL_SHARE = 0.2
"""A text column with at most this share of distinct values is read as labels, one with more as free text."""
_REFERENCE = re.compile(r"(^|[_\s-])(id|url|isbn\d*)$|[a-z](Id|ID|Url|URL)$|^ISBN\d*$")
"""Columns that refer to something else, such as imdbId or image_url; they are features only if they are asked for."""
_YEAR = re.compile(r"\((\d{4})(?:[-–]\d{0,4})?\)\s*$")
MIN_YEAR_SHARE = 0.5
"""Years are read from titles if at least this share of the titles has one."""


def column_kinds(frame: pl.DataFrame, columns: Mapping[str, str] | None, source: str) -> dict[str, str]:
    """Column -> its kind or its separator, as given by the caller, else guessed from its name and values."""
    if columns is None:
        return {name: _guess(frame[name]) for name in frame.columns if not _REFERENCE.search(name)}
    for name, kind in columns.items():
        find_column("feature", name, frame.columns, source=source)
        if kind not in KINDS and any(letter.isalnum() for letter in kind):
            raise DataError(
                f"{kind!r} is not a kind of column", where=f"{source}, column {name!r}",
                remedy=f"Give one of {', '.join(KINDS)}, or a separator such as '|'",
            )  # fmt: skip
    return dict(columns)


def _guess(column: pl.Series) -> str:
    import polars as pl

    if column.name.lower() in TITLES:
        return "title"
    if column.dtype == pl.List:
        return "many"
    if column.dtype.is_numeric():
        return "number"
    texts = column.cast(pl.String).drop_nulls()
    if texts.str.contains("|", literal=True).sum() > MAX_LABEL_SHARE * len(texts):
        return "|"
    return "category" if texts.n_unique() <= MAX_LABEL_SHARE * len(texts) else "text"


def feature_table(frame: pl.DataFrame, kinds: Mapping[str, str], source: str, *, guess: bool) -> FeatureTable:
    """The columns that have a kind. guess: also add a column "year" from the titles, if most titles end in a year."""
    import polars as pl

    shown = next((name for name in kinds if name.lower() in TITLES), None)
    titles: Sequence[str | None] | None = frame[shown].cast(pl.String).to_list() if shown else None
    columns: dict[str, Sequence[Any]] = {}
    read_as: dict[str, Kind] = {}
    for name, kind in kinds.items():
        if kind == "title":
            titles = frame[name].cast(pl.String).to_list()
            if guess and "year" not in kinds and (found := years(titles)) is not None:
                columns["year"], read_as["year"] = found, "number"
            continue
        columns[name], read_as[name] = _values(frame[name], kind, source)
    return FeatureTable(columns, read_as, titles)


def names_by_content(frame: pl.DataFrame) -> dict[str, str]:
    """Names for the columns of ids, titles and labels in a table without a header, by their present names.

    The first column has the ids. Titles are the first texts most of which end in a year; genres have labels with "|".
    """
    import polars as pl

    names = {frame.columns[0]: "id"}
    for name in frame.columns[1:]:
        column = frame[name]
        if column.dtype != pl.String or column.null_count() == len(column):
            continue
        if "title" not in names.values() and years(column.to_list()) is not None:
            names[name] = "title"
        elif "genres" not in names.values() and _guess(column) == "|":
            names[name] = "genres"
    return names


def _values(column: pl.Series, kind: str, source: str) -> tuple[list[Any], Kind]:
    import polars as pl

    if kind == "number":
        numbers = column.cast(pl.Float64, strict=False)
        checks = RowValidation(source, {column.name: column.name})
        invalid = numbers.is_null() & column.is_not_null()
        remedy = "Correct it, or read the column as text"
        checks.refuse(invalid, column.name, "the value is not a number", remedy, column)
        return numbers.fill_nan(None).to_list(), "number"
    if kind in ("category", "text"):
        return column.cast(pl.String).str.strip_chars().to_list(), kind  # type: ignore[return-value]
    lists = column if column.dtype == pl.List else column.cast(pl.String).str.split(kind)
    return [None if labels is None else _labels(labels) for labels in lists.to_list()], "many"


def year_of(title: str | None) -> float | None:
    """The year in the brackets that end a title: 1995.0 for "Toy Story (1995)", the first of a span, or None."""
    found = _YEAR.search(title) if title else None
    return float(found[1]) if found else None


def years(titles: Sequence[str | None]) -> list[float | None] | None:
    """The year of each title, or None if too few titles have one."""
    found = [year_of(title) for title in titles]
    known = sum(year is not None for year in found)
    return found if known and known >= MIN_YEAR_SHARE * len(titles) else None


def _labels(labels: Sequence[Any]) -> tuple[str, ...] | None:
    """The distinct labels, stripped of white space; None if there are none."""
    found = tuple(dict.fromkeys(text for label in labels if label is not None and (text := str(label).strip())))
    return found or None
