"""A synthetic data set with known true ratings, and a model with the true parameters; its error is the noise."""

from __future__ import annotations

import numpy as np

from penchant.data import splitting
from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.splitting import Split
from penchant.data.vocabulary import Vocabulary
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.trained import assemble
from penchant.recommending.recommender import Recommender

NOISE, FACTORS = 0.4, 3
GENRES = ("Comedy", "Drama", "Western")


class World:
    """Low-rank ratings with known noise; items have titles and genres."""

    def __init__(self, n_users: int = 120, n_items: int = 80, n: int = 3_000, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        self.mean = 3.0
        self.user_bias, self.item_bias = rng.normal(0, 0.3, n_users), rng.normal(0, 0.5, n_items)
        self.users, self.items = rng.normal(0, 0.5, (n_users, FACTORS)), rng.normal(0, 0.5, (n_items, FACTORS))
        cells = rng.choice(n_users * n_items, size=n, replace=False, p=_popular(n_users, n_items))
        u, i = (cells // n_items).astype(np.int32), (cells % n_items).astype(np.int32)
        values = (self.expected(u, i) + rng.normal(0, NOISE, n)).astype(np.float32)
        titles = [f"Film {number}" for number in range(n_items)]
        genres = [(GENRES[number % 3],) for number in range(n_items)]
        self.ratings = Ratings(
            u, i, values,
            Vocabulary([f"u{number}" for number in range(n_users)]),
            Vocabulary([f"i{number}" for number in range(n_items)]),
            Scale(0.0, 5.0, declared=True), timestamps=np.arange(n, dtype=np.int64),
            item_features=FeatureTable({"genres": genres}, {"genres": "many"}, titles),
        )  # fmt: skip

    def expected(self, u: np.ndarray, i: np.ndarray) -> np.ndarray:
        dots = (self.users[u] * self.items[i]).sum(axis=1)
        return self.mean + self.user_bias[u] + self.item_bias[i] + dots

    def split(self, test: float = 0.25) -> Split:
        return splitting.random(self.ratings, test=test, seed=1)

    def oracle(self, train: Ratings, *, blur: float = 0.0, noise: float = NOISE, seed: int = 0) -> Recommender:
        """The model with the true parameters; `blur` adds noise to its item vectors and biases."""
        rng = np.random.default_rng(seed)
        u = [int(one[1:]) for one in train.users.ids]
        i = [int(one[1:]) for one in train.items.ids]
        item_bias = self.item_bias[i] + rng.normal(0, blur, len(i)) if blur else self.item_bias[i]
        item_vectors = self.items[i] + rng.normal(0, blur, (len(i), FACTORS)) if blur else self.items[i]
        trained = assemble(
            train, kind="oracle", settings={"blur": blur}, scorer=DotScorer(np.array([self.mean], np.float32)),
            user_rows=(_one(self.user_bias[u]), _one(self.users[u])), item_rows=(_one(item_bias), _one(item_vectors)),
            priors=(flat_prior(1, FACTORS, 4.0), flat_prior(1, FACTORS, 4.0)), noise=np.array([noise], np.float32),
            history=[{"train_loss": (0.6 / e + 0.3) ** 2, "validation_rmse": 0.5 / e + 0.45} for e in range(1, 8)],
        )  # fmt: skip
        return Recommender.of(trained)


def _one(values: np.ndarray) -> np.ndarray:
    return values[None].astype(np.float32)


def _popular(n_users: int, n_items: int) -> np.ndarray:
    weights = np.outer(np.ones(n_users), 1 / np.arange(2, n_items + 2)).ravel()
    return weights / weights.sum()
