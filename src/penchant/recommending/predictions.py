"""Expected ratings of pairs of numbers, for known rows, rows from features, and rows from the prior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers
from penchant.models.pair_predictions import score_pairs
from penchant.models.trained import TrainedModel
from penchant.recommending.known_pairs import known_pairs
from penchant.recommending.results import Prediction, weaker
from penchant.recommending.row_lookup import is_rated, pieces, resolve


def predict_numbers(
    trained: TrainedModel,
    users: Numbers,
    items: Numbers,
    *,
    user_features: FeatureTable | None = None,
    item_features: FeatureTable | None = None,
    timestamps: NDArray[np.int64] | None = None,
) -> Prediction:
    """Expected ratings of B pairs, (B,) each; a number outside the vocabulary is an unknown user or item.

    user_features, item_features: tables with a row for each number, used for unknown ones. timestamps: (B,), the time
    of each rating, for models with a temporal bias.
    """
    means, stds = np.empty(len(users), np.float32), np.empty(len(users), np.float32)
    sources = np.full((3, len(users)), "known", dtype=object)  # of the pair, of its user, of its item
    users, items = np.asarray(users), np.asarray(items)
    rated = is_rated(trained.users, users) & is_rated(trained.items, items)
    left, formed = np.arange(len(users)), rated.copy()
    formed[rated] = ~trained.items.without_ratings[items[rated]]
    if trained.temporal_bias is None and (scores := known_pairs(trained, users[formed], items[formed])) is not None:
        means[formed], stds[formed] = scores.mean, scores.std
        left = np.flatnonzero(~formed)
    for at in pieces(trained, left, rated[left]):
        u = resolve(trained.users, users[at], user_features and user_features.take(users[at]))
        i = resolve(trained.items, items[at], item_features and item_features.take(items[at]))
        when = None if timestamps is None else timestamps[at]
        shift = None if trained.temporal_bias is None else trained.temporal_bias.shift(users[at], when)
        scores = score_pairs(trained, u.rows, i.rows, shift)
        means[at], stds[at] = scores.mean, scores.std
        sources[:, at] = weaker(u.sources, i.sources), u.sources, i.sources
    return Prediction(means, stds, *sources)
