"""Ratings as Spark frames of numbers instead of ids, from a table or from Ratings in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from penchant.data.columns import ITEM, RATING, USER
from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.data.scale import Kind, Scale
from penchant.data.vocabulary import Vocabulary
from penchant.engines.spark.cached_frames import from_arrow, persist
from penchant.engines.spark.id_numbering import id_map, number_column
from penchant.engines.spark.table_reading import open_table
from penchant.foundations.errors import DataError

_MANY_LEVELS = 101
"""A table with at least this many distinct ratings has no rating step."""


@dataclass(frozen=True)
class EncodedTable:
    """frame: columns user, item (numbers) and rating, persisted in Spark. users, items: the id of each number.

    count: how many ratings. scale: as in Ratings. given: the same rows on the driver, if the table was made from them.
    """

    frame: DataFrame
    count: int
    users: Vocabulary
    items: Vocabulary
    scale: Scale
    given: Ratings | None = None

    @cached_property
    def ratings(self) -> Ratings:
        """The rows on the driver: as given, or collected, in order of user and item."""
        if self.given is not None:
            return self.given
        rows = self.frame.toArrow()
        users, items, values = (rows.column(name).to_numpy() for name in (USER, ITEM, RATING))
        order = np.lexsort((items, users))
        return Ratings(users[order], items[order], values[order], self.users, self.items, self.scale)


def numbered_table(session: SparkSession, table: Any, rules: Rules, separator: str = ",") -> EncodedTable:
    """A table with its ids replaced by numbers, in sorted order of the ids; see `open_table` for `table` and errors."""
    if isinstance(table, Ratings):
        return from_memory(session, table)
    opened = open_table(session, table, rules, separator)
    rows = persist(opened.rows)
    if not rows.take(1):
        raise DataError("there are no ratings to train on", where=str(table))
    users, items = (id_map(rows.select(role), role) for role in (USER, ITEM))
    frame = number_column(number_column(rows, USER, users), ITEM, items).select(USER, ITEM, RATING)
    frame = persist(frame)
    count = frame.count()
    rows.unpersist()
    return EncodedTable(frame, count, users.vocabulary, items.vocabulary, _scale(frame, rules, opened.kind))


def from_memory(session: SparkSession, ratings: Ratings) -> EncodedTable:
    """Ratings as a Spark frame with the numbers they already have."""
    if not len(ratings):
        raise DataError("there are no ratings to train on")
    frame = from_arrow(session, arrow_ratings(ratings.user_numbers, ratings.item_numbers, ratings.values))
    return EncodedTable(persist(frame), len(ratings), ratings.users, ratings.items, ratings.scale, ratings)


def arrow_ratings(users: Any, items: Any, values: Any) -> pa.Table:
    """Numbers and ratings (n,) as an Arrow table (user, item, rating)."""
    columns = {USER: pa.array(users, pa.int32()), ITEM: pa.array(items, pa.int32())}
    return pa.table(columns | {RATING: pa.array(values, pa.float32())})


def _scale(frame: DataFrame, rules: Rules, kind: Kind) -> Scale:
    levels = frame.select(RATING).distinct().limit(_MANY_LEVELS).toArrow().column(RATING).to_numpy()
    ends = frame.selectExpr(f"min({RATING})", f"max({RATING})").first()
    return Scale.of(
        np.append(levels, np.array(ends, np.float32)), rules.scale if kind == "ratings" else None, kind=kind
    )
