"""A small synthetic data set: two factors, genres that depend on them, and an item without ratings."""

from __future__ import annotations

from functools import cache

import numpy as np

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary

USERS, ITEMS = 60, 40
UNRATED = "item-39"
"""An item of the catalogue with a genre and without ratings."""


@cache
def small_world() -> Ratings:
    """About 900 ratings on half stars from 0.5 to 5."""
    rng = np.random.default_rng(8)
    p, q = rng.normal(size=(USERS, 2)), rng.normal(size=(ITEMS, 2))
    score = 3.2 + 0.4 * rng.normal(size=(USERS, 1)) + 0.4 * rng.normal(size=ITEMS) + 0.5 * p @ q.T
    ratings = np.clip(np.round(2 * (score + 0.3 * rng.normal(size=score.shape))) / 2, 0.5, 5.0)
    rated = rng.random(score.shape) < 0.4
    rated[:, ITEMS - 1] = False
    users, items = np.nonzero(rated)
    genres = [("warm",) if one > 0 else ("cold", "dark") for one in q[:, 0]]
    table = FeatureTable({"genres": genres}, {"genres": "many"}, [f"Title {number}" for number in range(ITEMS)])
    return Ratings(
        users.astype(np.int32),
        items.astype(np.int32),
        ratings[rated].astype(np.float32),
        Vocabulary(np.arange(100, 100 + USERS)),
        Vocabulary([f"item-{number}" for number in range(ITEMS)]),
        Scale(0.5, 5.0, 0.5, declared=True),
        item_features=table,
    )
