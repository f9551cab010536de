"""From a polars frame to the columns of Ratings: validation, numbering, deduplication and a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from penchant.data.columns import EVENT, ITEM, RATING, TIMESTAMP, USER, WEIGHT
from penchant.data.deduplication import merge, repeated_rows
from penchant.data.id_encoding import encode_ids, plain_ids
from penchant.data.liked import liked_from
from penchant.data.reading_report import ReadingReport, counted
from penchant.data.reading_rules import Duplicates, Rules
from penchant.data.row_validation import RowValidation
from penchant.data.scale import Kind, Scale, look_like_counts
from penchant.data.time_parsing import seconds
from penchant.data.value_parsing import blank, choice_weights, rating_values
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class RatingColumns:
    """What a table says, under the names of the fields of Ratings."""

    user_numbers: Numbers
    item_numbers: Numbers
    values: NDArray[np.float32]
    users: Vocabulary
    items: Vocabulary
    scale: Scale
    timestamps: NDArray[np.int64] | None
    report: ReadingReport


def assemble(
    frame: pl.DataFrame, columns: dict[str, str], source: str, rules: Rules, *, typed: bool, form: str = ""
) -> RatingColumns:
    """The columns of Ratings from a frame. columns: role -> column. form: how the table was understood.

    typed: whether the column types come from the caller; otherwise texts may be numbers.
    """
    if len(frame) == 0:
        raise DataError("the table has no rows", where=source, remedy="Give a table with at least two users' ratings")
    checks = RowValidation(source, columns, skip=rules.bad_rows == "skip")
    rows, notes = len(frame), list[str]()
    frame = frame.select(column.alias(role) for role, column in _by_role(columns))
    for role in columns:
        checks.check_type(frame[role], number=role in (RATING, WEIGHT), time=role == TIMESTAMP)
    if not typed:
        checks.leave_out(_blank_lines(frame), "blank line")
    frame, times_read = _validated(frame, checks, rules, notes)
    users, user_ids = _encoded(frame[USER], checks, notes, rules, typed=typed)
    items, item_ids = _encoded(frame[ITEM], checks, notes, rules, typed=typed)
    values = frame[RATING if RATING in columns else WEIGHT].to_numpy()
    times = frame[TIMESTAMP].to_numpy() if TIMESTAMP in columns else None
    del frame
    kept, values = _deduplicated(
        users.astype(np.int64) * len(item_ids) + items, values, times, checks, rules.merging(columns), notes
    )
    merged = len(users) - int(kept.sum())
    if RATING not in columns:
        kept = _positive(kept, values, source, notes)
    values = values[kept]
    kind = _kind(values, columns, rules, notes)
    report = ReadingReport(
        source, rows, merged, checks.refused, len(values), len(user_ids), len(item_ids), columns, tuple(notes), kind,
        checks.left_out, form, {USER: _id_words(user_ids), ITEM: _id_words(item_ids)}, times_read,
        liked_from(values) if kind == "ratings" else None,
    )  # fmt: skip
    times = None if times is None else times[kept]
    scale = Scale.of(values, rules.scale, kind=kind)
    return RatingColumns(users[kept], items[kept], values, user_ids, item_ids, scale, times, report)


def _blank_lines(frame: pl.DataFrame) -> pl.Series:
    """The rows of a text without anything in the columns that were read."""
    import polars as pl

    first, *others = frame.columns
    empty = frame.select(pl.all_horizontal(pl.col(others).is_null())).to_series() if others else frame[first].is_null()
    if not empty.any():
        return empty  # so that the texts of a table without gaps are not looked at
    return empty & blank(frame[first])


def _id_words(ids: Vocabulary) -> str:
    return "texts" if ids.of_text else "whole numbers"


def _positive(kept: NDArray[np.bool_], values: NDArray[np.float32], source: str, notes: list[str]) -> NDArray[np.bool_]:
    """The kept rows with a weight above 0."""
    positive: NDArray[np.bool_] = kept & (values > 0)
    if not positive.any():
        raise DataError("no pair has a weight above 0", where=source, remedy="Check the weights")
    if left_out := int((kept & ~positive).sum()):
        notes.append(f"{counted(left_out, 'pair')} with a total weight of 0 or less left out")
    return positive


def _kind(values: NDArray[np.float32], columns: dict[str, str], rules: Rules, notes: list[str]) -> Kind:
    """What the values are, by the columns and, unless a scale is declared, by their distribution; notes say it."""
    if RATING not in columns:
        weighed = [f"{columns[role]!r}" for role in (WEIGHT, EVENT) if role in columns]
        notes.append("Read as choices, without ratings" + (f"; weights from {' and '.join(weighed)}" * bool(weighed)))
        return "choices"
    if rules.partial:
        return "ratings"
    equal = bool((values == values[0]).all())
    if equal:
        notes.append(f"All ratings are {values[0]:g}: they say who chose what, and nothing about what is liked")
    elif rules.scale is None and look_like_counts(values):
        notes.append(
            f"The ratings look like counts (whole numbers up to {values.max():,.0f}, half of them "
            f"{np.median(values):,.0f} or less) and are read as weights of choices; if they are ratings, pass scale=…"
        )
    else:
        return "ratings"
    return "ratings" if rules.scale is not None else "choices"


def _by_role(columns: dict[str, str]) -> list[tuple[str, pl.Expr]]:
    import polars as pl

    return [(role, pl.col(name)) for role, name in columns.items()]


def _validated(frame: pl.DataFrame, checks: RowValidation, rules: Rules, notes: list[str]) -> tuple[pl.DataFrame, str]:
    """The frame without the invalid rows, and how times were read.

    It has plain ids, Float32 ratings or weights, and Int64 seconds.
    """
    import polars as pl

    values = rating_values(frame[RATING], rules, checks, notes) if RATING in frame.columns else None
    for role in (USER, ITEM):
        column = frame[role].cast(pl.String) if rules.ids == "text" else frame[role]
        frame = frame.with_columns(plain_ids(column, checks))
    frame = frame.with_columns(values) if values is not None else choice_weights(frame, rules, checks, notes)
    times_read = ""
    if TIMESTAMP in frame.columns:
        times, times_read = seconds(frame[TIMESTAMP], rules.time_format, checks)
        frame = frame.with_columns(times)
    return checks.filtered(frame), times_read


def _encoded(
    column: pl.Series, checks: RowValidation, notes: list[str], rules: Rules, *, typed: bool
) -> tuple[Numbers, Vocabulary]:
    numbers, vocabulary, id_notes = encode_ids(
        column, checks, detect_whole=not typed and rules.ids == "detect", trim=rules.trim_ids
    )
    notes += id_notes
    if len(vocabulary) < 2 and not rules.partial:
        raise DataError(
            f"every row has the same {column.name}, {vocabulary.ids.tolist()[0]!r}",
            where=f"{checks.source}, column {checks.names[column.name]!r}",
            remedy=f"Training needs at least two {column.name}s; check that this is the right column",
        )
    return numbers, vocabulary


def _deduplicated(
    pairs: NDArray[np.int64],
    values: NDArray[np.float32],
    times: NDArray[np.int64] | None,
    checks: RowValidation,
    policy: Duplicates,
    notes: list[str],
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """A mask of the rows that are kept so that each pair occurs once, and the values (n,), merged in the kept rows.

    pairs: (n,) one number for each (user, item).
    """
    repeated: NDArray[np.int64] = repeated_rows(pairs)
    if len(repeated) == 0:
        return np.ones(len(pairs), dtype=bool), values
    if policy == "error":
        row = int(repeated[np.unique(pairs[repeated], return_index=True)[1].argmin()])
        again = int(repeated[pairs[repeated] == pairs[row]][1])
        raise DataError(
            f"its user and item occurred before ({checks.place(row, ITEM)})", where=checks.place(again, USER),
            remedy="Pass duplicates='last', 'mean' or 'sum' to merge them into one rating",
        )  # fmt: skip
    kept, merged = merge(pairs, values, times, repeated, policy)
    dropped = counted(int((~kept).sum()), "row")
    notes.append(f"{dropped} repeated a user and item; each pair keeps one row ({policy})")
    return kept, merged
