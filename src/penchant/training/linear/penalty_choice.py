"""The penalty of EASE from the data: the one whose lists find interactions held out of the training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats
from penchant.training.linear.item_regression import ByUsers, dense_weights, gramian

USERS, SHARE = 500, 0.15
"""How many users some interactions are held out of, and which share of theirs."""

ITEMS, SHARE_OF_ITEMS = (1000, 3000), 0.3
"""The choice is made on this share of all items, the most popular ones, but no fewer and no more than this many."""

START, STEP = 100.0, 10**0.5
"""The first penalty tried, and the factor between neighbours."""

ENDS = (1.0, 1e5)
"""No penalty beyond these is tried."""

Score = Callable[[float], Floats]
"""Takes a penalty to the scores (B, I) of the users with held-out interactions."""


@dataclass(frozen=True)
class PenaltyChoice:
    """The chosen penalty; tried: each one tried, rising, and the score that its lists reached."""

    penalty: float
    tried: tuple[tuple[float, float], ...]

    def facts(self) -> dict[str, Any]:
        """What a report says about it."""
        penalties, scores = zip(*self.tried, strict=True) if self.tried else ((), ())
        return {
            "regularization": self.penalty,
            "regularization_tried": list(penalties),
            "regularization_scores": list(scores),
        }


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
    return climb(lambda penalty: held_out_ndcg(score(penalty), given, held))


def _popular(X: Any) -> Any:
    """X with its most popular items alone."""
    most = int(np.clip(SHARE_OF_ITEMS * X.shape[1], *ITEMS))
    if most >= X.shape[1]:
        return X
    counts = np.bincount(X.indices, minlength=X.shape[1])
    best = np.sort(np.argsort(-counts, kind="stable")[:most])
    return X[:, best]


def hold_out(X: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """X without some interactions of a sample of its users, and those; each such user keeps one at least."""
    from scipy.sparse import csr_array

    counts = np.diff(X.indptr)
    able = np.flatnonzero(counts >= 2)
    asked = np.zeros(len(counts), bool)
    asked[rng.permutation(able)[:USERS]] = True
    drawn = rng.random(X.nnz)
    owners = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((drawn, owners))
    place = np.empty(X.nnz, np.int64)
    place[order] = np.arange(X.nnz) - np.repeat(X.indptr[:-1], counts)
    out = asked[owners] & (place < np.maximum(1, np.round(SHARE * counts[owners])))
    parts = []
    for here in (~out, out):
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners[here], minlength=len(counts)))])
        parts.append(csr_array((X.data[here], X.indices[here], starts), shape=X.shape))
    return parts[0], parts[1]


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


def held_out_ndcg(scores: Floats, given: Any, held: Any, depth: int = 10) -> float:
    """The mean NDCG of lists of `depth` items that leave the given ones out; given, held: (B, I) sparse."""
    scores[np.repeat(np.arange(len(scores)), np.diff(given.indptr)), given.indices] = -np.inf
    depth = min(depth, scores.shape[1])
    best = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    rows = np.arange(len(scores))[:, None]
    best = best[rows, np.argsort(-scores[rows, best], axis=1, kind="stable")]
    wanted = np.zeros(scores.shape, bool)
    wanted[np.repeat(np.arange(len(scores)), np.diff(held.indptr)), held.indices] = True
    gains = 1.0 / np.log2(np.arange(2, depth + 2))
    ideal = np.cumsum(gains)[np.minimum(np.diff(held.indptr), depth) - 1]
    return float(np.mean((wanted[rows, best] @ gains) / ideal))


def climb(score: Callable[[float], float]) -> PenaltyChoice:
    """From START in steps of STEP as long as the score rises; then the top of the parabola through the best three."""
    tried = {0: score(START)}

    def at(place: int) -> float:
        if place not in tried:
            tried[place] = score(START * STEP**place)
        return tried[place]

    ends = [round(float(np.log(end / START) / np.log(STEP))) for end in ENDS]
    best = 0
    while True:
        near = [one for one in (best + 1, best - 1) if ends[0] <= one <= ends[1]]
        higher = [one for one in near if at(one) > at(best)]
        if not higher:
            break
        best = max(higher, key=at)
    penalty = START * STEP ** (best + _top(tried.get(best - 1), tried[best], tried.get(best + 1)))
    return PenaltyChoice(float(penalty), tuple((START * STEP**place, tried[place]) for place in sorted(tried)))


def _top(before: float | None, here: float, after: float | None) -> float:
    """Where the parabola through three equally spaced points has its top, in steps from the middle one."""
    if before is None or after is None or 2 * here - before - after <= 0:
        return 0.0
    return 0.5 * (after - before) / (2 * here - before - after)
