"""LightFM: factorization of users and items with their attributes; it ranks items and predicts no ratings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy import sparse

from external.item_attributes import identities, item_attributes
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo


class LightFMAdapter:
    """A vector and a bias for each user, item, genre and period of five years; an item's are sums over its attributes.

    loss: "warp" trains on relevant pairs, ranked above all others; "logistic" on relevant and irrelevant pairs.
    normalised: whether an item's attribute weights add up to one. It cannot fold in users, and a user without a
    training rating has neither vector nor bias.
    """

    predicts_ratings, ranks = False, True

    def __init__(
        self, label: str = "LightFM", *, loss: str, epochs: int, relevant_from: float = 4.0, normalised: bool = True,
        **settings: Any,
    ) -> None:  # fmt: skip
        self.label, self.loss, self.epochs, self.settings = label, loss, epochs, settings
        self.relevant_from, self.normalised = relevant_from, normalised

    def identity(self) -> Mapping[str, Any]:
        return {
            "library": "lightfm-next",
            "version": version("lightfm-next"),
            "loss": self.loss,
            "epochs": self.epochs,
            "relevant_from": self.relevant_from,
            "normalised": self.normalised,
            "settings": self.settings,
        }

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        from lightfm import LightFM

        users = identities(train.user_numbers, catalogue.n_users).astype(np.float32)
        items = self._items(train, catalogue).astype(np.float32)
        model = LightFM(loss=self.loss, random_state=seed, **self.settings)
        model.fit(
            self._interactions(train, catalogue),
            user_features=users,
            item_features=items,
            epochs=self.epochs,
            num_threads=1,
        )
        self.user_bias, self.user_vectors = model.get_user_representations(users)
        self.item_bias, self.item_vectors = model.get_item_representations(items)

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        dots = (self.user_vectors[users] * self.item_vectors[items]).sum(axis=1)
        return dots + self.user_bias[users] + self.item_bias[items]

    def score_rows(self, users: np.ndarray) -> np.ndarray:
        return self.user_vectors[users] @ self.item_vectors.T + self.item_bias

    def _items(self, train: Ratings, catalogue: CatalogueInfo) -> Any:
        own, attributes = identities(train.item_numbers, catalogue.n_items), item_attributes(catalogue)
        rows = own if attributes is None else sparse.hstack([own, attributes], format="csr")
        totals = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1.0)
        return (sparse.diags(1 / totals) @ rows).tocsr() if self.normalised else rows

    def _interactions(self, train: Ratings, catalogue: CatalogueInfo) -> Any:
        relevant = train.values >= self.relevant_from
        kept = relevant if self.loss == "warp" else np.ones(len(train), dtype=bool)
        signs = np.where(relevant, 1, -1).astype(np.float32)
        cells = train.user_numbers[kept], train.item_numbers[kept]
        return sparse.coo_matrix((signs[kept], cells), shape=(catalogue.n_users, catalogue.n_items))


def cold_start_models(catalogue: CatalogueInfo) -> list[LightFMAdapter]:
    """Both losses, with settings tuned on four quadrant splits of the training rows of ml-latest-small."""
    return [
        LightFMAdapter(
            "LightFM logistic", loss="logistic", epochs=30, normalised=False,
            no_components=64, learning_rate=0.05, item_alpha=5e-6, user_alpha=2.5e-3,
        ),
        LightFMAdapter(
            "LightFM WARP", loss="warp", epochs=120, normalised=False,
            no_components=20, learning_rate=0.02, item_alpha=8e-6, user_alpha=3.5e-3,
        ),
    ]  # fmt: skip
