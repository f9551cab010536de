"""The order of a list: by score; spread out, so that it does not say one thing ten times; or by a draw, to explore."""

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
"""A list of n that is spread out is chosen from the 10 n best."""


def spread_out(scores: Floats, directions: Floats, n: int, diversity: float) -> NDArray[np.int64]:
    """Positions of the n candidates chosen one by one for score and for being unlike those chosen before.

    scores: (C,), best first. directions: (C, W) unit vectors. Each step takes the highest (1 - d) · relevance - d ·
    (largest cosine with a chosen one), relevance being the score scaled to 0..1 over the candidates (Carbonell and
    Goldstein 1998, the formula of section 2).
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
    """Scores of all items, (I,), in one draw of the model and of the user's row around its mean.

    user: (S, 1, D). covariance: (S, D, D), of the row within a draw, or None where the samples say it all.
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
