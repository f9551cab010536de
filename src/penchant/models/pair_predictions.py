"""Scoring, written once: pairs and whole tables, for trained rows and for inferred ones."""

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
"""What the time of B ratings adds to them in each sample, (S, B), and the variance of what is unknown of it, (B,)."""


def score_pairs(trained: TrainedModel, users: Rows, items: Rows, shift: Shift | None = None) -> Scores:
    """The predictive mean and spread of B pairs; a side holds B rows, or one that meets all of the other's.

    The variance is that of the expectation between samples, plus what is unknown of inferred rows within a draw, plus
    the noise of a single rating.
    """
    by_sample = trained.scorer.pairs(users, items)  # (S, B)
    if shift is not None:
        by_sample = by_sample + shift[0]
    variance = by_sample.var(axis=0) + np.mean(np.square(trained.noise, dtype=np.float32))
    if users.covariance is not None or items.covariance is not None:
        variance = variance + _inferred_variance(trained, users, items).mean(axis=0)
    if shift is not None:
        variance = variance + shift[1]
    for rows in (users, items):
        if rows.variance is not None:
            variance = variance + rows.variance
    return Scores(trained.clip(by_sample.mean(axis=0)), np.sqrt(variance))


def stacked_items(trained: TrainedModel) -> Floats | None:
    """Every item's samples side by side, (I, W), so that one dot product with a user's gives the score.

    None where there is no such product: for a network, and for the mean over several samples of a bent link; nor where
    users' vectors are nearly all zeros, whose product is not worth its memory.
    """
    return trained.scorer.stacked(trained.items.all_rows())


def score_table(trained: TrainedModel, users: Rows, stacked: Floats | None = None) -> Floats:
    """The expected rating of B user rows with every item, shape (B, I), unclipped so that no order is lost.

    stacked: what `stacked_items` made of this model, when it is at hand.
    """
    if stacked is None:
        return trained.scorer.all_items(users, trained.items.all_rows())
    return trained.scorer.from_products(trained.scorer.stacked_users(users) @ stacked.T)


def from_products(trained: TrainedModel, scores: Floats) -> Floats:
    """Expected ratings from the scores that stacked rows multiply to, any shape (B, N)."""
    return trained.scorer.from_products(scores)


def _inferred_variance(trained: TrainedModel, users: Rows, items: Rows) -> Floats:
    """The variance of an expected rating that comes from the rows' own covariances, shape (S, B).

    With x the rating's derivative by a user row of covariance C, and y by an item row of covariance E, it is
    x'Cx + y'Ey (the delta method; exact for an identity link), and the trace of C_v E_v over the vector parts where
    both rows are inferred.
    """
    variance = np.zeros((trained.samples, 1), np.float32)
    if users.covariance is not None:
        variance = variance + quadratic(trained.scorer.linearize(users, items, "users")[1], users.covariance)
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
