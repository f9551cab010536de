"""Reading a table with Spark into checked rows (user, item, rating); the first invalid row is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sf

from penchant.data.columns import EVENT, ITEM, RATING, TIMESTAMP, USER, WEIGHT
from penchant.data.id_encoding import WHOLE
from penchant.data.reading_rules import Duplicates, Rules
from penchant.data.scale import Kind
from penchant.engines.spark.invalid_rows import Check, refuse_first, without
from penchant.engines.spark.sessions import located
from penchant.foundations.errors import DataError

_WHOLE_TYPES = ("tinyint", "smallint", "int", "bigint")
_FRACTIONAL_TYPES = ("float", "double", "decimal")
LOCAL = ("trim_ids", "missing", "decimal", "time_format", "wide", "partial")
"""The fields of Rules that Spark does not follow."""

_REMEDY = "Correct it, or pass bad_rows='skip' to leave such rows out"


@dataclass(frozen=True)
class SparkTable:
    """Checked rows (user, item, rating), one for each pair; of choices the rating is their weight."""

    rows: DataFrame
    kind: Kind


def open_table(session: SparkSession, table: Any, rules: Rules, separator: str = ",") -> SparkTable:
    """The rows of a table; ids are whole numbers or texts.

    table: a path or URL that the workers can read (Parquet, or CSV with a header), or a DataFrame of this session.
    rules: as for a table read without Spark, without those of LOCAL. Raises DataError for the first invalid row.
    """
    source, raw, typed = _opened(session, table, separator)
    for name in LOCAL:
        if getattr(rules, name) != getattr(Rules, name):
            raise DataError(
                f"{name}={getattr(rules, name)!r} is not for Spark", where=source,
                remedy="Leave it out, or read the table without Spark",
            )  # fmt: skip
    columns = rules.columns(raw.columns, source)
    kind: Kind = "ratings" if RATING in columns else "choices"
    placed = _placed(raw, columns, rules)
    checks = _checks(placed, rules, kind)
    if rules.bad_rows == "error":
        refuse_first(placed, checks, source)
    else:
        placed = without(placed, checks)
    ids = (_plain_id(placed, role).alias(role) for role in (USER, ITEM))
    rows = placed.select(*ids, _rating(), _order(placed), "_at", "_file")
    if not typed and rules.ids == "detect":
        rows = _one_kind(rows, source)
    merged = _merged(rows, rules.merging(columns), source)
    return SparkTable(merged if kind == "ratings" else merged.where(sf.col(RATING) > 0), kind)


def _opened(session: SparkSession, table: Any, separator: str) -> tuple[str, DataFrame, bool]:
    """The table's name in messages, its rows, and whether its columns have types."""
    if isinstance(table, DataFrame):
        return "table", table, True
    path = located(session, table)
    if re.search(r"\.(csv|tsv|txt|dat)(\.\w+)?$", path):
        return path, session.read.csv(path, header=True, sep=separator), False
    return path, session.read.parquet(path), True


def _placed(raw: DataFrame, names: dict[str, str], rules: Rules) -> DataFrame:
    """The columns named by their role, with the file and the position in reading order for messages.

    The weight of a choice, times that of its kind of event, is read as its rating.
    """
    chosen = [sf.col(f"`{name}`").alias(role) for role, name in names.items() if role != WEIGHT]
    if RATING not in names:
        weight = sf.expr(f"try_cast(`{names[WEIGHT]}` as float)") if WEIGHT in names else sf.lit(1.0)
        if EVENT in names:
            weight = weight * _event_weight(sf.col(f"`{names[EVENT]}`"), rules)
        chosen.append(weight.alias(RATING))
    return raw.select(*chosen, sf.monotonically_increasing_id().alias("_at"), sf.input_file_name().alias("_file"))


def _event_weight(event: Column, rules: Rules) -> Column:
    """The weight of a row's kind of event, null for a kind without one."""
    found = sf.lit(None)
    for kind, weight in (rules.weights or {}).items():
        found = sf.when(event.cast("string") == str(kind), sf.lit(float(weight))).otherwise(found)
    return found


