"""What the models of weights between items share: the matrix they learn from, and the two sides they end in."""

from __future__ import annotations

from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.models.history_rows import HistoryRows
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.sides import Side
from penchant.models.trained import Feedback, counts_of, settled
from penchant.training.positive_interactions import entry_weights


def positive_matrix(positive: Ratings, feedback: Feedback) -> Any:
    """What each positive interaction weighs, a sparse X (U, I) of float32 with rising columns."""
    from scipy.sparse import csr_array

    by_user = positive.by_user()
    weights = entry_weights(feedback, positive)[by_user.rows]
    return csr_array((weights, by_user.numbers, by_user.starts), shape=(positive.n_users, positive.n_items))


def user_side(positive: Ratings, histories: HistoryRows) -> Side:
    """Histories. The prior mean of a new user is the average one, so that their list is of popular items."""
    counts = counts_of(positive.by_user())
    users = np.arange(len(histories))
    average = histories.summed(users, np.ones(len(users))) / np.count_nonzero(counts)
    mean = np.concatenate([[0.0], average]).astype(np.float32)[None]
    bias, vectors = np.zeros((1, len(users)), np.float32), np.zeros((1, len(users), 0), np.float32)
    features = positive.user_features
    return Side(positive.users, bias, vectors, counts, Prior(mean, None), features=features, histories=histories)


def item_side(positive: Ratings, vectors: Floats, weights: HistoryRows | None = None) -> Side:
    """vectors: (I, W), of the items; kept in their memory order. weights: on other items, for items without vectors."""
    bias, mean = np.zeros((1, len(vectors)), np.float32), np.zeros((1, vectors.shape[1] + 1), np.float32)
    counts, features = counts_of(positive.by_item()), positive.item_features
    return settled(
        Side(positive.items, bias, vectors[None], counts, Prior(mean, None), features=features, histories=weights)
    )
