"""Progress of a Spark job from Spark's own metrics of its stages and tasks."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from penchant.foundations.progress import Progress

_EVERY = 0.5
"""Seconds between two looks."""


@contextmanager
def watched(session: SparkSession, progress: Progress, task: str) -> Iterator[None]:
    """Tell `progress` of the stages and tasks that the jobs started inside have done, about twice a second."""
    context = session.sparkContext
    group, done = f"penchant-{uuid.uuid4().hex}", threading.Event()
    context.setJobGroup(group, task)
    progress.start(task)
    watcher = threading.Thread(target=_look, args=(session, progress, group, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        context.setLocalProperty("spark.jobGroup.id", None)
        context.setLocalProperty("spark.job.description", None)


def _look(session: SparkSession, progress: Progress, group: str, done: threading.Event) -> None:
    last: dict[str, float] = {}
    while not done.wait(_EVERY):
        metrics = stage_figures(session, group)
        if metrics != last:
            progress.step(metrics, advance=max(0, int(metrics["stages"] - last.get("stages", 0))))
            last = metrics


def stage_figures(session: SparkSession, group: str) -> dict[str, float]:
    """Stages begun by the jobs of a group, and of the latest one its tasks and how many of them are done."""
    tracker = session.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    stages = sorted({stage for job in jobs if job is not None for stage in job.stageIds})
    known = [info for info in map(tracker.getStageInfo, stages) if info is not None]
    begun = [info for info in known if info.numActiveTasks or info.numCompletedTasks]
    metrics = {"stages": float(len(begun))}
    if begun:
        metrics |= {"tasks": float(begun[-1].numTasks), "done": float(begun[-1].numCompletedTasks)}
    return metrics
