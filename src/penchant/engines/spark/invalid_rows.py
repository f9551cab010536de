"""Finding the first invalid row of a Spark frame, with its file and row number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from penchant.foundations.errors import DataError


@dataclass(frozen=True)
class Check:
    """role: the column that is checked. bad: true for invalid rows. what, remedy: texts of the message."""

    role: str
    bad: Column
    what: str
    remedy: str


def refuse_first(placed: DataFrame, checks: Sequence[Check], source: str) -> None:
    """Raise DataError for the first row of a frame, in reading order, that fails a check.

    placed: has the columns `_at`, a row's position in reading order, and `_file`, the file it came from or "". This
    takes one pass over the rows, and a second one to count the rows before an invalid one.
    """
    found = _checked(placed, checks).where("_check is not null").orderBy("_at").limit(1).collect()
    if found:
        row, check = found[0], checks[found[0]["_check"]]
        where = f"{_place(placed, row, source)}, column {check.role!r}"
        raise DataError(f"{check.what}: {row[check.role]!r}", where=where, remedy=check.remedy)


def without(placed: DataFrame, checks: Sequence[Check]) -> DataFrame:
    """The frame without the rows that fail a check."""
    return _checked(placed, checks).where("_check is null").drop("_check")


def _checked(placed: DataFrame, checks: Sequence[Check]) -> DataFrame:
    """The frame with a column `_check`: the number of the first check that a row fails, or null."""
    which = sf.lit(None)
    for number, check in reversed(list(enumerate(checks))):
        which = sf.when(sf.coalesce(check.bad, sf.lit(False)), sf.lit(number)).otherwise(which)
    return placed.withColumn("_check", which)


def _place(placed: DataFrame, row: Any, source: str) -> str:
    """The file and the row in it, counted from 1 without a header."""
    before = placed.where((sf.col("_file") == row["_file"]) & (sf.col("_at") < row["_at"]))
    name = row["_file"].removeprefix("file://") or source
    return f"{name}, row {before.count() + 1}"
