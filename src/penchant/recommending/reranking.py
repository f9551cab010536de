"""Re-ranking of lists: for diversity, and by one posterior sample for exploration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.rng import Seed, generator
from penchant.models.pair_predictions import score_table
from penchant.models.rows import Floats, Rows
from penchant.models.trained import TrainedModel

POOL = 10
"""A diverse list of n items is chosen from the 10 n best."""


def spread_out(scores: Floats, directions: Floats, n: int, diversity: float) -> NDArray[np.int64]:
    """Positions of n candidates by maximal marginal relevance (Carbonell and Goldstein 1998, section 2).

    scores: (C,), best first. directions: (C, W) unit vectors. Each step takes the candidate with the highest
    (1 - diversity) · relevance - diversity · (largest cosine with a chosen one). Relevance is the score scaled to 0..1
    over the candidates.
    """
    reach = float(scores.max() - scores.min()) if len(scores) else 0.0
    relevance = (scores - scores.min()) / reach if reach > 0 else np.ones(len(scores))
    nearest = np.full(len(scores), -1.0)
    left, chosen = np.ones(len(scores), bool), []
    for _ in range(min(n, len(scores))):
        worth = np.where(left, (1 - diversity) * relevance - diversity * np.maximum(nearest, 0.0), -np.inf)
        best = int(np.argmax(worth))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, directions @ directions[best])
    return np.array(chosen, dtype=np.int64)


def drawn_scores(trained: TrainedModel, user: Rows, covariance: NDArray[Any] | None, seed: Seed) -> Floats:
    """Scores of all items, (I,), in one posterior sample of the model and of the user's row.

    user: (S, 1, D). covariance: (S, D, D), of the row within a sample, or None if the samples contain its uncertainty.
    """
    rng = generator(seed)
    draw = int(rng.integers(trained.samples))
    row = user.joined[draw, 0].astype(np.float64)
    if covariance is not None:
        row = row + np.linalg.cholesky(covariance[draw].astype(np.float64)) @ rng.normal(size=len(row))
    cold_start = None if user.cold_start is None else user.cold_start[draw : draw + 1]
    drawn = replace(Rows.split(row[None, None]), cold_start=cold_start)
    table: Floats = score_table(trained.one_sample(draw), drawn)[0]
    return table
