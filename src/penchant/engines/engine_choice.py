"""One word, `train`, for every engine."""

from __future__ import annotations

from typing import Any

from penchant.engines import spark
from penchant.engines.spark.settings import MODELS as SPARK_WAYS
from penchant.foundations.errors import SettingsError
from penchant.foundations.settings import Settings
from penchant.recommending.recommender import Model
from penchant.recommending.recommender import train as train_here
from penchant.training.registry import model_spec

ENGINES = ("local", "spark")


def train(ratings: Any, model: str | None = None, *, engine: str = "local", **options: Any) -> Model:
    """Learn a model from ratings.

    engine: "local" is this process, with the options of `recommending.model.train`; "spark" is Apache Spark, with
    those of `engines.spark.training.train`, which reads tables by their path too.
    """
    if model is not None:
        options["model"] = model
    if check_engine(engine) == "spark":
        learnt: Model = spark.train(ratings, **options)
        return learnt
    return train_here(ratings, **options)


def settings_class(model: str, engine: str = "local") -> type[Settings]:
    """The settings of a way to train on an engine."""
    if check_engine(engine) == "local":
        return model_spec(model).settings_class()
    if model not in SPARK_WAYS:
        raise SettingsError(f"Spark has no model {model!r}", remedy=f"Choose one of: {', '.join(SPARK_WAYS)}")
    return SPARK_WAYS[model]


def check_engine(engine: str) -> str:
    """The engine's name, or a SettingsError that lists those there are."""
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine {engine!r}", remedy=f"Choose one of: {', '.join(ENGINES)}")
    return engine
