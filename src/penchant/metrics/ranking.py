"""Ranking metrics: each takes the Ranks of U users and gives U numbers.

Rankings are over all candidates without sampling, because sampling changes the order of models (Krichene and Rendle
2020). All metrics follow from the positions of the relevant items.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError
from penchant.metrics.full_ranking import Ranks

PerUser = NDArray[np.float64]
Metric = Callable[[Ranks, int], PerUser]


def recall(ranks: Ranks, k: int) -> PerUser:
    """The share of the relevant items that are in the first k."""
    return _hits(ranks, k) / ranks.relevant


def precision(ranks: Ranks, k: int) -> PerUser:
    """The number of relevant items in the first k, over k, also where a ranking is shorter than k."""
    return _hits(ranks, k) / k


def hit_rate(ranks: Ranks, k: int) -> PerUser:
    """1 if a relevant item is in the first k, else 0."""
    return (_hits(ranks, k) > 0).astype(np.float64)


def reciprocal_rank(ranks: Ranks, k: int) -> PerUser:
    """1 / the position of the first relevant item, counted from 1; 0 if it is not in the first k."""
    first = ranks.positions[ranks.starts[:-1]]
    return np.where(first < _checked(k), 1.0 / (first + 1), 0.0)


def average_precision(ranks: Ranks, k: int) -> PerUser:
    """The mean over relevant items of the precision at their positions; items not in the first k count 0."""
    order = _order_within(ranks)
    terms = np.where(ranks.positions < _checked(k), (order + 1) / (ranks.positions + 1), 0.0)
    return _sums(ranks, terms) / ranks.relevant


def ndcg(ranks: Ranks, k: int) -> PerUser:
    """Discounted cumulative gain over the best possible one, both cut at k (Järvelin and Kekäläinen 2002).

    A relevant item at position r (from 0) adds its gain / log2(r + 2). The value is 0 for a user whose gains are all 0.
    """
    cut = _checked(k)
    reached = np.where(ranks.positions < cut, ranks.gains / np.log2(ranks.positions + 2), 0.0)
    order = _order_within(ranks)
    best_first = ranks.gains[np.lexsort((-ranks.gains, _owners(ranks)))]
    ideal = _sums(ranks, np.where(order < cut, best_first / np.log2(order + 2), 0.0))
    share: PerUser = np.divide(_sums(ranks, reached), ideal, out=np.zeros(len(ranks)), where=ideal > 0)
    return share


def auc(ranks: Ranks) -> PerUser:
    """The share of (relevant, irrelevant) pairs in the right order; equal scores count half.

    The Mann-Whitney statistic of midranks. NaN for a user with only relevant candidates.
    """
    relevant, others = ranks.relevant.astype(np.float64), (ranks.candidates - ranks.relevant).astype(np.float64)
    overtaken = _sums(ranks, ranks.midranks) - relevant * (relevant - 1) / 2
    pairs = relevant * others
    lost: PerUser = np.divide(overtaken, pairs, out=np.full(len(ranks), np.nan), where=pairs > 0)
    return 1 - lost


AT_K: dict[str, Metric] = {
    "recall": recall,
    "precision": precision,
    "ndcg": ndcg,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "hit_rate": hit_rate,
}
"""The metrics of the first k positions, by their name in reports."""


def _checked(k: int) -> int:
    if k < 1:
        raise DataError(f"k must be at least 1, not {k}")
    return k


def _hits(ranks: Ranks, k: int) -> PerUser:
    return _sums(ranks, (ranks.positions < _checked(k)).astype(np.float64))


def _sums(ranks: Ranks, terms: NDArray[np.float64]) -> PerUser:
    """The terms of each user summed; every user has at least one."""
    return np.add.reduceat(terms, ranks.starts[:-1])


def _owners(ranks: Ranks) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(ranks)), ranks.relevant)


def _order_within(ranks: Ranks) -> NDArray[np.int64]:
    """0, 1, 2 … within each user."""
    return np.arange(len(ranks.positions)) - np.repeat(ranks.starts[:-1], ranks.relevant)
