"""implicit: alternating least squares on implicit feedback; it ranks items and predicts no ratings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy import sparse

from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.foundations.threads import limit_blas


class ImplicitAdapter:
    """Weighted matrix factorization (Hu, Koren, Volinsky 2008) of all training pairs or of the relevant pairs."""

    predicts_ratings, ranks = False, True

    def __init__(self, label: str = "implicit ALS", *, relevant_from: float | None = None, **settings: Any) -> None:
        self.label, self.relevant_from, self.settings = label, relevant_from, settings

    def identity(self) -> Mapping[str, Any]:
        return {
            "library": "implicit",
            "version": version("implicit"),
            "settings": self.settings,
            "relevant_from": self.relevant_from,
        }

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        from implicit.als import AlternatingLeastSquares

        kept = train if self.relevant_from is None else train.take(train.values >= self.relevant_from)
        ones = np.ones(len(kept), np.float32)
        shape = (catalogue.n_users, catalogue.n_items)
        table = sparse.csr_matrix((ones, (kept.user_numbers, kept.item_numbers)), shape=shape)
        with limit_blas(1):
            self.model = AlternatingLeastSquares(**self.settings, random_state=seed)
            self.model.fit(table, show_progress=False)

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return (self.model.user_factors[users] * self.model.item_factors[items]).sum(axis=1)

    def score_rows(self, users: np.ndarray) -> np.ndarray:
        return self.model.user_factors[users] @ self.model.item_factors.T


def comparison_models() -> list[ImplicitAdapter]:
    """The settings of the comparison."""
    return [ImplicitAdapter(factors=64, regularization=0.05, alpha=2.0, iterations=15)]
