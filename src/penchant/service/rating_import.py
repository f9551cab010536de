"""Ratings from a file of this service, of Letterboxd or of IMDb, matched with the catalogue."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from penchant.data.scale import Scale
from penchant.foundations.errors import CallerError
from penchant.service.catalogue import Catalogue, names_of, year_in
from penchant.service.outside_links import OutsideLinks

NAMED = 20
"""Titles without a match, or without a rating on the scale, that are named in the answer."""
_SAME = 1e-6
"""Two ratings this close are the same."""
_REMEDY = (
    "Choose the file that you exported here, ratings.csv from the export of Letterboxd, or the ratings that IMDb "
    "exports as CSV"
)


@dataclass(frozen=True)
class ImportedRatings:
    """ratings: by item id, on the scale of the model. rows: rows with a rating. unmatched: titles without a match.

    source: where the file is from. refused: titles whose rating is no number on the scale of the file. rounded: how
    many ratings were between two steps of the model's scale, and are at the nearest.
    """

    source: str
    rows: int
    ratings: Mapping[str, float]
    unmatched: Sequence[str]
    refused: Sequence[str]
    rounded: int


@dataclass(frozen=True)
class _FileRow:
    """One row of a file. value: the rating; not a number where it is none. of: the ends of its scale; None for the
    scale of the model."""

    title: str
    year: int | None
    value: float
    item: str | None = None
    imdb: int | None = None
    of: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        return self.title if self.year is None or year_in(self.title) else f"{self.title} ({self.year})"


def read_ratings(data: bytes, catalogue: Catalogue, links: OutsideLinks, scale: Scale) -> ImportedRatings:
    """The ratings in a file. Raises CallerError for a file that is none of the known kinds."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise CallerError("the file is no text", remedy=_REMEDY) from broken
    source, rows = _own(text) if text.lstrip().startswith("{") else _table(text)
    by_imdb = links.by_imdb()
    found: dict[str, float] = {}
    missing: list[str] = []
    refused: list[str] = []
    rounded = 0
    for row in rows:
        value = _on_scale(row, scale)
        item = _matched(row, catalogue, by_imdb)
        if value is None:
            refused.append(row.name)
        elif item is None:
            missing.append(row.name)
        else:
            found[item] = at_step = _at_step(value, scale)
            rounded += abs(at_step - value) > _SAME
    return ImportedRatings(source, len(rows), found, missing, refused, rounded)


def _matched(row: _FileRow, catalogue: Catalogue, by_imdb: Mapping[int, str]) -> str | None:
    """The item id that a row means, or None."""
    if row.item is not None:
        return catalogue.known_id(row.item)
    known = None if row.imdb is None else by_imdb.get(row.imdb)
    if known is not None and (item := catalogue.known_id(known)) is not None:
        return item
    years = (row.year,) if row.year is None else (row.year, row.year - 1, row.year + 1)
    for year in years:
        for name in names_of(row.title):
            if (number := catalogue.by_title_and_year.get((name, year))) is not None:
                return catalogue.item(number).id
    return None


def _on_scale(row: _FileRow, scale: Scale) -> float | None:
    """The row's rating on the model's scale; None where it is not on the scale of its file."""
    low, high = (scale.low, scale.high) if row.of is None else row.of
    if not low <= row.value <= high:
        return None
    return row.value if row.of is None else scale.low + (row.value - low) / (high - low) * scale.width


def _at_step(value: float, scale: Scale) -> float:
    """The nearest step of the scale."""
    if scale.step <= 0:
        return value
    return min(scale.low + round((value - scale.low) / scale.step) * scale.step, scale.high)


def _own(text: str) -> tuple[str, list[_FileRow]]:
    """The export of this service as JSON."""
    try:
        held = json.loads(text)
        lines = [*held["training"], *held["stored"]]
        rows = [
            _FileRow(str(line["title"]), None, _number(line["rating"]), item=str(line["item"]))
            for line in lines
            if line["rating"] is not None
        ]
    except (ValueError, KeyError, TypeError) as broken:
        raise CallerError("the file is no export of this service", remedy=_REMEDY) from broken
    return "this service", rows


def _table(text: str) -> tuple[str, list[_FileRow]]:
    """A CSV file, known by its columns."""
    reader = csv.DictReader(io.StringIO(text))
    try:
        names, lines = set(reader.fieldnames or ()), list(reader)
    except csv.Error as broken:
        raise CallerError("the file is no CSV table", remedy=_REMEDY) from broken
    if {"Const", "Your Rating", "Title"} <= names:
        return "IMDb", list(_rows(lines, _imdb))
    if {"Name", "Year", "Rating"} <= names:
        return "Letterboxd", list(_rows(lines, _letterboxd))
    if {"item", "rating"} <= names:
        return "this service", list(_rows(lines, _plain))
    raise CallerError("the columns of the file are not known here", remedy=_REMEDY)


def _rows(lines: Iterable[Mapping[str, Any]], read: Any) -> Iterable[_FileRow]:
    """The rows that hold a rating. A title that was seen and not rated has an empty one."""
    for line in lines:
        if (line.get("Your Rating") or line.get("Rating") or line.get("rating") or "").strip():
            with suppress(ValueError, TypeError, AttributeError, KeyError):  # a row without a title, or cut off
                yield read(line)


def _number(given: Any) -> float:
    """A rating as a number; not a number for anything else, true and false included."""
    try:
        return math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        return math.nan


def _imdb(line: Mapping[str, str]) -> _FileRow:
    year = line.get("Year") or ""
    return _FileRow(
        line["Title"], int(year) if year.isdecimal() else None, _number(line["Your Rating"]),
        imdb=int(line["Const"].removeprefix("tt")), of=(1, 10),
    )  # fmt: skip


def _letterboxd(line: Mapping[str, str]) -> _FileRow:
    year = line["Year"]
    return _FileRow(line["Name"], int(year) if year.isdecimal() else None, _number(line["Rating"]), of=(0.5, 5))


def _plain(line: Mapping[str, str]) -> _FileRow:
    title = line.get("title") or line["item"]
    return _FileRow(title, year_in(title), _number(line["rating"]), item=line["item"])