def _checks(placed: DataFrame, rules: Rules, kind: Kind) -> list[Check]:
    found: list[Check] = []
    for role in (USER, ITEM):
        blank = sf.col(role).isNull() | (sf.trim(sf.col(role).cast("string")) == "")
        found.append(Check(role, blank, "the id is missing", "Fill it in, or pass bad_rows='skip' to leave it out"))
        if _type(placed, role).startswith(_FRACTIONAL_TYPES):
            found.append(Check(role, sf.col(role) != sf.floor(role), "an id is not a whole number", _REMEDY))
    rating = _rating()
    unusable = rating.isNull() | sf.isnan(rating) | (sf.abs(rating) == sf.lit(float("inf")))
    if EVENT in placed.columns:
        known = sf.col(EVENT).cast("string").isin([str(one) for one in rules.weights or ()])
        remedy = f"Add it to weights=…. {_REMEDY}"
        found.append(Check(EVENT, ~sf.coalesce(known, sf.lit(False)), "the kind of event has no weight", remedy))
    what = "rating" if kind == "ratings" else "weight"
    found.append(Check(RATING, unusable, f"the {what} is not a finite number", _REMEDY))
    if rules.scale is not None and kind == "ratings":
        low, high = rules.scale
        found.append(Check(RATING, ~rating.between(low, high), f"the rating is outside {low:g} to {high:g}", _REMEDY))
    return found


def _rating() -> Column:
    return sf.expr(f"try_cast({RATING} as float)").alias(RATING)


def _plain_id(placed: DataFrame, role: str) -> Column:
    if _type(placed, role).startswith((*_WHOLE_TYPES, *_FRACTIONAL_TYPES)):
        return sf.col(role).cast("bigint")
    return sf.trim(sf.col(role).cast("string"))


def _type(frame: DataFrame, column: str) -> str:
    return dict(frame.dtypes)[column]


def _order(placed: DataFrame) -> Column:
    """The sort key that tells which of two ratings of a pair is later: the time if there is one, then the position."""
    first = sf.col(TIMESTAMP) if TIMESTAMP in placed.columns else sf.lit(0)
    return sf.struct(first.alias("time"), sf.col("_at").alias("at")).alias("_order")


def _one_kind(rows: DataFrame, source: str) -> DataFrame:
    """Turn a column of ids into whole numbers if all are written as such; refuse a column with both kinds."""
    whole = {role: sf.col(role).rlike(WHOLE) for role in (USER, ITEM)}
    counts = rows.agg(sf.count("*").alias("rows"), *(sf.count_if(is_one).alias(role) for role, is_one in whole.items()))
    found = counts.first()
    for role, is_one in whole.items():
        if found[role] == found["rows"]:
            rows = rows.withColumn(role, sf.col(role).cast("bigint"))
        elif found[role] > 0:
            rare = is_one if found[role] * 2 < found["rows"] else ~is_one
            remedy = "Correct the row, or pass ids='text' if all ids are names"
            refuse_first(rows, [Check(role, rare, "ids of two kinds, whole numbers and texts", remedy)], source)
    return rows


def _merged(rows: DataFrame, policy: Duplicates, source: str) -> DataFrame:
    """One row for each pair: its latest rating, or the mean or sum, as the rules say."""
    how = {"mean": sf.avg(RATING), "sum": sf.sum(RATING)}
    rating = how.get(policy, sf.max_by(RATING, "_order"))
    merged = rows.groupBy(USER, ITEM).agg(rating.cast("float").alias(RATING), sf.count("*").alias("_times"))
    if policy == "error" and (twice := merged.where("_times > 1").first()) is not None:
        raise DataError(
            f"user {twice[USER]!r} rated item {twice[ITEM]!r} {twice['_times']} times", where=source,
            remedy="Pass duplicates='last' or 'mean', or correct the table",
        )  # fmt: skip
    return merged.select(USER, ITEM, RATING)
