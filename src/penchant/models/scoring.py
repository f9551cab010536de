"""Scoring, written once: pairs and whole tables, for known rows and for rows that were inferred a moment ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.models.heads import DotHead
from penchant.models.sides import Floats, Rows, covariance_of
from penchant.models.trained import TrainedModel


@dataclass(frozen=True)
class Scores:
    """mean: (B,), the expected rating on its scale. std: (B,), the standard deviation of a rating around it."""

    mean: Floats
    std: Floats


def score_pairs(trained: TrainedModel, users: Rows, items: Rows) -> Scores:
    """The predictive mean and spread of B pairs.

    The variance is that of the expectation between draws, plus what is unknown of inferred rows within a draw, plus
    the noise of a single rating.
    """
    by_draw = trained.head.pairs(users, items)  # (S, B)
    variance = by_draw.var(axis=0) + np.mean(np.square(trained.noise, dtype=np.float32))
    if users.covariance is not None or items.covariance is not None:
        variance = variance + _inferred_variance(trained, users, items).mean(axis=0)
    return Scores(trained.clip(by_draw.mean(axis=0)), np.sqrt(variance))


def score_table(trained: TrainedModel, users: Rows, items: Rows | None = None) -> Floats:
    """The expected rating of B user rows with every item row, shape (B, I), unclipped so that no order is lost."""
    return trained.head.table(users, trained.items.all_rows() if items is None else items)


def _inferred_variance(trained: TrainedModel, users: Rows, items: Rows) -> Floats:
    """The variance of the score that comes from the rows' own covariances, shape (S, B), on the rating scale.

    With x = [1, q] beside a user row of covariance C, and y = [1, p] beside an item row of covariance E, the score's
    variance is x'Cx + y'Ey + tr(C_v E_v), the last over the vector parts alone.
    """
    if not isinstance(trained.head, DotHead):
        return np.zeros((1, len(users)), np.float32)
    spread_u, spread_i = covariance_of(users), covariance_of(items)
    variance = _quadratic(items.vectors, spread_u) + _quadratic(users.vectors, spread_i)
    variance += np.einsum("sbkl,sblk->sb", spread_u[:, :, 1:, 1:], spread_i[:, :, 1:, 1:])
    return variance * _link_slope(trained.head, users, items) ** 2


def _quadratic(vectors: Floats, covariance: Floats) -> Floats:
    """[1, v]' C [1, v] for each draw and row, shape (S, B)."""
    ones = np.ones((*vectors.shape[:2], 1), np.float32)
    x = np.concatenate([ones, vectors], axis=2)
    result: Floats = np.einsum("sbd,sbde,sbe->sb", x, covariance, x, optimize=True)
    return result


def _link_slope(head: DotHead, users: Rows, items: Rows) -> Floats | float:
    """The derivative of the expected rating by the score (the delta method), shape (S, B)."""
    if head.link == "identity":
        return 1.0
    scores, step = head.scores(users, items), np.float32(1e-2)
    slope: Floats = (head.linked(scores + step) - head.linked(scores - step)) / (2 * step)
    return slope
