"""Evaluating a model on Spark, for test ratings that do not fit one machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from penchant.data.columns import ITEM, RATING, USER
from penchant.data.liked import liked_from
from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.data.vocabulary import Vocabulary
from penchant.engines.spark.cached_frames import cut_lineage, from_arrow, persist
from penchant.engines.spark.failures import explained
from penchant.engines.spark.id_numbering import consecutive
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.sessions import checkpoints, spark_session
from penchant.engines.spark.table_reading import open_table
from penchant.engines.spark.worker_metrics import UserMetrics
from penchant.engines.spark.worker_model import ID, SEEN, WorkerModel, user_columns
from penchant.foundations.errors import CallerError
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.ranking import AT_K
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Recommender, main_model


def evaluate(
    model: Recommender,
    test: Any,
    *,
    at: int = 10,
    relevant_from: float | None = None,
    separator: str = ",",
    master: str | None = None,
    config: Mapping[str, str] | None = None,
    work: str | None = None,
    progress: Progress | None = None,
    **rules: Any,
) -> dict[str, float]:
    """Metrics of a model on test ratings: rmse, mae, and full-ranking metrics cut at `at`, averaged over users.

    test: a path or URL, a Spark DataFrame, or Ratings, without pairs of the training ratings. relevant_from: the lowest
    rating that counts as relevant; left out, the median of the training ratings. rules: the fields of Rules. All items
    are candidates, unknown test items included, except those the user rated in training. Unknown users and items are
    predicted from the prior, and their test ratings are counted.
    """
    trained = main_model(model)
    relevant = _liked(trained) if relevant_from is None else relevant_from
    given = test.sparkSession if isinstance(test, DataFrame) else None
    with (
        spark_session(master, config, given) as session,
        explained(session),
        checkpoints(session, work),
        watched(session, progress or Silent(), "measure"),
    ):
        rows, unknown = _numbered(session, test, Rules.from_options(rules, where="evaluate()"), separator, trained)
        return _metrics(session, trained, rows, UserMetrics(WorkerModel.of(trained, unknown), relevant, at))


def _liked(trained: TrainedModel) -> float:
    """The lowest liked rating, from the training ratings that the model holds."""
    if not len(trained.interactions):
        raise CallerError(
            "the model holds no training ratings that would say which ratings count as liked",
            where="evaluate()",
            remedy="Give relevant_from, or train with histories=True",
        )
    return liked_from(trained.interactions.values)


def _numbered(
    session: SparkSession, test: Any, rules: Rules, separator: str, trained: TrainedModel
) -> tuple[DataFrame, int]:
    """Test rows (user id, item number, rating) and the count of unknown items, which are numbered after the model's."""
    if isinstance(test, Ratings):
        ids = {USER: test.users.take(test.user_numbers), ITEM: test.items.take(test.item_numbers)}
        columns = {role: pa.array(values.tolist()) for role, values in ids.items()} | {RATING: pa.array(test.values)}
        table = persist(from_arrow(session, pa.table(columns)))
    else:
        table = persist(open_table(session, test, rules, separator).rows)
    known = _numbers_of(session, trained.items.vocabulary)
    new = consecutive(table.join(known, ITEM, "left_anti").select(ITEM).distinct().sort(ITEM), "number")
    unknown = new.count()
    all_items = known.unionByName(new.withColumn("number", sf.col("number") + len(trained.items)))
    return table.join(all_items, ITEM).select(USER, sf.col("number").alias(ITEM), RATING), unknown


def _numbers_of(session: SparkSession, vocabulary: Vocabulary) -> DataFrame:
    numbers = pa.array(np.arange(len(vocabulary), dtype=np.int32))
    return from_arrow(session, pa.table({ITEM: pa.array(vocabulary.ids.tolist()), "number": numbers}))


def _metrics(session: SparkSession, trained: TrainedModel, rows: DataFrame, how: UserMetrics) -> dict[str, float]:
    tested = rows.groupBy(USER).agg(sf.collect_list(ITEM).alias("items"), sf.collect_list(RATING).alias("ratings"))
    users = from_arrow(session, user_columns(trained)).withColumn("known", sf.lit(True))
    joined = tested.withColumnRenamed(USER, ID).join(users, ID, "left")
    prior = trained.users.prior.rows(None, 1)
    fill = {"bias": prior.bias.ravel(), "vectors": prior.vectors.transpose(1, 0, 2).ravel()}
    fill["cold_start"] = np.zeros(trained.samples, np.float32)
    for name, values in fill.items():
        joined = joined.withColumn(name, sf.coalesce(name, sf.array(*(sf.lit(float(v)).cast("float") for v in values))))
    joined = joined.withColumn(SEEN, sf.coalesce(SEEN, sf.array().cast("array<int>")))
    return _summed(session, joined, how, len(trained.items))


def _summed(session: SparkSession, joined: DataFrame, how: UserMetrics, known_items: int) -> dict[str, float]:
    sent = session.sparkContext.broadcast(how)

    def measure(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield from sent.value.of(batch)

    joined = cut_lineage(joined)
    counts = joined.agg(
        sf.sum(sf.when(sf.col("known").isNull(), sf.size("items")).otherwise(0)),
        sf.sum(sf.size(sf.filter("items", lambda item: item >= known_items))),
    ).first()
    metrics = joined.mapInArrow(measure, ", ".join(f"{name} double" for name in how.names))
    sums = [sf.sum(name).alias(name) for name in how.names[:3]]
    means = [sf.avg(name).alias(name) for name in AT_K]
    found = metrics.agg(*sums, *means, sf.count(next(iter(AT_K))).alias("users")).first().asDict()
    sent.destroy()
    n = found.pop("ratings")
    errors = {"rmse": float(np.sqrt(found.pop("squared") / n)), "mae": found.pop("absolute") / n}
    users = {"ratings": int(n), "users_with_lists": int(found.pop("users"))}
    unknown = {"ratings_of_unknown_users": int(counts[0]), "ratings_of_unknown_items": int(counts[1])}
    return errors | {f"{name}@{how.k}": value for name, value in found.items()} | users | unknown
