"""What Spark learns from a numbered table: biases in SQL, then vectors by MLlib."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from penchant.engines.spark import mllib_als
from penchant.engines.spark.biases import Biases, damped_biases, residuals
from penchant.engines.spark.encoded_tables import EncodedTable
from penchant.engines.spark.settings import SparkAls, SparkImplicitAls
from penchant.models.rows import Floats


@dataclass(frozen=True)
class FitResult:
    """mean: of the ratings. biases: (N,), vectors: (N, K), counts: (N,), each for users, then items.

    unexplained: the root mean square of what the model leaves of its training ratings.
    """

    mean: float
    biases: list[Floats]
    vectors: list[Floats]
    counts: list[Any]
    unexplained: float


def learn(table: EncodedTable, settings: SparkAls | SparkImplicitAls, seed: int, checkpointing: bool) -> FitResult:
    """The model of a table in numbers."""
    rows, biases = _targets(table, settings)
    rows = mllib_als.arranged(rows, settings.blocks)
    fitted = mllib_als.factorize(rows, settings, seed, checkpointing=checkpointing)
    sizes = {"user": len(table.users), "item": len(table.items)}
    width = settings.factors
    left = mllib_als.unexplained(rows, fitted) if isinstance(settings, SparkAls) else 1.0
    rows.unpersist()
    return FitResult(
        biases.mean if biases else 0.0,
        [_bias(biases and biases.users, "user", sizes), _bias(biases and biases.items, "item", sizes)],
        [
            mllib_als.vectors(fitted.userFactors, sizes["user"], width),
            mllib_als.vectors(fitted.itemFactors, sizes["item"], width),
        ],
        [_counts(table.frame, side, size) for side, size in sizes.items()],
        left,
    )


def _targets(table: EncodedTable, settings: SparkAls | SparkImplicitAls) -> tuple[DataFrame, Biases | None]:
    """What is factorized: residuals of damped biases, or the ratings as confidences."""
    if isinstance(settings, SparkImplicitAls):
        return table.frame, None
    biases = damped_biases(
        table.frame,
        user_damping=settings.user_damping,
        item_damping=settings.item_damping,
        rounds=settings.bias_rounds,
    )
    return residuals(table.frame, biases), biases


def _bias(frame: DataFrame | None, side: str, sizes: Mapping[str, int]) -> Floats:
    if frame is None:
        return np.zeros(sizes[side], np.float32)
    return mllib_als.per_number(frame, side, "bias", sizes[side])


def _counts(frame: DataFrame, side: str, size: int) -> Any:
    counted = frame.groupBy(side).agg(sf.count("*").cast("int").alias("count"))
    return mllib_als.per_number(counted, side, "count", size, np.int32)
