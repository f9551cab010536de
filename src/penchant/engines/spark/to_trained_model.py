"""From Spark's factorization to a TrainedModel."""

from __future__ import annotations

from typing import Any

import numpy as np

from penchant.data.interactions import Interactions
from penchant.engines.spark.encoded_tables import EncodedTable
from penchant.engines.spark.factorization import Factorization
from penchant.engines.spark.settings import SparkAls, SparkImplicitAls
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.sides import Side
from penchant.models.trained import Feedback, TrainedModel, settled
from penchant.training.als.implicit_prior import NO_BIAS


def to_trained_model(
    table: EncodedTable,
    factorization: Factorization,
    kind: str,
    settings: SparkAls | SparkImplicitAls,
    facts: dict[str, Any],
) -> TrainedModel:
    """A model with one sample; its priors are those that the penalties imply, its noise the spread of a new rating."""
    parameters = sum(vectors.size + len(vectors) for vectors in factorization.vectors)
    implicit = isinstance(settings, SparkImplicitAls)
    noise = 1.0 if implicit else max(widened(factorization.train_rmse, table.count, parameters), 1e-3)
    users, items = (_side(table, factorization, of, _prior(settings, factorization, of, noise)) for of in (0, 1))
    return TrainedModel(
        kind=kind,
        settings=settings.to_json(),
        scorer=DotScorer(np.array([factorization.mean], np.float32)),
        users=users,
        items=items,
        noise=np.array([noise], np.float32),
        scale=table.scale,
        interactions=Interactions.of(table.ratings) if settings.histories else Interactions.none(len(table.users)),
        feedback=Feedback(confidence="values") if implicit else None,
        history=[] if implicit else [{"epoch": float(settings.epochs), "train_rmse": factorization.train_rmse}],
        facts=facts,
    )


def widened(spread: float, n: int, parameters: int) -> float:
    """The spread of a new rating: that of n training ratings, widened for the parameters that were fitted to them."""
    fitted = min(parameters, n / 2)
    return spread * float(np.sqrt(n / (n - fitted)))


def _side(table: EncodedTable, found: Factorization, of: int, prior: Prior) -> Side:
    """Users (0) or items (1)."""
    ids = (table.users, table.items)[of]
    features = None if table.given is None else (table.given.user_features, table.given.item_features)[of]
    return settled(
        Side(ids, found.biases[of][None], found.vectors[of][None], found.counts[of], prior, features=features)
    )


def _prior(settings: SparkAls | SparkImplicitAls, factorization: Factorization, of: int, noise: float) -> Prior:
    if isinstance(settings, SparkImplicitAls):
        return _implicit_prior(settings, factorization.vectors[1 - of])
    precision = np.eye(settings.factors + 1, dtype=np.float32) * settings.regularization
    damping = (settings.user_damping, settings.item_damping)[of]
    # The penalty of a vector grows with the row's ratings, the damping of a bias does not: divide the damping by the
    # number of ratings of the median row.
    precision[0, 0] = max(damping, 1.0) / max(float(np.median(factorization.counts[of])), 1.0)
    return Prior(np.zeros((1, len(precision)), np.float32), precision[None] / np.float32(noise**2), per_rating=1.0)


def _implicit_prior(settings: SparkImplicitAls, other: Floats) -> Prior:
    """The penalty of a row and that of its unobserved pairs, in units of alpha.

    A positive interaction then weighs its value, where MLlib adds 1/alpha, so a folded-in row is a little nearer to
    zero than a trained one.
    """
    width = settings.factors + 1
    everyone = np.zeros((1, width, width), np.float32)
    everyone[0, 0, 0] = NO_BIAS
    everyone[0, 1:, 1:] = other.T @ other / settings.alpha
    precision = np.eye(width, dtype=np.float32)[None] * np.float32(settings.regularization / settings.alpha)
    return Prior(np.zeros((1, width), np.float32), precision, per_rating=1.0, everyone=everyone)
