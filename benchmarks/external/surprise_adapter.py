"""scikit-surprise: baselines, SVD, SVD++ and neighbourhoods."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo

NEIGHBOURS = {"sim_options": {"name": "pearson_baseline", "user_based": False}}


class SurpriseAdapter:
    """One of Surprise's algorithms, by class name, with its settings."""

    predicts_ratings, ranks = True, False

    def __init__(self, algorithm: str, label: str = "", **settings: Any) -> None:
        self.algorithm, self.settings = algorithm, settings
        self.label = label or f"Surprise {algorithm}"

    def identity(self) -> Mapping[str, Any]:
        return {
            "library": "scikit-surprise",
            "version": version("scikit-surprise"),
            "algorithm": self.algorithm,
            "settings": self.settings,
        }

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        import pandas as pd
        import surprise

        frame = pd.DataFrame({"user": train.user_numbers, "item": train.item_numbers, "rating": train.values})
        reader = surprise.Reader(rating_scale=(train.scale.low, train.scale.high))
        rows = surprise.Dataset.load_from_df(frame, reader).build_full_trainset()
        learner = getattr(surprise, self.algorithm)
        seeded = {"random_state": seed} if "SVD" in self.algorithm else {}
        self.model = learner(**self.settings, **seeded, **_quiet(self.algorithm))
        self.model.fit(rows)

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.array([self.model.predict(u, i).est for u, i in zip(users.tolist(), items.tolist(), strict=True)])


def _quiet(algorithm: str) -> dict[str, Any]:
    return {"verbose": False} if algorithm.startswith(("KNN", "Baseline")) else {}


def comparison_models() -> list[SurpriseAdapter]:
    """The algorithms of the comparison."""
    return [
        SurpriseAdapter("BaselineOnly"),
        SurpriseAdapter("SVD"),
        SurpriseAdapter("SVD", "Surprise SVD 50f 60ep reg .07", n_factors=50, n_epochs=60, reg_all=0.07),
        SurpriseAdapter("KNNBaseline", "Surprise KNNBaseline item", **NEIGHBOURS),
        SurpriseAdapter("SVDpp", "Surprise SVD++"),
    ]
