"""`train` for every engine: in this process, or on Apache Spark."""

from __future__ import annotations

from typing import Any

from penchant.engines import spark
from penchant.engines.spark.settings import MODELS as SPARK_MODELS
from penchant.foundations.errors import SettingsError
from penchant.foundations.settings import Settings
from penchant.recommending.recommender import Model
from penchant.recommending.recommender import train as train_here
from penchant.training.registry import way

ENGINES = ("local", "spark")


def train(ratings: Any, model: str | None = None, *, engine: str = "local", **options: Any) -> Model:
    """Train a model on ratings.

    engine: "local" trains in this process, with the options of `recommending.recommender.train`; "spark" trains on
    Apache Spark, with the options of `engines.spark.training.train`, which also accepts the path of a table.
    """
    if model is not None:
        options["model"] = model
    if check_engine(engine) == "spark":
        trained: Model = spark.train(ratings, **options)
        return trained
    return train_here(ratings, **options)


def settings_class(model: str, engine: str = "local") -> type[Settings]:
    """The settings class of a model on an engine."""
    if check_engine(engine) == "local":
        return way(model).settings_class()
    if model not in SPARK_MODELS:
        raise SettingsError(f"Spark has no model {model!r}", remedy=f"Choose one of: {', '.join(SPARK_MODELS)}")
    return SPARK_MODELS[model]


def check_engine(engine: str) -> str:
    """The engine's name; raises SettingsError, with the list of engines, for an unknown one."""
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine {engine!r}", remedy=f"Choose one of: {', '.join(ENGINES)}")
    return engine
