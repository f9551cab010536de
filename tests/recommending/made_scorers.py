"""A scorer of every kind, for small models made by `made_models`."""

from __future__ import annotations

from typing import Any

import numpy as np

from penchant.models.scorers import DotScorer, NetScorer

RNG = np.random.default_rng(11)


def net(hidden: int = 3) -> NetScorer:
    weights = (RNG.normal(size=(4, hidden)).astype(np.float32), RNG.normal(size=(hidden, 1)).astype(np.float32))
    return NetScorer(weights, (np.full(hidden, 0.5, np.float32), np.zeros(1, np.float32)), 0.5, 5.5)


SCORERS: dict[str, Any] = {
    "identity": DotScorer(np.full(1, 3, np.float32)),
    "sigmoid": DotScorer(np.full(1, 0.2, np.float32), "sigmoid", 0.5, 5.5),
    "probit": DotScorer(
        np.zeros(1, np.float32), "ordered_probit", levels=np.arange(1, 6, dtype=np.float32),
        cutpoints=np.array([[-1.5, -0.5, 0.5, 1.5]], np.float32),
    ),
    "net": net(),
}  # fmt: skip
