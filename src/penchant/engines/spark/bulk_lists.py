"""Recommendation lists for all users, computed by Spark's workers and written as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from penchant.data.columns import ITEM, USER
from penchant.engines.spark.cached_frames import from_arrow
from penchant.engines.spark.failures import explained
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.sessions import located, spark_session
from penchant.engines.spark.worker_lists import P_CHOOSE, RANK, SCORE, UserLists, users_table, without_users
from penchant.foundations.progress import Progress, Silent
from penchant.recommending.filters import allowed_items
from penchant.recommending.options import By, ListOptions
from penchant.recommending.recommender import Recommender, index_of


def recommend_all(
    model: Recommender,
    out: str,
    n: int = 10,
    *,
    overwrite: bool = False,
    master: str | None = None,
    config: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    by: By | None = None,
    exclude_seen: bool = True,
    exclude: Iterable[Any] = (),
    among: Iterable[Any] | None = None,
    where: Mapping[str, Any] | None = None,
) -> str:
    """Write the n best items of every known user to a Parquet folder, and return its path.

    out: a path or URL that the workers can write. Its columns are user, rank (from 1), item, score, and with a choice
    model and a ranker p_choose, as in `recommend_many`. Order, ties and filters are the same as for a single list (see
    `ListOptions`). overwrite: replace a folder that exists. master, config: as for training. Raises EngineError when
    Spark fails, and when `out` exists and `overwrite` is false.
    """
    index = index_of(model)
    options = ListOptions(n, by, exclude_seen, exclude, among, where)
    order = index.order(options.by)
    allowed, _ = allowed_items(index.main.trained.items, options, hidden=index.hidden)
    lists = UserLists(without_users(index), order, allowed, n, options.exclude_seen)
    users_type, items_type = ("string" if ids.of_text else "bigint" for ids in (index.users, index.items))
    schema = f"{USER} {users_type}, {RANK} int, {ITEM} {items_type}, {SCORE} float"
    if index.choosing is not None:
        schema += f", {P_CHOOSE} float"
    with spark_session(master, config) as session, explained(session):
        folder = located(session, out)
        sent = session.sparkContext.broadcast(lists)

        def recommend(batches: Iterator[Any]) -> Iterator[Any]:
            for batch in batches:
                yield from sent.value.of(batch)

        with watched(session, progress or Silent(), "lists"):
            users = from_arrow(session, users_table(index, order))
            rows = users.mapInArrow(recommend, schema)
            rows.write.mode("overwrite" if overwrite else "errorifexists").parquet(folder)
        sent.destroy()
    return folder
