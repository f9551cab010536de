"""Frames that are used again: kept so that Spark neither computes nor plans them anew."""

from __future__ import annotations

from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

_THRESHOLD = "spark.sql.execution.arrow.localRelationThreshold"


def cut(frame: DataFrame) -> DataFrame:
    """The frame computed once, and forgetting how: written to the checkpoint folder where the session has one.

    A frame made in a loop would else carry the plans of all rounds, which Spark reads again for every job. Without a
    folder it is only kept, since a lost worker could not give it back.
    """
    if frame.sparkSession.sparkContext.getCheckpointDir() is None:
        return keep(frame)
    return frame.checkpoint()


def keep(frame: DataFrame) -> DataFrame:
    """The frame, in memory or on disk once it is computed."""
    return frame.persist(StorageLevel.MEMORY_AND_DISK)


def from_arrow(session: SparkSession, table: Any) -> DataFrame:
    """An Arrow table as a frame whose rows lie outside its plan; Spark compares plans for every job."""
    before = session.conf.get(_THRESHOLD)
    session.conf.set(_THRESHOLD, "0")
    try:
        return session.createDataFrame(table)
    finally:
        session.conf.set(_THRESHOLD, before)
