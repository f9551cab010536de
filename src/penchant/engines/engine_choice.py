"""`train` for every engine: in this process, or on Apache Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penchant.data.ratings import Ratings
from penchant.engines import spark
from penchant.engines.spark.settings import MODELS as SPARK_MODELS
from penchant.engines.spark.settings import RATING_MODEL as SPARK_RATING_MODEL
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import SettingsError
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.foundations.settings import Settings
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import CUT, RATING_MODEL
from penchant.recommending.train_parts import train as train_here
from penchant.training.registry import model_spec

ENGINES = ("local", "spark")


@checked_arguments
def train(
    ratings: Any,
    model: str | None = None,
    *,
    engine: str = "local",
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: Recommender | None = None,
    settings: Mapping[str, Any] | None = None,
    cut: str = CUT,
    budget: float | str | None = None,
    **more: Any,
) -> Recommender:
    """Train a recommender.

    ratings: Ratings; Spark reads tables by their path too. model: a name from the registry, whose model is then the
    only part; None for the parts that the table supports. engine: "local" is this process, "spark" is Apache Spark.
    seed: of every random step. validation: ratings whose error is shown (and may stop training), never learned from.
    resume: an earlier recommender whose model of the same name is continued. settings: those of the model's dataclass,
    as a mapping; they may also be written as keyword arguments, as may the options of `engines.spark.training.train`.
    cut: which rows the ranker is fitted on: "latest", "random", or "auto" to let the table decide; only without a
    named model. budget: about how long training may take, in seconds or as "90s", "5m" or "2h": the rating model stops
    sampling when it is used up, so its samples depend on the speed of the machine.
    Raises SettingsError or DataError for what cannot be used.
    """
    common: dict[str, Any] = {
        "seed": seed,
        "validation": validation,
        "progress": progress,
        "resume": resume,
        "cut": cut,
    }
    if check_engine(engine) == "spark":
        if budget is not None:
            raise SettingsError("Spark's training has no budget", where="budget", remedy="Leave it out")
        learned: Recommender = spark.train(ratings, model, **common, **(settings or {}), **more)
        return learned
    return train_here(ratings, model, **common, settings=settings, budget=budget, **more)


def rating_model(engine: str) -> str:
    """The rating model that an engine trains if no model is named."""
    return SPARK_RATING_MODEL if check_engine(engine) == "spark" else RATING_MODEL


def settings_class(model: str, engine: str = "local") -> type[Settings]:
    """The settings class of a model on an engine."""
    if check_engine(engine) == "local":
        return model_spec(model).settings_class()
    if model not in SPARK_MODELS:
        raise SettingsError(f"Spark has no model {model!r}", remedy=f"Choose one of: {', '.join(SPARK_MODELS)}")
    return SPARK_MODELS[model]


def check_engine(engine: str) -> str:
    """The engine's name; raises SettingsError, with the list of engines, for an unknown one."""
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine {engine!r}", remedy=f"Choose one of: {', '.join(ENGINES)}")
    return engine
