"""Numbering ids in Spark without collecting the rows on one machine or in one task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from penchant.data.vocabulary import Vocabulary
from penchant.engines.spark.cached_frames import cut_lineage
from penchant.foundations.errors import DataError

_ROW_BITS = 33
"""monotonically_increasing_id stores the row within the partition in this many low bits, the partition above them."""

MOST = 2**31 - 1
"""The largest number of ids that 32-bit numbers can hold."""


@dataclass(frozen=True)
class IdMap:
    """frame: columns id and number, in Spark. vocabulary: the same on the driver; an id's position is its number."""

    frame: DataFrame
    vocabulary: Vocabulary


def id_map(ids: DataFrame, role: str) -> IdMap:
    """The distinct ids of a one-column frame, numbered from 0 in their sorted order."""
    column = ids.columns[0]
    distinct = ids.select(sf.col(column).alias("id")).distinct().sort("id")
    frame = consecutive(distinct, "number")
    found = frame.toArrow()
    if found.num_rows > MOST:
        raise DataError(f"there are {found.num_rows:,} {role} ids, more than {MOST:,}")
    order = np.argsort(found.column("number").to_numpy())
    return IdMap(frame, Vocabulary(_taken(found.column("id"), order)))


def consecutive(frame: DataFrame, name: str) -> DataFrame:
    """The frame with a column `name` that numbers its rows from 0, in the order of its partitions.

    The frame is computed once, so that a recomputation cannot change the numbers.
    """
    kept = cut_lineage(frame.withColumn("_at", sf.monotonically_increasing_id()))
    partition = sf.shiftright("_at", _ROW_BITS)
    sizes = {row["partition"]: row["count"] for row in kept.groupBy(partition.alias("partition")).count().collect()}
    before = np.cumsum([0, *(sizes.get(p, 0) for p in range(max(sizes, default=0)))]).tolist()
    row = sf.col("_at").bitwiseAND(sf.lit(2**_ROW_BITS - 1))
    first = sf.array(*map(sf.lit, before))[partition.cast("int")]
    return kept.withColumn(name, (first + row).cast("int")).drop("_at")


def number_column(frame: DataFrame, role: str, ids: IdMap) -> DataFrame:
    """The frame with the ids of column `role` replaced by their numbers."""
    others = [name for name in frame.columns if name != role]
    matched = frame.join(ids.frame.withColumnRenamed("id", role), on=role)
    return matched.select(sf.col("number").alias(role), *others)


def _taken(column: Any, order: Any) -> Any:
    taken = column.take(order)
    return taken.to_numpy() if str(column.type).startswith("int") else taken.to_pylist()
