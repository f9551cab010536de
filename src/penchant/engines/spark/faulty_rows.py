"""Finding the first row of a Spark frame that cannot be used, and saying where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from penchant.foundations.errors import DataError


@dataclass(frozen=True)
class Check:
    """role: the column looked at. bad: true for rows that cannot be used. what, remedy: for the message."""

    role: str
    bad: Column
    what: str
    remedy: str


def refuse_first(placed: DataFrame, checks: Sequence[Check], source: str) -> None:
    """Raise DataError for the first row of a frame, in reading order, that any check finds bad.

    placed: has the columns `_at`, a row's place in reading order, and `_file`, the file it came from or "". One pass
    over the rows; where a row is bad, a second one counts those before it.
    """
    which = F.lit(None)
    for number, check in reversed(list(enumerate(checks))):
        which = F.when(F.coalesce(check.bad, F.lit(False)), F.lit(number)).otherwise(which)
    found = placed.withColumn("_check", which).where("_check is not null").orderBy("_at").limit(1).collect()
    if found:
        row, check = found[0], checks[found[0]["_check"]]
        where = f"{_place(placed, row, source)}, column {check.role!r}"
        raise DataError(f"{check.what}: {row[check.role]!r}", where=where, remedy=check.remedy)


def _place(placed: DataFrame, row: Any, source: str) -> str:
    """The file and the row in it, counted from 1 without a header."""
    mine = placed.where((F.col("_file") == row["_file"]) & (F.col("_at") < row["_at"]))
    name = row["_file"].removeprefix("file://") or source
    return f"{name}, row {mine.count() + 1}"
