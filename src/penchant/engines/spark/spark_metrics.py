"""EvaluationSettings a model on Spark, for test ratings that one machine could not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from penchant.data.columns import ITEM, RATING, USER
from penchant.data.ratings import Ratings
from penchant.data.table_conversion import Rules
from penchant.data.vocabulary import Vocabulary
from penchant.engines.spark.catalogue import ID, SEEN, Catalogue, user_columns
from penchant.engines.spark.failures import explained
from penchant.engines.spark.id_encoding import consecutive
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.model_storage import cut, from_arrow, keep
from penchant.engines.spark.sessions import checkpoints, spark_session
from penchant.engines.spark.tables import open_table
from penchant.engines.spark.worker_metrics import Metrics
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.ranking import AT_K
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Model


def evaluate(
    model: Model,
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
    """Metrics of a model on test ratings: rmse, mae, and those of full rankings cut at `at`, averaged over users.

    test: a path or URL, a Spark DataFrame, or Ratings; none of its pairs in training. relevant_from: the lowest rating
    that counts as liked, three quarters up the scale where none is given. rules: the fields of Rules. Every item is a
    candidate, test items the model never met included, except what the user rated in training. Whoever and whatever
    it never met is answered from the prior, and counted.
    """
    trained = model.trained
    liked = trained.scale.low + 0.75 * trained.scale.width if relevant_from is None else relevant_from
    given = test.sparkSession if isinstance(test, DataFrame) else None
    with (
        spark_session(master, config, given) as session,
        explained(session),
        checkpoints(session, work),
        watched(session, progress or Silent(), "measure"),
    ):
        rows, unmet = _numbered(session, test, Rules(**rules), separator, trained)
        return _metrics(session, trained, rows, Metrics(Catalogue.of(trained, unmet), liked, at))


def _numbered(
    session: SparkSession, test: Any, rules: Rules, separator: str, trained: TrainedModel
) -> tuple[DataFrame, int]:
    """Test rows (user id, item number, rating), items never met numbered behind the model's, and how many those are."""
    if isinstance(test, Ratings):
        ids = {USER: test.users.take(test.user_numbers), ITEM: test.items.take(test.item_numbers)}
        columns = {role: pa.array(values.tolist()) for role, values in ids.items()} | {RATING: pa.array(test.values)}
        table = keep(from_arrow(session, pa.table(columns)))
    else:
        table = keep(open_table(session, test, rules, separator))
    known = _numbers_of(session, trained.items.vocabulary)
    fresh = consecutive(table.join(known, ITEM, "left_anti").select(ITEM).distinct().sort(ITEM), "number")
    unmet = fresh.count()
    every = known.unionByName(fresh.withColumn("number", sf.col("number") + len(trained.items)))
    return table.join(every, ITEM).select(USER, sf.col("number").alias(ITEM), RATING), unmet


def _numbers_of(session: SparkSession, vocabulary: Vocabulary) -> DataFrame:
    numbers = pa.array(np.arange(len(vocabulary), dtype=np.int32))
    return from_arrow(session, pa.table({ITEM: pa.array(vocabulary.ids.tolist()), "number": numbers}))


def _metrics(session: SparkSession, trained: TrainedModel, rows: DataFrame, how: Metrics) -> dict[str, float]:
    asked = rows.groupBy(USER).agg(sf.collect_list(ITEM).alias("items"), sf.collect_list(RATING).alias("ratings"))
    people = from_arrow(session, user_columns(trained)).withColumn("met", sf.lit(True))
    joined = asked.withColumnRenamed(USER, ID).join(people, ID, "left")
    prior = trained.users.prior.rows(None, 1)
    fill = {"bias": prior.bias.ravel(), "vectors": prior.vectors.transpose(1, 0, 2).ravel()}
    fill["cold_start"] = np.zeros(trained.samples, np.float32)
    for name, values in fill.items():
        joined = joined.withColumn(name, sf.coalesce(name, sf.array(*(sf.lit(float(v)).cast("float") for v in values))))
    joined = joined.withColumn(SEEN, sf.coalesce(SEEN, sf.array().cast("array<int>")))
    return _summed(session, joined, how, len(trained.items))


def _summed(session: SparkSession, joined: DataFrame, how: Metrics, known_items: int) -> dict[str, float]:
    sent = session.sparkContext.broadcast(how)

    def measure(batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield from sent.value.of(batch)

    joined = cut(joined)
    counts = joined.agg(
        sf.sum(sf.when(sf.col("met").isNull(), sf.size("items")).otherwise(0)),
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
    unmet = {"ratings_of_unmet_users": int(counts[0]), "ratings_of_unmet_items": int(counts[1])}
    return errors | {f"{name}@{how.k}": value for name, value in found.items()} | users | unmet
