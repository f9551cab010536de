"""From what Spark learnt to the model that every way of training ends in."""

from __future__ import annotations

from typing import Any

import numpy as np

from penchant.data.interactions import Interactions
from penchant.engines.spark.encoded_tables import EncodedTable, interactions_of
from penchant.engines.spark.fitting import FitResult
from penchant.engines.spark.settings import SparkAls, SparkImplicitAls
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.sides import Side
from penchant.models.trained import Feedback, TrainedModel, settled
from penchant.training.als.explicit import widened
from penchant.training.als.implicit import NO_BIAS


def finished(
    table: EncodedTable, learnt: FitResult, kind: str, settings: SparkAls | SparkImplicitAls, facts: dict[str, Any]
) -> TrainedModel:
    """One draw, its priors what the penalties amount to, its noise the spread of a new rating."""
    parameters = sum(vectors.size + len(vectors) for vectors in learnt.vectors)
    implicit = isinstance(settings, SparkImplicitAls)
    noise = 1.0 if implicit else max(widened(learnt.unexplained, table.count, parameters), 1e-3)
    users, items = (_side(table, learnt, of, _prior(settings, learnt, of, noise)) for of in (0, 1))
    return TrainedModel(
        kind=kind,
        settings=settings.to_json(),
        scorer=DotScorer(np.array([learnt.mean], np.float32)),
        users=users,
        items=items,
        noise=np.array([noise], np.float32),
        scale=table.scale,
        interactions=interactions_of(table) if settings.histories else Interactions.none(len(table.users)),
        feedback=Feedback(confidence="values") if implicit else None,
        history=[] if implicit else [{"epoch": float(settings.epochs), "train_rmse": learnt.unexplained}],
        facts=facts,
    )


def _side(table: EncodedTable, learnt: FitResult, of: int, prior: Prior) -> Side:
    """Users (0) or items (1)."""
    ids, features = ((table.users, table.user_features), (table.items, table.item_features))[of]
    return settled(
        Side(ids, learnt.biases[of][None], learnt.vectors[of][None], learnt.counts[of], prior, features=features)
    )


def _prior(settings: SparkAls | SparkImplicitAls, learnt: FitResult, of: int, noise: float) -> Prior:
    if isinstance(settings, SparkImplicitAls):
        return _implicit_prior(settings, learnt.vectors[1 - of])
    precision = np.eye(settings.factors + 1, dtype=np.float32) * settings.regularization
    damping = (settings.user_damping, settings.item_damping)[of]
    # The damping of a bias does not grow with a row's ratings while the vector's penalty does: spread it over as many
    # ratings as the median row has.
    precision[0, 0] = max(damping, 1.0) / max(float(np.median(learnt.counts[of])), 1.0)
    return Prior(np.zeros((1, len(precision)), np.float32), precision[None] / np.float32(noise**2), per_rating=1.0)


def _implicit_prior(settings: SparkImplicitAls, other: Floats) -> Prior:
    """The penalty and the pull to zero of everything not chosen, in units of alpha.

    A choice then weighs its own value, and not 1/alpha more as in MLlib: a row that is folded in lies a little nearer
    to zero than a trained one.
    """
    width = settings.factors + 1
    everyone = np.zeros((1, width, width), np.float32)
    everyone[0, 0, 0] = NO_BIAS
    everyone[0, 1:, 1:] = other.T @ other / settings.alpha
    precision = np.eye(width, dtype=np.float32)[None] * np.float32(settings.regularization / settings.alpha)
    return Prior(np.zeros((1, width), np.float32), precision, per_rating=1.0, everyone=everyone)
