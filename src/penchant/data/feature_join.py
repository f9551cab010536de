"""Joining features of items and users to ratings by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from penchant.data.feature_columns import column_kinds, feature_table, names_by_content
from penchant.data.features import FeatureTable
from penchant.data.frames import open_frame
from penchant.data.id_join import id_column_of, ids_in
from penchant.data.reading_report import counted
from penchant.data.tables.file_options import FileOptions
from penchant.data.tables.table_file import open_table
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

Unrated = Literal["keep", "drop", "error"]


@dataclass(frozen=True)
class JoinOptions:
    """How a table of features is joined.

    columns: column -> its kind: "number", "category" (one label), "many" (a list of labels), a separator such as "|"
    (labels in one text), "text" (free words) or "title" (shown only, not a feature). Left out, all columns are used
    except references such as imdbId or image_url, their kinds are guessed from their values, and a year in brackets at
    the end of a title becomes a column "year".
    id_column: the column of ids; left out, the column named like ids that contains the most rated ids.
    unrated: what is done with ids of the table that have no ratings: "keep" adds them to the ratings' vocabulary,
    "drop" leaves them out, "error" raises.
    """

    columns: Mapping[str, str] | None
    id_column: str | None
    unrated: Unrated

    def __post_init__(self) -> None:
        _check_options(self.columns, self.unrated)


@dataclass(frozen=True)
class JoinedFeatures:
    """The ids of one side, extended by those of the table, their features, and notes for the reading report."""

    vocabulary: Vocabulary
    features: FeatureTable
    notes: tuple[str, ...]


def _check_options(columns: object, unrated: object) -> None:
    if unrated not in get_args(Unrated):
        remedy = name_remedy(str(unrated), get_args(Unrated), intro="It is one of")
        raise DataError(f"unrated={unrated!r} is not known", where="with_features()", remedy=remedy)
    if columns is not None and not isinstance(columns, Mapping):
        remedy = "Give a mapping such as {'genres': '|', 'year': 'number'}"
        raise DataError(f"columns={columns!r} is not a mapping", where="with_features()", remedy=remedy)


def joined_features(
    side: str,
    vocabulary: Vocabulary,
    before: FeatureTable | None,
    table: Any,
    options: JoinOptions,
    opening: FileOptions,
) -> JoinedFeatures:
    """Features of one side, "user" or "item", from a table with one row for each id.

    vocabulary: the ids of the ratings. before: the features that there are. table: a frame (see `Ratings.from_frame`)
    or the path of a file of any form. opening: how that file is opened. Raises DataError if no id of the table has a
    rating, and for a table that cannot be read.
    """
    frame, texts, source, form = read_features(table, f"{side}s", options, opening)
    of_ids = texts if vocabulary.of_text else frame
    role, notes = id_column_of(of_ids, side, options.id_column, vocabulary, source)
    ids = ids_in(of_ids[role], vocabulary, source)
    kinds = column_kinds(frame.drop(role), options.columns, source)
    numbers = vocabulary.numbers(ids)
    where = f"{source}, column {role!r}"
    extended, more_notes = _with_unrated(vocabulary, ids, numbers, options.unrated, where, side)
    rows = np.full(len(extended), -1, dtype=np.int64)
    positions = extended.numbers(ids)
    rows[positions[positions >= 0]] = np.flatnonzero(positions >= 0)
    features = feature_table(frame, kinds, source, guess=options.columns is None).take(rows)
    if before is not None:
        features = _joined(before.grown(len(extended)), features)
    return JoinedFeatures(extended, features, (f"{source}: {side} features, read as {form}", *notes, *more_notes))


def _joined(before: FeatureTable, more: FeatureTable) -> FeatureTable:
    """The columns of both tables; of a column that both have, the later one's."""
    titles = before.titles if more.titles is None else more.titles
    return FeatureTable({**before.columns, **more.columns}, {**before.kinds, **more.kinds}, titles)


def read_features(
    table: Any, name: str, options: JoinOptions, opening: FileOptions
) -> tuple[pl.DataFrame, pl.DataFrame, str, str]:
    """A table of features, the same with the texts of its cells where it has no types, its name, and how it was read.

    A table without a header has the ids in its first column; of the others, titles and labels are called so.
    """
    import polars as pl

    named = {one for one in (options.id_column, *(options.columns or ())) if isinstance(one, str)}
    opened = open_table(table, opening, named) if isinstance(table, str | Path) else open_frame(table, name)
    if twice := [one for one in opened.names if opened.names.count(one) > 1]:
        raise DataError(f"two columns are named {twice[0]!r}", where=opened.source, remedy="Rename one of them")
    frame, form = opened.read(opened.names, {}, infer_from=None)
    texts = frame if opened.typed else opened.read(opened.names, dict.fromkeys(opened.names, pl.String))[0]
    if not opened.headed and opening.names is None and not named:
        names = names_by_content(frame)
        frame, texts = frame.rename(names), texts.rename(names)
        form += "; " + ", ".join(f"{old} is {new}" for old, new in names.items())
    return frame, texts, opened.source, form


def _with_unrated(
    vocabulary: Vocabulary, ids: list[Any], numbers: Any, unrated: Unrated, where: str, side: str
) -> tuple[Vocabulary, list[str]]:
    """The vocabulary, extended by the ids without ratings if they are kept, and notes with counts."""
    new = np.flatnonzero(numbers < 0)
    if not ids:
        raise DataError("the table has no rows", where=where, remedy=f"Give a table with the {side}s")
    if len(new) == len(ids):
        kind = "texts" if vocabulary.of_text else "whole numbers"
        raise DataError(
            f"none of the {len(ids):,} ids has a rating; the {side} ids of the ratings are {kind} "
            f"such as {vocabulary.ids.tolist()[0]!r}, here they are such as {ids[0]!r}",
            where=where, remedy="Name the right column with id_column=…",
        )  # fmt: skip
    if len(new) and unrated == "error":
        raise DataError(
            f"the {side} {ids[new[0]]!r} has no rating", where=f"{where}, row {new[0] + 1}",
            remedy="Pass unrated='keep' to add it without ratings, or unrated='drop' to leave it out",
        )  # fmt: skip
    outcome = "left out" if unrated == "drop" else "added without ratings"
    notes = [f"In the feature table only, {outcome}: {counted(len(new), side)}"] if len(new) else []
    missing = len(vocabulary) - (len(ids) - len(new))
    notes += [f"Without a row in the feature table: {counted(missing, side)}"] if missing else []
    return vocabulary if unrated == "drop" else vocabulary.extended(ids[row] for row in new), notes
