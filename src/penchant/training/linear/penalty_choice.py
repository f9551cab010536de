"""The penalty of EASE from the data: the one whose lists find interactions held out of the training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats
from penchant.training.held_out import PenaltyChoice, climb, held_out_ndcg, hold_out
from penchant.training.linear.item_regression import ByUsers, dense_weights, gramian

ITEMS, SHARE_OF_ITEMS = (1000, 3000), 0.3
"""The choice is made on this share of all items, the most popular ones, but no fewer and no more than this many."""

START, ENDS = 100.0, (1.0, 1e5)
"""The first penalty tried; none beyond the ends is."""

Score = Callable[[float], Floats]
"""Takes a penalty to the scores (B, I) of the users with held-out interactions."""


def choose_penalty(X: Any, rng: np.random.Generator) -> PenaltyChoice:
    """The penalty for a sparse X (U, I): hill climbing over a logarithmic grid, then the top of a parabola.

    Where no user has two interactions with popular items, nothing can be held out, and the first penalty is taken.
    """
    X = _popular(X.tocsr())
    kept, held = hold_out(X, rng)
    if held.nnz == 0:
        return PenaltyChoice(START, ())
    users = np.flatnonzero(np.diff(held.indptr))
    given, held = kept[users], held[users]
    score = _by_users(kept, users) if X.shape[0] < X.shape[1] else _by_items(kept, given)
    return climb(lambda penalty: held_out_ndcg(score(penalty), given, held), START, ENDS)


def _popular(X: Any) -> Any:
    """X with its most popular items alone."""
    most = int(np.clip(SHARE_OF_ITEMS * X.shape[1], *ITEMS))
    if most >= X.shape[1]:
        return X
    counts = np.bincount(X.indices, minlength=X.shape[1])
    best = np.sort(np.argsort(-counts, kind="stable")[:most])
    return X[:, best]


def _by_users(kept: Any, users: NDArray[Any]) -> Score:
    solved = ByUsers(kept, np.float32)

    def scores(penalty: float) -> Floats:
        found = solved.weights(penalty)
        table: Floats = (kept[users] @ (found.vectors * found.scale[:, None])) @ found.vectors.T
        return table

    return scores


def _by_items(kept: Any, given: Any) -> Score:
    gram = gramian(kept)

    def scores(penalty: float) -> Floats:
        table: Floats = given @ dense_weights(gram.copy(), penalty).weights
        return table

    return scores
