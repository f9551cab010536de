"""All models by name. A new model is its own file, a line here, and a test that joins the laws."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError, ModelShapeError, SettingsError, TrainingDivergedError
from penchant.foundations.optional import require
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed, generator
from penchant.foundations.settings import Settings
from penchant.models.model_checks import check_parameters
from penchant.models.trained import TrainedModel
from penchant.training.divergence import check_converged


class Trainer(Protocol):
    """Trains a TrainedModel on Ratings."""

    def __call__(
        self,
        ratings: Ratings,
        settings: Any,
        *,
        rng: np.random.Generator,
        validation: Ratings | None = None,
        progress: Progress,
        resume: TrainedModel | None = None,
    ) -> TrainedModel: ...


@dataclass(frozen=True)
class ModelSpec:
    """A model of the registry: the module of its settings and its trainer, and a description in one line.

    settings, trainer: names of a dataclass and a function in the module. The module is imported when it is first used,
    because some modules import torch or numba. settings_module: where the dataclass is, if it is in another module.
    package: an optional package that the trainer needs; the extra of that name installs it. of_choices: whether it
    learns who chose what, and so needs no ratings.
    """

    name: str
    module: str
    settings: str
    trainer: str
    summary: str
    settings_module: str = ""
    package: str = ""
    of_choices: bool = False

    def settings_class(self) -> type[Settings]:
        found: type[Settings] = getattr(importlib.import_module(self.settings_module or self.module), self.settings)
        return found

    def train(self) -> Trainer:
        """The trainer. Raises MissingExtraError if the package that it needs is not installed."""
        if self.package:
            require(self.package, extra=self.package, what=f"the model {self.name!r}")
        found: Trainer = getattr(importlib.import_module(self.module), self.trainer)
        return found


_T = "penchant.training."
_ALL: tuple[ModelSpec, ...] = (
    # name, module, settings dataclass, trainer, one line
    ModelSpec("bayes", _T + "bayes", "BayesSettings", "train", "Bayesian dot-bias by Gibbs sampling, with features"),
    ModelSpec("baseline", _T + "baseline", "BaselineSettings", "train", "the mean and damped biases"),
    ModelSpec("dot", _T + "gradient.dot", "DotSettings", "train_dot", "EmbeddingDot: vectors alone"),
    ModelSpec(
        "dot_bias", _T + "gradient.dot", "DotBiasSettings", "train_dot_bias", "EmbeddingDotBias: vectors and biases"
    ),
    ModelSpec("als", _T + "als.explicit", "ALSSettings", "train", "alternating least squares on ratings, with biases"),
    ModelSpec(
        "implicit_als",
        _T + "als.implicit",
        "ImplicitALSSettings",
        "train",
        "alternating least squares on positive interactions",
        of_choices=True,
    ),
    ModelSpec(
        "ease",
        _T + "linear.ease",
        "EASESettings",
        "train",
        "one regression of each item on all others",
        of_choices=True,
    ),
    ModelSpec(
        "sparse_ease",
        _T + "linear.sparse_ease",
        "SparseEASESettings",
        "train",
        "the same on the items most often chosen with it, for large catalogues",
        of_choices=True,
    ),
    ModelSpec(
        "elsa",
        _T + "linear.elsa",
        "ELSASettings",
        "train",
        "weights between items as products of short vectors",
        of_choices=True,
    ),
    ModelSpec(
        "net",
        _T + "gradient.net",
        "NetSettings",
        "train",
        "EmbeddingNet: a small network on two vectors",
        settings_module=_T + "gradient.settings",
        package="torch",
    ),
)
MODELS = {one.name: one for one in _ALL}


def model_spec(name: str) -> ModelSpec:
    """The model with a name. Raises SettingsError, with the list of names, for an unknown one."""
    if name not in MODELS:
        raise SettingsError(f"there is no model {name!r}", remedy=f"Choose one of: {', '.join(MODELS)}")
    return MODELS[name]


def train(
    ratings: Ratings,
    model: str,
    *,
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: TrainedModel | None = None,
    **settings: Any,
) -> TrainedModel:
    """Train the model `kind`.

    settings: those of the kind's dataclass. validation: ratings whose error is shown (and may stop training), not
    trained on. resume: a model of the same kind to continue from. Raises SettingsError or DataError for what cannot be
    used, TrainingDivergedError for parameters that are not finite or predictions that are far off the ratings.
    """
    if not len(ratings):
        raise DataError("there are no ratings to train on")
    chosen = model_spec(model)
    if ratings.kind == "choices" and not chosen.of_choices:
        able = ", ".join(one.name for one in _ALL if one.of_choices)
        raise DataError(
            f"{model!r} learns from ratings, and the table has none",
            where="model",
            remedy=f"Name no model and no settings, or one of: {able}. If its values are ratings, read it with scale=…",
        )
    values: Mapping[str, Any] = settings
    trained = chosen.train()(
        ratings,
        chosen.settings_class().from_json(values),
        rng=generator(seed),
        validation=validation,
        progress=progress or Silent(),
        resume=resume,
    )
    try:
        check_parameters(trained)
    except ModelShapeError as broken:
        remedy = "Train with a lower learning rate, more regularization or other settings"
        raise TrainingDivergedError(f"training of {model!r} diverged: {broken}", remedy=remedy) from broken
    return check_converged(trained, ratings)
