"""Side columns of items and users, matched to ratings by id."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from penchant.data.columns import ITEM, USER, Wanted, find_column
from penchant.data.csv_files import open_csv
from penchant.data.features import FeatureTable, Kind
from penchant.data.frames import column_names, to_polars
from penchant.data.identifying import WHOLE, plain_ids
from penchant.data.row_checks import RowChecks
from penchant.data.titles import years
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

    from penchant.data.ratings import Ratings

KINDS = ("many", "category", "number", "text", "title")
TITLES = ("title", "name")
FEW_LABELS = 0.2
"""A text column with at most this share of distinct values is taken for labels, one with more for free text."""

Unrated = Literal["keep", "drop", "error"]


def attach_features(
    ratings: Ratings,
    *,
    items: Any = None,
    users: Any = None,
    columns: Mapping[str, str] | None = None,
    id_column: str | None = None,
    unrated: Unrated = "keep",
) -> Ratings:
    """The ratings with side columns for items, users or both.

    items, users: a table (see `reading.read_frame`) or the path of a CSV or Parquet file, with one row an id.
    columns: column -> what it is: "number", "category" (one label), "many" (a list of labels), a separator such as "|"
    (labels in one text), "text" (free words) or "title" (shown, not learnt from). Left out, all columns are taken and
    their kinds told from their values, and a year in a title's last brackets becomes a column "year".
    id_column: the column of ids; left out, it is recognized.
    unrated: ids that only the feature table knows are kept as a catalogue without ratings, dropped, or an error.
    Raises DataError when no id of the table occurs among the ratings.
    """
    for side, table in ((ITEM, items), (USER, users)):
        if table is not None:
            ratings = _attached(ratings, side, table, columns, id_column, unrated)
    return ratings


def _attached(
    ratings: Ratings, side: str, table: Any, columns: Mapping[str, str] | None, id_column: Wanted, unrated: Unrated
) -> Ratings:
    frame, source = _opened(table, f"{side}s")
    role = find_column(side, id_column, frame.columns, source=source)
    assert role is not None
    vocabulary: Vocabulary = ratings.items if side == ITEM else ratings.users
    ids = _own_ids(frame[role], vocabulary, source)
    kinds = _kinds(frame.drop(role), columns, source)
    numbers = vocabulary.numbers(ids)
    grown, notes = _with_unrated(vocabulary, ids, numbers, unrated, f"{source}, column {role!r}", side)
    rows = np.full(len(grown), -1, dtype=np.int64)
    places = grown.numbers(ids)
    rows[places[places >= 0]] = np.flatnonzero(places >= 0)
    features = _table(frame, kinds, source, guess=columns is None).take(rows)
    before = ratings.item_features if side == ITEM else ratings.user_features
    if before is not None:
        features = _joined(before.grown(len(grown)), features)
    report = ratings.report.noting(*notes) if ratings.report else None
    changes: dict[str, Any] = {f"{side}s": grown, f"{side}_features": features, "report": report}
    return dataclasses.replace(ratings, **changes)


def _joined(before: FeatureTable, more: FeatureTable) -> FeatureTable:
    """Both tables' columns; the later one's where they share a name."""
    titles = before.titles if more.titles is None else more.titles
    return FeatureTable({**before.columns, **more.columns}, {**before.kinds, **more.kinds}, titles)


def _opened(table: Any, name: str) -> tuple[pl.DataFrame, str]:
    import polars as pl

    if not isinstance(table, str | Path):
        return to_polars(table, column_names(table, name), name), name
    if Path(table).suffix == ".parquet":
        return pl.read_parquet(table), str(table)
    file = open_csv(table)
    return file.read(file.names, {}), str(table)


def _own_ids(column: pl.Series, vocabulary: Vocabulary, source: str) -> list[Any]:
    """The table's ids, in the vocabulary's kind; each must be there once."""
    import polars as pl

    column = plain_ids(column, RowChecks(source, {column.name: column.name}))
    twice = column.is_duplicated()
    if twice.any():
        row = column.is_first_distinct().not_().arg_max() or 0
        raise DataError(
            f"the id {column[row]!r} occurs twice", where=f"{source}, row {row + 1}, column {column.name!r}",
            remedy="Give each id one row",
        )  # fmt: skip
    if vocabulary.of_text or column.dtype != pl.String:
        return (column.cast(pl.String).str.strip_chars() if vocabulary.of_text else column).to_list()
    column = column.str.strip_chars()
    return (column.cast(pl.Int64) if column.str.contains(WHOLE).all() else column).to_list()


def _with_unrated(
    vocabulary: Vocabulary, ids: list[Any], numbers: Any, unrated: Unrated, where: str, side: str
) -> tuple[Vocabulary, list[str]]:
    """The vocabulary, extended where asked by ids that only the feature table has, and a counted note."""
    new = np.flatnonzero(numbers < 0)
    if len(new) == len(ids):
        kind = "texts" if vocabulary.of_text else "whole numbers"
        raise DataError(
            f"none of the {len(ids):,} ids occurs among the ratings, whose {side} ids are {kind} "
            f"such as {vocabulary.ids.tolist()[0]!r}; here they are such as {ids[0]!r}",
            where=where, remedy="Name the right column with id_column=…",
        )  # fmt: skip
    if len(new) and unrated == "error":
        raise DataError(
            f"nobody rated the {side} {ids[new[0]]!r}", where=f"{where}, row {new[0] + 1}",
            remedy="Pass unrated='keep' to have it in the catalogue all the same, or unrated='drop'",
        )  # fmt: skip
    if not len(new) or unrated == "drop":
        return vocabulary, [f"{len(new):,} {side}s of the feature table have no rating and were dropped"] if len(
            new
        ) else []
    missing = len(vocabulary) - (len(ids) - len(new))
    notes = [f"{len(new):,} {side}s are known from the feature table only: in the catalogue, without ratings"]
    notes += [f"{missing:,} rated {side}s have no features"] if missing else []
    return vocabulary.extended(ids[row] for row in new), notes


def _kinds(frame: pl.DataFrame, columns: Mapping[str, str] | None, source: str) -> dict[str, str]:
    """Column -> its kind or its separator, as the caller says or as its values suggest."""
    if columns is None:
        return {name: _guess(frame[name]) for name in frame.columns}
    for name, kind in columns.items():
        find_column("feature", name, frame.columns, source=source)
        if kind not in KINDS and any(letter.isalnum() for letter in kind):
            raise DataError(
                f"{kind!r} is no kind of column", where=f"{source}, column {name!r}",
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
    if texts.str.contains("|", literal=True).sum() > FEW_LABELS * len(texts):
        return "|"
    return "category" if texts.n_unique() <= FEW_LABELS * len(texts) else "text"


def _table(frame: pl.DataFrame, kinds: Mapping[str, str], source: str, *, guess: bool) -> FeatureTable:
    import polars as pl

    titles: Sequence[str | None] | None = None
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


def _values(column: pl.Series, kind: str, source: str) -> tuple[list[Any], Kind]:
    import polars as pl

    if kind == "number":
        numbers = column.cast(pl.Float64, strict=False)
        checks = RowChecks(source, {column.name: column.name})
        odd = numbers.is_null() & column.is_not_null()
        checks.refuse(odd, column.name, "the value is not a number", "Mend it, or read the column as text", column)
        return numbers.fill_nan(None).to_list(), "number"
    if kind in ("category", "text"):
        return column.cast(pl.String).str.strip_chars().to_list(), kind  # type: ignore[return-value]
    lists = column if column.dtype == pl.List else column.cast(pl.String).str.split(kind)
    return [None if labels is None else _labels(labels) for labels in lists.to_list()], "many"


def _labels(labels: Sequence[Any]) -> tuple[str, ...] | None:
    """The distinct labels without white space around them; None where there are none."""
    found = tuple(dict.fromkeys(text for label in labels if label is not None and (text := str(label).strip())))
    return found or None
