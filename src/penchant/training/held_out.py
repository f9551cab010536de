"""Interactions held out of the training rows, the lists that are to find them, and the penalty that finds them best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats

USERS, SHARE = 500, 0.15
"""How many users some interactions are held out of, and which share of theirs."""

STEP = 10**0.5
"""The factor between neighbouring penalties."""


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


def held_out_entries(starts: NDArray[Any], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which entries (n,) of compressed rows are held out: a share of those of a sample of rows that have two or more.

    starts: (U + 1,). Each row keeps one entry at least.
    """
    counts, total = np.diff(starts), int(starts[-1])
    asked = np.zeros(len(counts), bool)
    asked[rng.permutation(np.flatnonzero(counts >= 2))[:USERS]] = True
    owners = np.repeat(np.arange(len(counts)), counts)
    place = np.empty(total, np.int64)
    place[np.lexsort((rng.random(total), owners))] = np.arange(total) - np.repeat(starts[:-1], counts)
    out: NDArray[np.bool_] = asked[owners] & (place < np.maximum(1, np.round(SHARE * counts[owners])))
    return out


def hold_out(X: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """X without some interactions of a sample of its users, and those; each such user keeps one at least."""
    from scipy.sparse import csr_array

    out = held_out_entries(X.indptr, rng)
    owners = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    parts = []
    for here in (~out, out):
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners[here], minlength=X.shape[0]))])
        parts.append(csr_array((X.data[here], X.indices[here], starts), shape=X.shape))
    return parts[0], parts[1]


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


def climb(score: Callable[[float], float], start: float, limits: tuple[float, float]) -> PenaltyChoice:
    """From `start` in steps of STEP as long as the score rises; then the top of the parabola through the best three."""
    tried = {0: score(start)}

    def at(place: int) -> float:
        if place not in tried:
            tried[place] = score(start * STEP**place)
        return tried[place]

    ends = [round(float(np.log(end / start) / np.log(STEP))) for end in limits]
    best = 0
    while True:
        near = [one for one in (best + 1, best - 1) if ends[0] <= one <= ends[1]]
        higher = [one for one in near if at(one) > at(best)]
        if not higher:
            break
        best = max(higher, key=at)
    penalty = start * STEP ** (best + _top(tried.get(best - 1), tried[best], tried.get(best + 1)))
    return PenaltyChoice(float(penalty), tuple((start * STEP**place, tried[place]) for place in sorted(tried)))


def _top(before: float | None, here: float, after: float | None) -> float:
    """Where the parabola through three equally spaced points has its top, in steps from the middle one."""
    if before is None or after is None or 2 * here - before - after <= 0:
        return 0.0
    return 0.5 * (after - before) / (2 * here - before - after)
