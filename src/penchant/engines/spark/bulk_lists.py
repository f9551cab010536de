"""Lists for everybody, made by Spark's workers and written as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from penchant.data.columns import ITEM, USER
from penchant.data.vocabulary import Ids
from penchant.engines.spark.catalogue import Catalogue, user_columns
from penchant.engines.spark.failures import explained
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.model_storage import from_arrow
from penchant.engines.spark.sessions import located, spark_session
from penchant.engines.spark.worker_lists import RANK, SCORE, Lists
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
    """Write the n best items of every user the model knows to a Parquet folder, and return its path.

    out: a path or URL that the workers can write. Its columns: user, rank (from 1), item, score; order within a user
    and ties are those of a single list, and so are the filters (see `ListOptions`). master, config: as for training.
    Raises EngineError for what Spark fails at, and where `out` exists and is not to be overwritten.
    """
    trained = main_model(model)
    options = ListOptions(n, None, exclude_seen, exclude, among, where)
    allowed, _ = allowed_items(trained.items, options)
    lists = Lists(Catalogue.of(trained), allowed, trained.items.vocabulary.ids, n, options.exclude_seen)
    users_type, items_type = (_sql_type(side.vocabulary.ids) for side in (trained.users, trained.items))
    schema = f"{USER} {users_type}, {RANK} int, {ITEM} {items_type}, {SCORE} float"
    with spark_session(master, config) as session, explained(session):
        place = located(session, out)
        sent = session.sparkContext.broadcast(lists)

        def answer(batches: Iterator[Any]) -> Iterator[Any]:
            for batch in batches:
                yield from sent.value.of(batch)

        with watched(session, progress or Silent(), "lists"):
            users = from_arrow(session, user_columns(trained))
            made = users.mapInArrow(answer, schema)
            made.write.mode("overwrite" if overwrite else "errorifexists").parquet(place)
        sent.destroy()
    return place


def _sql_type(ids: Ids) -> str:
    return "string" if ids.dtype == object else "bigint"
