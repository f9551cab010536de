"""Damped item and user biases in Spark SQL: the mean residual of a row, shrunk towards zero."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from penchant.engines.spark.cached_frames import cut_lineage

_SIDE = """
select {side}, sum(rating - :mean - coalesce(bias, 0)) / (count(*) + :damping) as bias
from {{ratings}} left join {{others}} using ({other}) group by {side}
"""
_RESIDUALS = """
select user, item, cast(rating - :mean - u.bias - i.bias as float) as rating
from {ratings} join {users} u using (user) join {items} i using (item)
"""


@dataclass(frozen=True)
class DampedBiases:
    """mean: the mean rating. users, items: frames of (user or item number, bias)."""

    mean: float
    users: DataFrame
    items: DataFrame


def damped_biases(ratings: DataFrame, *, user_damping: float, item_damping: float, rounds: int) -> DampedBiases:
    """The biases of all users and items of a frame (user, item, rating).

    A bias is the sum of a row's residuals divided by their count plus the damping (Koren 2010, Factor in the
    Neighbors, section 2.1). This is repeated `rounds` times, items first.
    """
    session = ratings.sparkSession
    mean = float(ratings.agg(sf.avg("rating")).first()[0])
    users = session.createDataFrame([], "user int, bias double")
    for _ in range(rounds):
        items = _side(ratings, mean, "item", users, item_damping)
        users = _side(ratings, mean, "user", items, user_damping)
    return DampedBiases(mean, users, items)


def _side(ratings: DataFrame, mean: float, side: str, others: DataFrame, damping: float) -> DataFrame:
    query, numbers = _SIDE.format(side=side, other=others.columns[0]), {"mean": mean, "damping": damping}
    found = ratings.sparkSession.sql(query, args=numbers, ratings=ratings, others=others)
    return cut_lineage(found)


def residuals(ratings: DataFrame, biases: DampedBiases) -> DataFrame:
    """The frame (user, item, rating) with each rating replaced by its residual after mean and biases."""
    frames = {"ratings": ratings, "users": biases.users, "items": biases.items}
    return ratings.sparkSession.sql(_RESIDUALS, args={"mean": biases.mean}, **frames)
