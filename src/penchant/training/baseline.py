"""Training the baseline: a few exact alternations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.settings import Settings, setting
from penchant.models.baseline import damped_biases
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.trained import TrainedModel, assemble
from penchant.training.feature_maps import completed
from penchant.training.resume import check_resume


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """The mean and damped biases."""

    user_damping: float = setting(5.0, "pseudo-ratings at the mean for each user", low=0.0)
    item_damping: float = setting(5.0, "pseudo-ratings at the mean for each item", low=0.0)
    epochs: int = setting(10, "alternations between users and items", low=1)


def train(
    ratings: Ratings,
    settings: BaselineSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """The baseline of some ratings; it is exact: rng, validation and resume change nothing."""
    check_resume(resume, "baseline")
    progress.start("baseline", 1)
    biases = damped_biases(
        ratings, user_damping=settings.user_damping, item_damping=settings.item_damping, epochs=settings.epochs
    )
    errors = biases.predict(ratings.user_numbers, ratings.item_numbers) - ratings.values
    noise = max(float(np.sqrt(np.mean(np.square(errors, dtype=np.float64)))), 1e-3)
    progress.step({"train_rmse": noise})
    model = assemble(
        ratings,
        kind="baseline",
        settings=settings.to_json(),
        scorer=DotScorer(np.array([biases.mean], np.float32)),
        user_rows=_rows(biases.users),
        item_rows=_rows(biases.items),
        priors=(_prior(settings.user_damping, noise), _prior(settings.item_damping, noise)),
        noise=np.array([noise], np.float32),
    )
    return completed(model)


def _rows(bias: Floats) -> tuple[Floats, Floats]:
    """One sample of biases, and vectors of no width."""
    return bias[None], np.zeros((1, len(bias), 0), np.float32)


def _prior(damping: float, noise: float) -> Prior:
    """A bias damped by d ratings has the prior precision d / noise²: ridge regression's penalty, put as a Gaussian."""
    precision = max(damping, 1e-3) / noise**2
    return Prior(np.zeros((1, 1), np.float32), np.full((1, 1, 1), precision, np.float32))
