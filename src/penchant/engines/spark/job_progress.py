"""Progress of a Spark job, from the counts of its stages and tasks."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from penchant.foundations.progress import Progress

_INTERVAL = 0.5
"""Seconds between two updates."""


@contextmanager
def watched(session: SparkSession, progress: Progress, task: str) -> Iterator[None]:
    """Report the finished stages and tasks of the jobs started inside to `progress`, about twice a second."""
    context = session.sparkContext
    group, done = f"penchant-{uuid.uuid4().hex}", threading.Event()
    context.setJobGroup(group, task)
    progress.start(task)
    watcher = threading.Thread(target=_poll, args=(session, progress, group, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        context.setLocalProperty("spark.jobGroup.id", None)
        context.setLocalProperty("spark.job.description", None)


def _poll(session: SparkSession, progress: Progress, group: str, done: threading.Event) -> None:
    last: dict[str, float] = {}
    while not done.wait(_INTERVAL):
        counts = stage_counts(session, group)
        if counts != last:
            progress.step(counts, advance=max(0, int(counts["stages"] - last.get("stages", 0))))
            last = counts


def stage_counts(session: SparkSession, group: str) -> dict[str, float]:
    """How many stages the jobs of a group have started, and the tasks and finished tasks of the latest one."""
    tracker = session.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    stages = sorted({stage for job in jobs if job is not None for stage in job.stageIds})
    known = [info for info in map(tracker.getStageInfo, stages) if info is not None]
    started = [info for info in known if info.numActiveTasks or info.numCompletedTasks]
    counts = {"stages": float(len(started))}
    if started:
        counts |= {"tasks": float(started[-1].numTasks), "done": float(started[-1].numCompletedTasks)}
    return counts
