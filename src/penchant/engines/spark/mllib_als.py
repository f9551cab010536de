"""Alternating least squares of Spark MLlib, and its factors as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from penchant.engines.spark.cached_frames import persist
from penchant.engines.spark.settings import SparkAls, SparkImplicitAls

Matrix = NDArray[np.float32]


def sorted_blocks(rows: DataFrame, blocks: int) -> DataFrame:
    """A frame (user, item, rating), persisted in sorted order, so that the same rows always give the same sums."""
    return persist(rows.repartition(blocks, "user").sortWithinPartitions("user", "item"))


def factorize(rows: DataFrame, settings: SparkAls | SparkImplicitAls, seed: int, *, checkpointing: bool) -> Any:
    """MLlib's fitted model of a frame (user, item, rating) of numbers.

    A row's vector is penalized by the regularization times the row's number of ratings (Zhou et al. 2008, equation 4).
    """
    implicit = {"implicitPrefs": True, "alpha": settings.alpha} if isinstance(settings, SparkImplicitAls) else {}
    solver = ALS(
        rank=settings.factors, maxIter=settings.epochs, regParam=settings.regularization, seed=seed,
        numUserBlocks=settings.blocks, numItemBlocks=settings.blocks, coldStartStrategy="nan",
        checkpointInterval=settings.checkpoint_every if checkpointing else -1,
        userCol="user", itemCol="item", ratingCol="rating", **implicit,
    )  # fmt: skip
    return solver.fit(rows)


def vectors(factors: DataFrame, size: int, width: int) -> Matrix:
    """A frame (id, features) of MLlib as (size, width); zeros for numbers without a row."""
    found = factors.toArrow()
    matrix = np.zeros((size, width), dtype=np.float32)
    if found.num_rows:
        flat = found.column("features").combine_chunks().flatten().to_numpy()
        matrix[found.column("id").to_numpy()] = flat.reshape(-1, width)
    return matrix


def per_number(frame: DataFrame, side: str, value: str, size: int, dtype: Any = np.float32) -> NDArray[Any]:
    """A frame (number, value) as an array (size,); zeros for numbers without a row."""
    found = frame.select(side, value).toArrow()
    array = np.zeros(size, dtype=dtype)
    array[found.column(side).to_numpy()] = found.column(value).to_numpy()
    return array


def train_rmse(rows: DataFrame, fitted: Any) -> float:
    """The root mean square error of the factors on a frame (user, item, rating)."""
    mean_square = sf.avg(sf.pow(sf.col("rating") - sf.col("prediction"), 2))
    return float(np.sqrt(fitted.transform(rows).agg(mean_square).first()[0]))
