"""Training on Spark: from a table to the same kind of recommender as local training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pyspark.sql import DataFrame

from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.engines.spark.encoded_tables import numbered_table
from penchant.engines.spark.failures import explained
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.parts import MLlibPart, SparkRows, train_on_spark
from penchant.engines.spark.sessions import checkpoints, spark_session
from penchant.engines.spark.settings import DIVISION, MODELS, RATING_MODEL
from penchant.foundations.errors import SettingsError
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import CUT, check_cut, refuse_cut

_RULES = {field.name for field in fields(Rules)}


def train(
    ratings: Any,
    model: str | None = None,
    *,
    master: str | None = None,
    config: Mapping[str, str] | None = None,
    work: str | None = None,
    separator: str = ",",
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: Recommender | None = None,
    cut: str = CUT,
    **settings: Any,
) -> Recommender:
    """Train a recommender on Spark.

    ratings: a path or URL of a Parquet or CSV table, a Spark DataFrame, or Ratings. model: "als" for ratings or
    "implicit_als" for implicit feedback, which is then the only part; None for the parts that the table supports and a
    ranker. master: spark://host:port, local[*] and the like; left out, the running session, or this machine. config:
    Spark properties of a new session. work: a folder that all machines can read and write, for checkpoints. separator,
    and the fields of Rules: how a table is read. cut: which rows the ranker is fitted on, as for local training.
    settings: the fields of SparkAls or SparkImplicitAls; without a model, `blocks` and `checkpoint_every` are those of
    all parts, and with any other setting "als" is the only part. Raises EngineError when Spark fails, and DataError for
    an invalid row.
    """
    rules = Rules(**{name: settings.pop(name) for name in _RULES & settings.keys()})
    both = model is None and settings.keys() <= set(DIVISION)
    kind = model or RATING_MODEL
    if kind not in MODELS:
        raise SettingsError(f"Spark has no model {kind!r}", remedy=f"Choose one of: {', '.join(MODELS)}")
    if resume is not None:
        raise SettingsError("Spark cannot continue from an earlier model", where="resume", remedy="Train a new model")
    if not both:
        refuse_cut(cut)
    if cut == "latest" and not isinstance(ratings, Ratings):
        remedy = 'Use cut="random", or train on Ratings with times'
        raise SettingsError("a table that Spark reads has no times", where="cut", remedy=remedy)
    chosen = MODELS[kind].from_json(settings)
    shown, started = progress or Silent(), time.perf_counter()
    given = ratings.sparkSession if isinstance(ratings, DataFrame) else None
    with (
        spark_session(master, config, given) as session,
        explained(session),
        checkpoints(session, work) as checkpointing,
    ):
        if not checkpointing:
            shown.note("No checkpoints. To have them, pass work=, a folder that the driver and all workers share")
        with watched(session, shown, "number ids"):
            table = numbered_table(session, ratings, rules, separator)
        numbered, rows = time.perf_counter() - started, SparkRows(session, table, checkpointing)
        try:
            if both:
                check_cut(table.ratings, cut)
                return train_on_spark(rows, settings, seed=seed, validation=validation, progress=shown, cut=cut)
            trained = MLlibPart(kind, chosen, rows).of(table, seed, progress=shown, validation=validation)
        finally:
            table.frame.unpersist()
    seconds = {"numbering_seconds": round(numbered, 2), "seconds": round(time.perf_counter() - started, 2)}
    return Recommender.of(replace(trained, facts={**trained.facts, **seconds}))
