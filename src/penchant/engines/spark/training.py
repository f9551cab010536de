"""Training on Spark: from a table to the same kind of model as local training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.engines.spark.encoded_tables import numbered_table
from penchant.engines.spark.factorization import factorize_table
from penchant.engines.spark.failures import explained
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.sessions import checkpoints, spark_session
from penchant.engines.spark.settings import MODELS, SparkAls, SparkImplicitAls
from penchant.engines.spark.to_trained_model import to_trained_model
from penchant.foundations.errors import SettingsError
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed, generator, spawn_seeds
from penchant.metrics.rating_error import rmse
from penchant.models.trained import TrainedModel
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender

_RULES = {field.name for field in fields(Rules)}


def train(
    ratings: Any,
    model: str = "als",
    *,
    master: str | None = None,
    config: Mapping[str, str] | None = None,
    work: str | None = None,
    separator: str = ",",
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: Recommender | None = None,
    **settings: Any,
) -> Recommender:
    """Train a model on Spark.

    ratings: a path or URL of a Parquet or CSV table, a Spark DataFrame, or Ratings. model: "als" for ratings,
    "implicit_als" for implicit feedback. master: spark://host:port, local[*] and the like; left out, the running
    session, or this machine. config: Spark properties of a new session. work: a folder that all machines can read and
    write, for checkpoints. separator, and the fields of Rules: how a table is read. settings: the fields of SparkAls
    or SparkImplicitAls. Raises EngineError when Spark fails, and DataError for an invalid row.
    """
    if model not in MODELS:
        raise SettingsError(f"Spark has no model {model!r}", remedy=f"Choose one of: {', '.join(MODELS)}")
    if resume is not None:
        raise SettingsError("Spark cannot continue from an earlier model", where="resume", remedy="Train a new model")
    rules = Rules(**{name: settings.pop(name) for name in _RULES & settings.keys()})
    chosen = MODELS[model].from_json(settings)
    reporting = progress or Silent()
    given = ratings.sparkSession if isinstance(ratings, DataFrame) else None
    with spark_session(master, config, given) as session, explained(session):
        trained = _trained(session, (ratings, rules, separator), model, chosen, work, seed, reporting)
    return Recommender.of(_validated(trained, validation))


def _trained(
    session: SparkSession, source: tuple[Any, Rules, str], kind: str, settings: SparkAls | SparkImplicitAls,
    work: str | None, seed: Seed, progress: Progress,
) -> TrainedModel:  # fmt: skip
    started = time.perf_counter()
    with checkpoints(session, work) as checkpointing:
        if not checkpointing:
            progress.note("No checkpoints. To have them, pass work=, a folder that the driver and all workers share")
        with watched(session, progress, "number ids"):
            table = numbered_table(session, *source)
        with watched(session, progress, "factorize"):
            numbered = time.perf_counter()
            factorization = factorize_table(table, settings, int(spawn_seeds(generator(seed), 1)[0]), checkpointing)
        facts = {
            "engine": f"spark {session.version}", "master": session.sparkContext.master, "ratings": table.count,
            "numbering_seconds": round(numbered - started, 2),
            "factorizing_seconds": round(time.perf_counter() - numbered, 2),
        }  # fmt: skip
        model = to_trained_model(table, factorization, kind, settings, facts)
    table.frame.unpersist()
    return replace(model, facts=facts | {"seconds": round(time.perf_counter() - started, 2)})


def _validated(trained: TrainedModel, validation: Ratings | None) -> TrainedModel:
    """The model with its error on the validation ratings in its history."""
    if validation is None or trained.objective != "rating":
        return trained
    users = trained.users.vocabulary.numbers(validation.users.ids)[validation.user_numbers]
    items = trained.items.vocabulary.numbers(validation.items.ids)[validation.item_numbers]
    error = rmse(validation.values, predict_numbers(trained, users, items).mean)
    return replace(trained, history=[{**trained.history[-1], "validation_rmse": error}])
