"""Small models with random rows, for tests that need a TrainedModel and no training."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer, NetScorer
from penchant.models.trained import TrainedModel, assemble

DRAWS, USERS, ITEMS, FACTORS = 3, 4, 5, 2


def made(scorer: DotScorer | NetScorer | None = None, *, samples: int = DRAWS) -> TrainedModel:
    """A small model with random rows; the last item was never rated."""
    rng = np.random.default_rng(1)
    users, items = np.repeat(np.arange(USERS), 2), np.tile(np.arange(4), 2)
    ratings = Ratings(
        users.astype(np.int32), items.astype(np.int32), np.linspace(1, 5, 8).astype(np.float32),
        Vocabulary(["ann", "bob", "cy", "dee"]), Vocabulary([7, 3, 9, 1, 5]), Scale(1, 5),
    )  # fmt: skip
    sides = [
        (rng.normal(size=(samples, n)).astype(np.float32), rng.normal(size=(samples, n, FACTORS)).astype(np.float32))
        for n in (USERS, ITEMS)
    ]
    prior = flat_prior(samples, FACTORS, 2.0)
    return assemble(
        ratings, kind="dot_bias", settings={"factors": FACTORS},
        scorer=scorer or DotScorer(np.full(samples, 3, np.float32)),
        user_rows=sides[0], item_rows=sides[1], priors=(prior, prior), noise=np.ones(samples, np.float32),
        history=[{"epoch": 1.0, "train_rmse": 0.9}],
    )  # fmt: skip
