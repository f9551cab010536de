"""Spark frames that are used more than once: persisted or checkpointed, so that Spark does not compute them again."""

from __future__ import annotations

from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

_THRESHOLD = "spark.sql.execution.arrow.localRelationThreshold"


def cut_lineage(frame: DataFrame) -> DataFrame:
    """The frame without its lineage: written to the checkpoint folder where the session has one.

    A frame built in a loop otherwise carries the plans of all rounds, and Spark analyses them again for every job.
    Without a checkpoint folder the frame is only persisted, because a lost worker could not restore it.
    """
    if frame.sparkSession.sparkContext.getCheckpointDir() is None:
        return persist(frame)
    return frame.checkpoint()


def persist(frame: DataFrame) -> DataFrame:
    """The frame, held in memory or on disk once it is computed."""
    return frame.persist(StorageLevel.MEMORY_AND_DISK)


def from_arrow(session: SparkSession, table: Any) -> DataFrame:
    """An Arrow table as a frame whose rows are not part of its plan, because Spark compares plans for every job."""
    before = session.conf.get(_THRESHOLD)
    session.conf.set(_THRESHOLD, "0")
    try:
        return session.createDataFrame(table)
    finally:
        session.conf.set(_THRESHOLD, before)
