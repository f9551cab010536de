"""Recommendation lists for all users, computed by Spark's workers and written as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from penchant.data.columns import ITEM, USER
from penchant.data.vocabulary import Ids
from penchant.engines.spark.cached_frames import from_arrow
from penchant.engines.spark.failures import explained
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.sessions import located, spark_session
from penchant.engines.spark.worker_lists import RANK, SCORE, UserLists
from penchant.engines.spark.worker_model import WorkerModel, user_columns
from penchant.foundations.progress import Progress, Silent
from penchant.recommending.filters import allowed_items
from penchant.recommending.options import ListOptions
from penchant.recommending.recommender import Recommender, main_model


def recommend_all(
    model: Recommender,
    out: str,
    n: int = 10,
    *,
    overwrite: bool = False,
    master: str | None = None,
    config: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    exclude_seen: bool = True,
    exclude: Iterable[Any] = (),
    among: Iterable[Any] | None = None,
    where: Mapping[str, Any] | None = None,
) -> str:
    """Write the n best items of every known user to a Parquet folder, and return its path.

    out: a path or URL that the workers can write. Its columns are user, rank (from 1), item and score. Order, ties and
    filters are the same as for a single list (see `ListOptions`). overwrite: replace a folder that exists. master,
    config: as for training. Raises EngineError when Spark fails, and when `out` exists and `overwrite` is false.
    """
    trained = main_model(model)
    options = ListOptions(n, None, exclude_seen, exclude, among, where)
    allowed, _ = allowed_items(trained.items, options)
    lists = UserLists(WorkerModel.of(trained), allowed, trained.items.vocabulary.ids, n, options.exclude_seen)
    users_type, items_type = (_sql_type(side.vocabulary.ids) for side in (trained.users, trained.items))
    schema = f"{USER} {users_type}, {RANK} int, {ITEM} {items_type}, {SCORE} float"
    with spark_session(master, config) as session, explained(session):
        folder = located(session, out)
        sent = session.sparkContext.broadcast(lists)

        def recommend(batches: Iterator[Any]) -> Iterator[Any]:
            for batch in batches:
                yield from sent.value.of(batch)

        with watched(session, progress or Silent(), "lists"):
            users = from_arrow(session, user_columns(trained))
            rows = users.mapInArrow(recommend, schema)
            rows.write.mode("overwrite" if overwrite else "errorifexists").parquet(folder)
        sent.destroy()
    return folder


def _sql_type(ids: Ids) -> str:
    return "string" if ids.dtype == object else "bigint"
