"""The priors of implicit least squares: what a new row is pulled to before its interactions are known."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.models.priors import PopularityMean, Prior
from penchant.models.rows import Floats
from penchant.training.als.implicit_loss import ImplicitLoss

NO_BIAS = 1e9
"""The prior precision of a bias in a model that has none: it stays where its mean is, at zero."""


def penalty_prior(other: Floats, loss: ImplicitLoss) -> Prior:
    """The penalty of a new row, and the penalty of all its pairs."""
    width = other.shape[1] + 1
    precision = np.eye(width, dtype=np.float32)[None] * np.float32(loss.regularization)
    everyone = np.zeros((1, width, width), np.float32)
    everyone[0, 0, 0] = NO_BIAS
    everyone[0, 1:, 1:] = loss.unobserved_weight * (other.T @ other)
    return Prior(
        np.zeros((1, width), np.float32),
        precision,
        per_rating=loss.power,
        offset=loss.unobserved_weight * len(other),
        everyone=everyone,
    )


def popularity_mean(items: Floats, positive: Ratings) -> PopularityMean:
    """The row whose products with the items' vectors come nearest to the share of users who chose each item.

    Squared errors are weighted by the share, since the popular items are those that a list shows.
    """
    share = positive.by_item().counts / max(int(np.count_nonzero(positive.by_user().counts)), 1)
    weights = share + share.mean()
    weighted = items.T * weights  # (K, I)
    gram = (weighted @ items).astype(np.float64)
    gram[np.diag_indices_from(gram)] += 1e-6 * np.trace(gram) / len(gram)
    row = np.linalg.solve(gram, weighted @ share)
    return PopularityMean(np.concatenate([[0.0], row]).astype(np.float32)[None])
