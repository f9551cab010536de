"""LensKit: its implicit-feedback matrix factorization; it ranks items and predicts no ratings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.foundations.threads import limit_blas


class LensKitAdapter:
    """ImplicitMF (Hu, Koren, Volinsky 2008) of all training pairs."""

    predicts_ratings, ranks = False, True

    def __init__(self, label: str = "LensKit ImplicitMF", **settings: Any) -> None:
        self.label, self.settings = label, settings

    def identity(self) -> Mapping[str, Any]:
        return {"library": "lenskit", "version": version("lenskit"), "settings": self.settings}

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        import pandas as pd
        from lenskit.als import ImplicitMFScorer
        from lenskit.data import from_interactions_df
        from lenskit.training import TrainingOptions

        frame = pd.DataFrame({"user_id": train.user_numbers, "item_id": train.item_numbers})
        model = ImplicitMFScorer(**self.settings)
        with limit_blas(1):
            model.train(from_interactions_df(frame), TrainingOptions(rng=seed))
        width = model.item_embeddings.shape[1]
        self.users = np.zeros((catalogue.n_users, width), np.float32)
        self.items = np.zeros((catalogue.n_items, width), np.float32)
        self.users[model.users.ids()] = model.user_embeddings
        self.items[model.items.ids()] = model.item_embeddings

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return (self.users[users] * self.items[items]).sum(axis=1)

    def score_rows(self, users: np.ndarray) -> np.ndarray:
        return self.users[users] @ self.items.T
