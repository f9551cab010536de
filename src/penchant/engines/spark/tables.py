"""Any table Spark can read becomes rows (user, item, rating); what Spark would choke on is found first, by its row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER, Wanted, find_column
from penchant.data.identifying import WHOLE
from penchant.engines.spark.faulty_rows import Check, refuse_first
from penchant.foundations.errors import DataError

Duplicates = Literal["last", "mean", "error"]
_WHOLE_TYPES = ("tinyint", "smallint", "int", "bigint")
_FRACTIONAL_TYPES = ("float", "double", "decimal")


@dataclass(frozen=True)
class TableRules:
    """How a table is read. user, item, rating, timestamp: its columns' names, recognized where not given.

    separator: of a text file. duplicates: which rating of a repeated pair counts. scale: (lowest, highest) rating.
    """

    user: Wanted = None
    item: Wanted = None
    rating: Wanted = None
    timestamp: Wanted = None
    separator: str = ","
    duplicates: Duplicates = "last"
    scale: tuple[float, float] | None = None


def open_table(session: SparkSession, table: Any, rules: TableRules) -> DataFrame:
    """Checked rows (user, item, rating), a pair once, ids whole numbers or texts.

    table: a path or URL that the workers can read (Parquet, or CSV with a header), or a DataFrame of this session.
    Raises DataError, with the row, for the first that cannot be used.
    """
    source, raw, typed = _opened(session, table, rules.separator)
    names = _names(raw, source, rules)
    placed = _placed(raw, names)
    refuse_first(placed, _checks(placed, rules), source)
    rows = placed.select(
        *(_plain_id(placed, role).alias(role) for role in (USER, ITEM)), _number(RATING), _order(placed), "_at", "_file"
    )
    return _one_kind(_merged(rows, rules.duplicates, source), typed, source)


def _opened(session: SparkSession, table: Any, separator: str) -> tuple[str, DataFrame, bool]:
    """What messages call the table, its rows, and whether its columns have types."""
    if isinstance(table, DataFrame):
        return "table", table, True
    path = as_url(str(table))
    if re.search(r"\.(csv|tsv|txt|dat)(\.\w+)?$", path):
        return path, session.read.csv(path, header=True, sep=separator), False
    return path, session.read.parquet(path), True


def as_url(path: str) -> str:
    """A URL whose two slashes pathlib made one, repaired: s3a:/bucket is s3a://bucket."""
    return re.sub(r"^([a-z][a-z0-9+.-]+):/(?=[^/])", r"\1://", path)


def _names(raw: DataFrame, source: str, rules: TableRules) -> dict[str, str]:
    optional = (RATING, TIMESTAMP)
    found = {
        role: find_column(role, getattr(rules, role), raw.columns, source=source, needed=role not in optional)
        for role in (USER, ITEM, RATING, TIMESTAMP)
    }
    return {role: name for role, name in found.items() if name is not None}


def _placed(raw: DataFrame, names: dict[str, str]) -> DataFrame:
    """The columns by their role, and for messages the file and the row's place in reading order."""
    chosen = [F.col(f"`{name}`").alias(role) for role, name in names.items()]
    if RATING not in names:
        chosen.append(F.lit(1.0).alias(RATING))
    return raw.select(*chosen, F.monotonically_increasing_id().alias("_at"), F.input_file_name().alias("_file"))


def _checks(placed: DataFrame, rules: TableRules) -> list[Check]:
    found: list[Check] = []
    for role in (USER, ITEM):
        kind = _type(placed, role)
        text = F.trim(F.col(role).cast("string"))
        found.append(Check(role, F.col(role).isNull() | (text == ""), "the id is missing", "Fill it in or drop the row"))
        if kind.startswith(_FRACTIONAL_TYPES):
            whole = F.col(role) == F.floor(role)
            found.append(Check(role, ~whole, "an id is not a whole number", "Ids are whole numbers or texts"))
    rating = _number(RATING)
    unusable = rating.isNull() | F.isnan(rating) | (F.abs(rating) == F.lit(float("inf")))
    found.append(Check(RATING, unusable, "the rating is not a finite number", "Correct it or drop the row"))
    if rules.scale is not None:
        low, high = rules.scale
        outside = ~rating.between(low, high)
        found.append(Check(RATING, outside, f"the rating lies outside {low:g} to {high:g}", "Correct it, or the scale"))
    return found


def _number(role: str) -> Column:
    return F.expr(f"try_cast(`{role}` as float)").alias(role)


def _plain_id(placed: DataFrame, role: str) -> Column:
    kind = _type(placed, role)
    if kind in _WHOLE_TYPES or kind.startswith(_FRACTIONAL_TYPES):
        return F.col(role).cast("bigint")
    return F.trim(F.col(role).cast("string"))


def _order(placed: DataFrame) -> Column:
    """What decides which of two ratings of a pair is the later: the time where there is one, then the place."""
    first = F.col(TIMESTAMP) if TIMESTAMP in placed.columns else F.lit(0)
    return F.struct(first.alias("time"), F.col("_at").alias("at")).alias("_order")


def _type(frame: DataFrame, column: str) -> str:
    return dict(frame.dtypes)[column]


def _merged(rows: DataFrame, duplicates: Duplicates, source: str) -> DataFrame:
    """A pair once; the file and place of the rating that stayed remain beside it."""
    pairs = rows.groupBy(USER, ITEM)
    rating = F.avg(RATING) if duplicates == "mean" else F.max_by(RATING, "_order")
    last = F.max_by(F.struct("_at", "_file"), "_order").alias("_place")
    merged = pairs.agg(rating.cast("float").alias(RATING), last, F.count("*").alias("_times"))
    if duplicates == "error" and (twice := merged.where("_times > 1").first()) is not None:
        raise DataError(
            f"user {twice[USER]!r} rated item {twice[ITEM]!r} {twice['_times']} times",
            where=source,
            remedy="Keep the last or the mean of such ratings, or mend the table",
        )
    return merged.select(USER, ITEM, RATING, "_place.*")


def _one_kind(rows: DataFrame, typed: bool, source: str) -> DataFrame:
    """Ids of a file without types that are all spelled as whole numbers become such; two kinds are refused."""
    for role in () if typed else (USER, ITEM):
        whole = F.col(role).rlike(WHOLE)
        counts = rows.agg(F.count("*"), F.count_if(whole)).first()
        if counts[1] == counts[0]:
            rows = rows.withColumn(role, F.col(role).cast("bigint"))
        elif counts[1] > 0:
            rare = whole if counts[1] * 2 < counts[0] else ~whole
            remedy = "Mend it, or give every id of the column a letter"
            refuse_first(rows, [Check(role, rare, "ids of two kinds, whole numbers and texts", remedy)], source)
    return rows.select(USER, ITEM, RATING)


def exists_here(path: str | Path) -> bool:
    """Whether a path without a scheme is there; URLs are for Spark to look up."""
    return "://" in as_url(str(path)) or Path(path).exists()
