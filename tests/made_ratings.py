"""Value ratings with known factors, for tests of training."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary


def low_rank(
    users: int = 60, items: int = 40, rank: int = 2, n: int = 1500, noise: float = 0.1, seed: int = 0
) -> Ratings:
    """n ratings of random pairs, 3 + b_u + b_i + p_u · q_i + noise, kept within 1 to 5; no pair occurs twice."""
    rng = np.random.default_rng(seed)
    pairs = rng.choice(users * items, size=n, replace=False)
    u, i = np.divmod(pairs, items)
    p, q = rng.normal(0, 0.7, (users, rank)), rng.normal(0, 0.7, (items, rank))
    bias = rng.normal(0, 0.4, users)[u] + rng.normal(0, 0.4, items)[i]
    scores = 3.0 + bias + (p[u] * q[i]).sum(axis=1) + noise * rng.normal(size=n)
    return of_arrays(u, i, np.clip(scores, 1, 5), users, items)


def chosen_and_rated(users: int = 200, items: int = 80, chosen: int = 20, seed: int = 0) -> Ratings:
    """Users choose items by their taste, and then rate them 1 to 5 by quality and by something else than that taste.

    So the choices say little about the ratings, and the ratings little about the choices.
    """
    rng = np.random.default_rng(seed)
    taste, kind = rng.normal(size=(users, 4)), rng.normal(size=(items, 4))
    odds = 1.5 * taste @ kind.T + rng.normal(size=items) + rng.gumbel(size=(users, items))
    u, i = np.repeat(np.arange(users), chosen), np.argsort(-odds, axis=1)[:, :chosen].ravel()
    fit = (rng.normal(size=(users, 2))[u] * rng.normal(0, 0.5, (items, 2))[i]).sum(axis=1)
    scores = 3 + rng.normal(0, 0.8, items)[i] + fit + 0.4 * rng.normal(size=len(u))
    return of_arrays(u, i, np.clip(np.round(scores), 1, 5), users, items)


def of_arrays(u: np.ndarray, i: np.ndarray, values: np.ndarray, users: int, items: int) -> Ratings:
    """Ratings of plain arrays; ids are 100 + number for users and "i<number>" for items."""
    return Ratings(
        u.astype(np.int32),
        i.astype(np.int32),
        values.astype(np.float32),
        Vocabulary(np.arange(users) + 100),
        Vocabulary([f"i{n}" for n in range(items)]),
        Scale(1.0, 5.0, declared=True),
    )


def rmse_of(model, ratings: Ratings) -> float:
    """The error of a trained model on ratings over its own numbering."""
    pairs = model.scorer.pairs(model.users.rows(ratings.user_numbers), model.items.rows(ratings.item_numbers))
    return float(np.sqrt(np.mean((model.clip(pairs.mean(axis=0)) - ratings.values) ** 2)))
