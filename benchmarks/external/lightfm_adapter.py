"""LightFM: factorisation of users and of items with their attributes; it orders items and predicts no rating."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy import sparse

from external.item_attributes import described, identities
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo


class LightFMAdapter:
    """A vector and a bias for each user, item, genre and five years; an item's are the sums of what it has.

    loss: "warp" learns from liked pairs alone, which are to come before whatever else; "logistic" from liked and
    disliked ones. normalised: whether the weights of what an item has add up to one. It cannot fold anybody in, and a
    user without a training rating has neither vector nor bias.
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
            self._taught(train, catalogue), user_features=users, item_features=items, epochs=self.epochs, num_threads=1
        )
        self.user_bias, self.user_vectors = model.get_user_representations(users)
        self.item_bias, self.item_vectors = model.get_item_representations(items)

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        dots = (self.user_vectors[users] * self.item_vectors[items]).sum(axis=1)
        return dots + self.user_bias[users] + self.item_bias[items]

    def score_rows(self, users: np.ndarray) -> np.ndarray:
        return self.user_vectors[users] @ self.item_vectors.T + self.item_bias

    def _items(self, train: Ratings, catalogue: CatalogueInfo) -> Any:
        own, attributes = identities(train.item_numbers, catalogue.n_items), described(catalogue)
        rows = own if attributes is None else sparse.hstack([own, attributes], format="csr")
        totals = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1.0)
        return (sparse.diags(1 / totals) @ rows).tocsr() if self.normalised else rows

    def _taught(self, train: Ratings, catalogue: CatalogueInfo) -> Any:
        liked = train.values >= self.relevant_from
        kept = liked if self.loss == "warp" else np.ones(len(train), dtype=bool)
        signs = np.where(liked, 1, -1).astype(np.float32)
        cells = train.user_numbers[kept], train.item_numbers[kept]
        return sparse.coo_matrix((signs[kept], cells), shape=(catalogue.n_users, catalogue.n_items))


def cold_start_models(catalogue: CatalogueInfo) -> list[LightFMAdapter]:
    """Both losses, as they did best over the quadrants of ml-latest-small's training rows, split anew four times."""
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
