"""Learning on Spark: a table in, the same kind of model out as every other way of training gives."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from penchant.data.assembling import Rules
from penchant.data.ratings import Ratings
from penchant.engines.spark import factorizing
from penchant.engines.spark.biases import Biases, damped_biases, residuals
from penchant.engines.spark.failures import explained
from penchant.engines.spark.numbered_tables import NumberedTable, histories, no_histories, numbered_table
from penchant.engines.spark.sessions import checkpoints, spark_session
from penchant.engines.spark.settings import WAYS, SparkAls, SparkImplicitAls
from penchant.engines.spark.watching import watched
from penchant.foundations.errors import SettingsError
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed, generator, spawn_seeds
from penchant.metrics.rating_error import rmse
from penchant.models.heads import DotHead
from penchant.models.sides import Floats, Prior, Side
from penchant.models.trained import TrainedModel, settled
from penchant.recommending.model import Model

_RULES = {field.name for field in fields(Rules)}


@dataclass(frozen=True)
class _Learnt:
    """What Spark found: for users and items each the bias (N,), the vectors (N, K) and the counts (N,)."""

    mean: float
    biases: list[Floats]
    vectors: list[Floats]
    counts: list[Any]
    unexplained: float


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
    resume: Model | None = None,
    **settings: Any,
) -> Model:
    """Learn a model on Spark.

    ratings: a path or URL of a Parquet or CSV table, a Spark DataFrame, or Ratings. model: "als" for ratings,
    "implicit_als" for preferences. master: spark://host:port, local[*] and the like; without it the session that is
    running, or this machine. config: Spark properties of a new session. work: a folder all machines see, for
    checkpoints. separator, and the fields of Rules: how a table is read. settings: those of SparkAls or
    SparkImplicitAls. Raises EngineError for what Spark itself fails at, DataError for a row that cannot be used.
    """
    if model not in WAYS:
        raise SettingsError(f"Spark has no model {model!r}", remedy=f"Choose one of: {', '.join(WAYS)}")
    if resume is not None:
        raise SettingsError("Spark cannot continue from an earlier model", where="resume", remedy="Train anew")
    rules = Rules(**{name: settings.pop(name) for name in _RULES & settings.keys()})
    chosen = WAYS[model].from_json(settings)
    told = progress or Silent()
    given = ratings.sparkSession if isinstance(ratings, DataFrame) else None
    with spark_session(master, config, given) as session, explained(session):
        trained = _trained(session, (ratings, rules, separator), model, chosen, work, seed, told)
    return _validated(Model(trained), validation)


def _trained(
    session: SparkSession, source: tuple[Any, Rules, str], kind: str, settings: SparkAls | SparkImplicitAls,
    work: str | None, seed: Seed, told: Progress,
) -> TrainedModel:  # fmt: skip
    started = time.perf_counter()
    with checkpoints(session, work) as checkpointing:
        if not checkpointing:
            told.note("No checkpoints: pass work=, a folder that driver and workers all see, to have them")
        with watched(session, told, "number ids"):
            table = numbered_table(session, *source)
        with watched(session, told, "factorize"):
            learnt = _learn(table, settings, int(spawn_seeds(generator(seed), 1)[0]), checkpointing)
        facts = {"engine": f"spark {session.version}", "master": session.sparkContext.master, "ratings": table.count}
        model = _model(table, learnt, kind, settings, facts)
    table.frame.unpersist()
    return replace(model, facts=facts | {"seconds": round(time.perf_counter() - started, 2)})


def _learn(table: NumberedTable, settings: SparkAls | SparkImplicitAls, seed: int, checkpointing: bool) -> _Learnt:
    rows, biases = _targets(table, settings)
    rows = factorizing.arranged(rows, settings.blocks)
    fitted = factorizing.factorize(rows, settings, seed, checkpointing=checkpointing)
    sizes = {"user": len(table.users), "item": len(table.items)}
    width = settings.factors
    return _Learnt(
        biases.mean if biases else 0.0,
        [_bias(biases and biases.users, "user", sizes), _bias(biases and biases.items, "item", sizes)],
        [
            factorizing.vectors(fitted.userFactors, sizes["user"], width),
            factorizing.vectors(fitted.itemFactors, sizes["item"], width),
        ],
        [_counts(table.frame, side, size) for side, size in sizes.items()],
        factorizing.unexplained(rows, fitted) if isinstance(settings, SparkAls) else 1.0,
    )


def _targets(table: NumberedTable, settings: SparkAls | SparkImplicitAls) -> tuple[DataFrame, Biases | None]:
    """What is factorized: residuals of damped biases, or the ratings as confidences."""
    if isinstance(settings, SparkImplicitAls):
        return table.frame, None
    biases = damped_biases(
        table.frame,
        user_damping=settings.user_damping,
        item_damping=settings.item_damping,
        rounds=settings.bias_rounds,
    )
    return residuals(table.frame, biases), biases


def _bias(frame: DataFrame | None, side: str, sizes: Mapping[str, int]) -> Floats:
    if frame is None:
        return np.zeros(sizes[side], np.float32)
    return factorizing.per_number(frame, side, "bias", sizes[side])


def _counts(frame: DataFrame, side: str, size: int) -> Any:
    counted = frame.groupBy(side).agg(sf.count("*").cast("int").alias("count"))
    return factorizing.per_number(counted, side, "count", size, np.int32)


def _model(
    table: NumberedTable, learnt: _Learnt, kind: str, settings: SparkAls | SparkImplicitAls, facts: dict[str, Any]
) -> TrainedModel:
    noise = max(learnt.unexplained, 1e-3)
    features = (table.user_features, table.item_features)
    sides = [
        settled(Side(ids, bias[None], vectors[None], counts, _prior(settings, counts, n, noise), features=features[n]))
        for n, (ids, bias, vectors, counts) in enumerate(
            zip((table.users, table.items), learnt.biases, learnt.vectors, learnt.counts, strict=True)
        )
    ]
    return TrainedModel(
        kind=kind,
        settings=settings.to_json(),
        head=DotHead(np.array([learnt.mean], np.float32)),
        users=sides[0],
        items=sides[1],
        noise=np.array([noise], np.float32),
        scale=table.scale,
        seen=histories(table) if settings.histories else no_histories(table),
        objective="preference" if isinstance(settings, SparkImplicitAls) else "rating",
        history=[{"sweep": float(settings.sweeps), "train": learnt.unexplained}],
        facts=facts,
    )


def _prior(settings: SparkAls | SparkImplicitAls, counts: Any, side: int, noise: float) -> Prior:
    """What the penalties amount to for a row that is folded in.

    The damping of a bias does not grow with the row's ratings while the vector's penalty does, so the damping is
    spread over as many ratings as the median row has.
    """
    width = settings.factors + 1
    precision = np.eye(width, dtype=np.float32) * settings.regularization
    if isinstance(settings, SparkAls):
        damping = (settings.user_damping, settings.item_damping)[side]
        precision[0, 0] = max(damping, 1.0) / max(float(np.median(counts)), 1.0)
    return Prior(np.zeros((1, width), np.float32), precision[None] / np.float32(noise**2), per_rating=True)


def _validated(model: Model, validation: Ratings | None) -> Model:
    """The model with its error on the validation ratings in its history."""
    if validation is None or model.trained.objective != "rating":
        return model
    users = model.trained.users.vocabulary.numbers(validation.users.ids)[validation.user_numbers]
    items = model.trained.items.vocabulary.numbers(validation.items.ids)[validation.item_numbers]
    error = rmse(validation.values, model.predict_numbers(users, items).mean)
    return Model(replace(model.trained, history=[{**model.trained.history[-1], "validation": error}]))
