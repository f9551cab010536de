"""Predictions for pairs and for tables of all items, from trained and from inferred rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.models.rows import Floats, Rows
from penchant.models.trained import TrainedModel


@dataclass(frozen=True)
class Scores:
    """mean: (B,), the expected rating on its scale. std: (B,), the standard deviation of a rating around it."""

    mean: Floats
    std: Floats


Shift = tuple[Floats, Floats]
"""The temporal bias of B ratings in each sample, (S, B), and its remaining variance, (B,)."""


def score_pairs(trained: TrainedModel, users: Rows, items: Rows, shift: Shift | None = None) -> Scores:
    """The predictive mean and standard deviation of B pairs. A side has B rows, or one row for all pairs.

    The variance is the sum of the variance of the expectation between samples, the variance of inferred rows within a
    sample, and the noise of a rating.
    """
    by_user: Floats | None = None
    if users.covariance is None:
        by_sample = trained.scorer.pairs(users, items)  # (S, B)
    else:
        by_sample, by_user = trained.scorer.linearize(users, items, "users")
    if shift is not None:
        by_sample = by_sample + shift[0]
    variance = by_sample.var(axis=0) + np.float32(trained.noise_variance)
    if users.covariance is not None or items.covariance is not None:
        variance = variance + _inferred_variance(trained, users, items, by_user).mean(axis=0)
    if shift is not None:
        variance = variance + shift[1]
    for rows in (users, items):
        if rows.variance is not None:
            variance = variance + rows.variance
    return Scores(trained.clip(by_sample.mean(axis=0)), np.sqrt(variance))


def stacked_items(trained: TrainedModel) -> Floats | None:
    """All items as stacked vectors, (I, W): one dot product with a stacked user vector gives the mean score.

    None if there is no such product: for a network, and for several samples with a nonlinear link. Also None for
    item-item models, whose user vectors are nearly all zeros, so a dense product would waste memory.
    """
    return trained.scorer.stacked(trained.items.all_rows())


def score_table(trained: TrainedModel, users: Rows, stacked: Floats | None = None) -> Floats:
    """The expected rating of every item for B user rows, shape (B, I); not clipped, because that would create ties.

    stacked: the result of `stacked_items` for this model, if it was computed before.
    """
    if stacked is None:
        return trained.scorer.all_items(users, trained.items.all_rows())
    return trained.scorer.from_products(trained.scorer.stacked_users(users) @ stacked.T)


def from_products(trained: TrainedModel, scores: Floats) -> Floats:
    """Expected ratings from the products of stacked rows, any shape (B, N)."""
    return trained.scorer.from_products(scores)


def _inferred_variance(trained: TrainedModel, users: Rows, items: Rows, by_user: Floats | None) -> Floats:
    """The variance of an expected rating due to the covariances of inferred rows, shape (S, B).

    Let x be the derivative of the rating by a user row with covariance C, and y that by an item row with covariance E.
    The variance is x'Cx + y'Ey (the delta method, exact for an identity link). If both rows are inferred, the trace of
    C_v E_v over the vector parts is added. by_user: x, (S, B, D), where user rows are inferred.
    """
    variance = np.zeros((trained.samples, 1), np.float32)
    if users.covariance is not None and by_user is not None:
        variance = variance + quadratic(by_user, users.covariance)
    if items.covariance is not None:
        variance = variance + quadratic(trained.scorer.linearize(users, items, "items")[1], items.covariance)
    if users.covariance is not None and items.covariance is not None:
        variance = variance + trained.scorer.joint_variance(users, items)
    return variance


def quadratic(x: Floats, covariance: Floats) -> Floats:
    """x' C x for each sample and row, shape (S, B); x: (S, B, D), covariance: (S, B or 1, D, D)."""
    turned = x @ covariance[:, 0] if covariance.shape[1] == 1 else (covariance @ x[..., None])[..., 0]
    result: Floats = (turned * x).sum(axis=2)
    return result
