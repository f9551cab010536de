"""Side columns of items and users, matched to ratings by id."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from penchant.data.columns import ITEM, USER, Wanted
from penchant.data.csv_files import open_csv
from penchant.data.feature_columns import column_kinds, feature_table
from penchant.data.features import FeatureTable
from penchant.data.frames import column_names, to_polars
from penchant.data.id_join import id_column_of, ids_in
from penchant.data.reading_report import counted
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

    from penchant.data.ratings import Ratings

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
    their kinds told from their values, but for those that point elsewhere (imdbId, image_url), and a year in a title's
    last brackets becomes a column "year".
    id_column: the column of ids; left out, it is the one, of those named like ids, that holds the most rated ids.
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
    vocabulary: Vocabulary = ratings.items if side == ITEM else ratings.users
    role, notes = id_column_of(frame, side, id_column, vocabulary, source)
    ids = ids_in(frame[role], vocabulary, source)
    kinds = column_kinds(frame.drop(role), columns, source)
    numbers = vocabulary.numbers(ids)
    grown, more = _with_unrated(vocabulary, ids, numbers, unrated, f"{source}, column {role!r}", side)
    rows = np.full(len(grown), -1, dtype=np.int64)
    places = grown.numbers(ids)
    rows[places[places >= 0]] = np.flatnonzero(places >= 0)
    features = feature_table(frame, kinds, source, guess=columns is None).take(rows)
    before = ratings.item_features if side == ITEM else ratings.user_features
    if before is not None:
        features = _joined(before.grown(len(grown)), features)
    report = ratings.report.noting(*notes, *more) if ratings.report else None
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
    fate = "dropped" if unrated == "drop" else "in the catalogue without ratings"
    notes = [f"Known from the feature table only, {fate}: {counted(len(new), side)}"] if len(new) else []
    missing = len(vocabulary) - (len(ids) - len(new))
    notes += [f"Without a row in the feature table: {counted(missing, side)}"] if missing else []
    return vocabulary if unrated == "drop" else vocabulary.extended(ids[row] for row in new), notes
