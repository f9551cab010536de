"""Ratings from a file of this service, of Letterboxd or of IMDb, matched with the catalogue."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.data.scale import Scale
from penchant.foundations.errors import CallerError
from penchant.service.catalogue import Catalogue, names_of, year_in
from penchant.service.outside_links import OutsideLinks

NAMED = 20
"""Titles without a match that are named in the answer."""
_REMEDY = (
    "Choose the file that you exported here, ratings.csv from the export of Letterboxd, or the ratings that IMDb "
    "exports as CSV"
)


@dataclass(frozen=True)
class ImportedRatings:
    """ratings: by item id, on the scale of the model. rows: rows with a rating. unmatched: titles without a match.

    source: where the file is from.
    """

    source: str
    rows: int
    ratings: Mapping[str, float]
    unmatched: Sequence[str]


@dataclass(frozen=True)
class _FileRow:
    """One row of a file. value: the rating. of: the ends of its scale; None for the scale of the model."""

    title: str
    year: int | None
    value: float
    item: str | None = None
    imdb: int | None = None
    of: tuple[float, float] | None = None


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
    for row in rows:
        item = _matched(row, catalogue, by_imdb)
        if item is None:
            missing.append(row.title if row.year is None else f"{row.title} ({row.year})")
        else:
            found[item] = _on_scale(row, scale)
    return ImportedRatings(source, len(rows), found, missing)


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


def _on_scale(row: _FileRow, scale: Scale) -> float:
    """The row's rating on the model's scale, at the nearest step."""
    value = row.value
    if row.of is not None:
        low, high = row.of
        value = scale.low + (value - low) / (high - low) * scale.width
    if scale.step > 0:
        value = scale.low + round((value - scale.low) / scale.step) * scale.step
    return min(max(value, scale.low), scale.high)


def _own(text: str) -> tuple[str, list[_FileRow]]:
    """The export of this service as JSON."""
    try:
        held = json.loads(text)
        lines = [*held["training"], *held["stored"]]
        rows = [
            _FileRow(str(line["title"]), None, float(line["rating"]), item=str(line["item"]))
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
    """The rows that hold a rating."""
    for line in lines:
        try:
            row = read(line)
        except (ValueError, TypeError, AttributeError, KeyError):
            continue
        if math.isfinite(row.value):
            yield row


def _imdb(line: Mapping[str, str]) -> _FileRow:
    year = line.get("Year") or ""
    return _FileRow(
        line["Title"], int(year) if year.isdecimal() else None, float(line["Your Rating"]),
        imdb=int(line["Const"].removeprefix("tt")), of=(1, 10),
    )  # fmt: skip


def _letterboxd(line: Mapping[str, str]) -> _FileRow:
    year = line["Year"]
    return _FileRow(line["Name"], int(year) if year.isdecimal() else None, float(line["Rating"]), of=(0.5, 5))


def _plain(line: Mapping[str, str]) -> _FileRow:
    title = line.get("title") or line["item"]
    return _FileRow(title, year_in(title), float(line["rating"]), item=line["item"])
