"""Where else an item is described: its numbers at IMDb and TMDb, from a table like MovieLens's links.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from penchant.foundations.errors import CallerError
from penchant.models.sides import Side

_SHIPPED = "shipped/ml-latest-small"
_SAME = 0.95
"""The shipped table is used for a catalogue if this share of its items has the id and title of a shipped film."""


@dataclass(frozen=True)
class OutsideLinks:
    """By item id. imdb: numbers such as "0114709". tmdb: numbers such as "862". items: the item of an IMDb number."""

    imdb: Mapping[str, str] = field(default_factory=dict)
    tmdb: Mapping[str, str] = field(default_factory=dict)

    def addresses(self, item_id: str) -> list[tuple[str, str]]:
        """Name and address of the item's pages elsewhere."""
        found = []
        if item_id in self.imdb:
            found.append(("IMDb", f"https://www.imdb.com/title/tt{self.imdb[item_id]}/"))
        if item_id in self.tmdb:
            found.append(("TMDb", f"https://www.themoviedb.org/movie/{self.tmdb[item_id]}"))
        return found

    def by_imdb(self) -> Mapping[int, str]:
        """The item id of each IMDb number."""
        return {int(number): item for item, number in self.imdb.items()}


def links_for(items: Side, path: str = "") -> OutsideLinks:
    """The links of a catalogue.

    path: a CSV file with the columns movieId (or itemId), imdbId and tmdbId; empty: those of the shipped MovieLens
    data, if the items are its films. Raises CallerError for a file without these columns.
    """
    if path:
        return _read(Path(path))
    return _shipped_links() if _is_movielens(items) else OutsideLinks()


def _is_movielens(items: Side) -> bool:
    shipped = _shipped_titles()
    known = [shipped.get(str(one)) for one in items.vocabulary.ids.tolist()]
    same = sum(title is not None and title == items.title(n) for n, title in enumerate(known))
    return same >= _SAME * max(len(known), 1)


@cache
def _shipped_titles() -> Mapping[str, str]:
    text = (resources.files("penchant.data") / _SHIPPED / "movies.csv").read_text(encoding="utf-8")
    return {row["movieId"]: row["title"] for row in csv.DictReader(io.StringIO(text))}


@cache
def _shipped_links() -> OutsideLinks:
    with resources.as_file(resources.files("penchant.data") / _SHIPPED / "links.csv") as path:
        return _read(path)


def _read(path: Path) -> OutsideLinks:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as broken:
        raise CallerError(f"the links cannot be read ({broken})", where=str(path)) from broken
    names = set(rows[0]) if rows else set()
    key = next((name for name in ("movieId", "itemId") if name in names), None)
    if key is None or not names & {"imdbId", "tmdbId"}:
        raise CallerError(
            "there is no column of ids or of links", where=str(path), remedy="Name them movieId, imdbId and tmdbId"
        )
    return OutsideLinks(_numbers(rows, key, "imdbId"), _numbers(rows, key, "tmdbId"))


def _numbers(rows: Iterable[Mapping[str, str]], key: str, column: str) -> dict[str, str]:
    """Item id -> number, where it is one: nothing else becomes a part of an address."""
    found = {row[key]: (row.get(column) or "").strip().removeprefix("tt") for row in rows}
    return {item: number for item, number in found.items() if number.isascii() and number.isdecimal()}
