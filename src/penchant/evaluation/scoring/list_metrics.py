"""The list metrics of a scorer, from the full ranking of all items for each user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.labels import label_matrix
from penchant.metrics import beyond_accuracy, ranking
from penchant.metrics.full_ranking import ItemSets, Ranks, rank_items
from penchant.metrics.intervals import UserSums

ScoreRows = Callable[[NDArray[Any]], NDArray[Any]]
Metrics = tuple[dict[str, UserSums], dict[str, float]]


def list_metrics(
    score_rows: ScoreRows, split: Split, test: Ratings, *, at: Sequence[int], relevant_from: float
) -> Metrics:
    """Metrics by user, and metrics of all lists together.

    score_rows: scores (B, I) of all items for users (B,). Candidates are all items of the split except those the user
    rated in training or whose ratings are folded in. Users without a relevant test item are left out.
    """
    relevant_rows = test.take(test.values >= relevant_from)
    users = ranked_users(test, relevant_from)
    if not len(users):
        return {}, {}
    relevant = _sets_of(users, relevant_rows)
    ranks = rank_items(score_rows, users, relevant=relevant, excluded=_rated(users, split), depth=max(at))
    return _metrics(ranks, split, users, at)


def ranked_users(test: Ratings, relevant_from: float) -> NDArray[Any]:
    """The users whose lists are evaluated: those with a relevant test item, in rising order."""
    return np.unique(test.user_numbers[test.values >= relevant_from])


def _rated(users: NDArray[Any], split: Split) -> ItemSets:
    """The items each user has rated in training or gives for folding in."""
    if split.given is None:
        return _sets_of(users, split.train)
    parts = (split.train, split.given)
    return _sets(
        users,
        np.concatenate([part.user_numbers for part in parts]),
        np.concatenate([part.item_numbers for part in parts]),
    )


def _sets_of(users: NDArray[Any], ratings: Ratings) -> ItemSets:
    return _sets(users, ratings.user_numbers, ratings.item_numbers)


def _sets(users: NDArray[Any], owners: NDArray[Any], items: NDArray[Any]) -> ItemSets:
    """The items of the given users (rising numbers), in their order; entries of other users are left out."""
    place = np.searchsorted(users, owners)
    mine = users[np.minimum(place, len(users) - 1)] == owners
    return ItemSets.build(place[mine], items[mine], len(users))[0]


def _metrics(ranks: Ranks, split: Split, users: NDArray[Any], at: Sequence[int]) -> Metrics:
    n_items = len(split.test.items)
    metrics, overall = {"auc": UserSums.mean(ranking.auc(ranks))}, {}
    counts = np.bincount(split.train.item_numbers, minlength=n_items)
    labels = label_matrix(split.test.item_features)
    for k in at:
        top = ranks.top[:, :k]
        for name, metric in ranking.AT_K.items():
            metrics[f"{name}@{k}"] = UserSums.mean(metric(ranks, k))
        metrics[f"novelty@{k}"] = UserSums.mean(beyond_accuracy.novelty(top, counts, split.train.n_users))
        own = _own_popularity(split, users, counts)
        metrics[f"popularity_bias@{k}"] = UserSums.mean(beyond_accuracy.popularity_bias(top, counts, own))
        if labels is not None:
            spread = beyond_accuracy.intra_list_diversity(top, labels.matrix.astype(np.float32))
            metrics[f"diversity@{k}"] = UserSums.mean(spread)
        overall[f"coverage@{k}"] = beyond_accuracy.catalogue_coverage(top, n_items)
        overall[f"gini@{k}"] = beyond_accuracy.gini(top, n_items)
    return metrics, overall


def _own_popularity(split: Split, users: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    """The mean rating count of the items each user rated in training; NaN for a new user."""
    n_users = len(split.test.users)
    sums = np.bincount(split.train.user_numbers, weights=counts[split.train.item_numbers], minlength=n_users)
    rated = np.bincount(split.train.user_numbers, minlength=n_users)
    means: NDArray[np.float64] = np.divide(sums, rated, out=np.full(n_users, np.nan), where=rated > 0)
    return means[users]
