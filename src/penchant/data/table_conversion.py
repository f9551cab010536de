"""From a polars frame with recognized columns to Ratings: checks, numbers, one rating a pair, and a report."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER, Wanted, find_column
from penchant.data.deduplication import Duplicates, merge, repeated_rows
from penchant.data.id_encoding import IdKind, numbered, plain_ids
from penchant.data.ratings import Ratings, Scale
from penchant.data.reading_report import ReadingReport, counted
from penchant.data.row_validation import BadRows, RowValidation
from penchant.data.value_parsing import rating_values, seconds
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

_CHOICES = {"duplicates": ("last", "error", "mean", "sum"), "ids": ("detect", "text"), "bad_rows": ("error", "skip")}


@dataclass(frozen=True)
class Rules:
    """How a table becomes ratings.

    user, item, rating, timestamp: column names; left out, they are recognized (userId, movie_id, score, …). False for
    rating takes every row as a 1 (somebody chose something), False for timestamp does without.
    scale: (lowest, highest) rating; a rating outside is refused. Left out, the ends are read off the ratings.
    duplicates: what becomes of several rows of one user and item: "last" keeps the latest by timestamp, or the last in
    the table where there are none; "mean" and "sum" combine them in that one's place; "error" refuses them.
    ids: "detect" takes a file's ids as whole numbers where all are spelled so; "text" takes every id as a text.
    bad_rows: "error" stops at the first row that cannot be used; "skip" leaves such rows out and counts them.
    """

    user: Wanted = None
    item: Wanted = None
    rating: Wanted = None
    timestamp: Wanted = None
    scale: tuple[float, float] | None = None
    duplicates: Duplicates = "last"
    ids: IdKind = "detect"
    bad_rows: BadRows = "error"

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                raise DataError(f"{name}={value!r} is not one of {', '.join(map(repr, allowed))}", where="reading")
        if self.scale is not None and not self.scale[0] < self.scale[1]:
            raise DataError(f"the scale {self.scale} does not rise", where="reading", remedy="Give (lowest, highest)")

    def columns(self, existing: list[str], source: str) -> dict[str, str]:
        """Role -> column of a table that has the columns `existing`."""
        wanted = {USER: self.user, ITEM: self.item, RATING: self.rating, TIMESTAMP: self.timestamp}
        found = {
            role: find_column(role, name, existing, source=source, needed=role != TIMESTAMP)
            for role, name in wanted.items()
        }
        return {role: name for role, name in found.items() if name is not None}


def assemble(frame: pl.DataFrame, columns: dict[str, str], source: str, rules: Rules, *, typed: bool) -> Ratings:
    """Ratings from a frame; `columns` says which column plays which role.

    typed: the frame's types are the caller's own; otherwise texts may stand for numbers.
    """
    if len(frame) == 0:
        raise DataError("the table has no rows", where=source, remedy="Give a table with at least two users' ratings")
    checks = RowValidation(source, columns, skip=rules.bad_rows == "skip")
    rows, made = len(frame), _Made()
    frame = _checked(frame.select(pl_col.alias(role) for role, pl_col in _by_role(columns)), checks, rules, made)
    users, user_ids = _numbered(frame[USER], checks, made, detect_whole=not typed and rules.ids == "detect")
    items, item_ids = _numbered(frame[ITEM], checks, made, detect_whole=not typed and rules.ids == "detect")
    values = frame[RATING].to_numpy() if RATING in columns else np.ones(len(frame), np.float32)
    times = frame[TIMESTAMP].to_numpy() if TIMESTAMP in columns else None
    del frame
    ratings = Ratings(users, items, values, user_ids, item_ids, Scale(0, 1), times)
    ratings = _one_a_pair(ratings, checks, rules, made)
    report = ReadingReport(
        source, rows, len(users) - len(ratings), checks.refused, len(ratings), len(user_ids), len(item_ids), columns,
        tuple(made.notes),
    )  # fmt: skip
    return dataclasses.replace(ratings, scale=Scale.of(ratings.values, rules.scale), report=report)


@dataclass
class _Made:
    """What the steps have to say to the reader."""

    notes: list[str] = field(default_factory=list)


def _by_role(columns: dict[str, str]) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    return [(role, pl.col(name)) for role, name in columns.items()]


def _checked(frame: pl.DataFrame, checks: RowValidation, rules: Rules, made: _Made) -> pl.DataFrame:
    """The frame with plain ids, Float32 ratings and Int64 seconds, without the rows that were refused."""
    import polars as pl

    for role in (USER, ITEM):
        column = frame[role].cast(pl.String) if rules.ids == "text" else frame[role]
        frame = frame.with_columns(plain_ids(column, checks))
    if RATING in frame.columns:
        frame = frame.with_columns(rating_values(frame[RATING], rules.scale, checks))
    if TIMESTAMP in frame.columns:
        times, notes = seconds(frame[TIMESTAMP], checks)
        frame = frame.with_columns(times)
        made.notes += notes
    return checks.filtered(frame)


def _numbered(
    column: pl.Series, checks: RowValidation, made: _Made, *, detect_whole: bool
) -> tuple[Numbers, Vocabulary]:
    numbers, vocabulary, notes = numbered(column, checks, detect_whole=detect_whole)
    made.notes += notes
    if len(vocabulary) < 2:
        raise DataError(
            f"every row has the same {column.name}, {vocabulary.ids.tolist()[0]!r}",
            where=f"{checks.source}, column {checks.names[column.name]!r}",
            remedy=f"Learning who likes what takes at least two {column.name}s; is this the right column?",
        )
    return numbers, vocabulary


def _one_a_pair(ratings: Ratings, checks: RowValidation, rules: Rules, made: _Made) -> Ratings:
    """The ratings with one row for each (user, item), in the order of the rows that stay."""
    pairs = ratings.user_numbers.astype(np.int64) * ratings.n_items + ratings.item_numbers
    repeated: NDArray[np.int64] = repeated_rows(pairs)
    if len(repeated) == 0:
        return ratings
    if rules.duplicates == "error":
        row = int(repeated[np.unique(pairs[repeated], return_index=True)[1].argmin()])
        again = int(repeated[pairs[repeated] == pairs[row]][1])
        raise DataError(
            f"its user and item were already met ({checks.place(row, ITEM)})", where=checks.place(again, USER),
            remedy="Pass duplicates='last', 'mean' or 'sum' to have one rating of them",
        )  # fmt: skip
    stays, values = merge(pairs, ratings.values, ratings.timestamps, repeated, rules.duplicates)
    gone = counted(int((~stays).sum()), "row")
    made.notes.append(f"{gone} repeated a user and item; each pair keeps one rating ({rules.duplicates})")
    return dataclasses.replace(ratings, values=values).take(stays)
