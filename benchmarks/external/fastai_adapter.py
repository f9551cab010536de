"""fastai, the library of the lesson, in its current version: a dot product with biases or a small network."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo


class FastaiAdapter:
    """`collab_learner` with one cycle; users and items without a training rating get its row for unknown ids."""

    predicts_ratings, ranks = True, False

    def __init__(self, label: str = "fastai dot-bias", **settings: Any) -> None:
        self.label = label
        self.epochs, self.learning_rate, self.batch = 5, 5e-3, 64
        self.settings = settings

    def identity(self) -> Mapping[str, Any]:
        return {
            "library": "fastai",
            "version": version("fastai"),
            "settings": {**self.settings, "epochs": self.epochs, "lr": self.learning_rate, "bs": self.batch, "wd": 0.1},
        }

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        import pandas as pd
        from fastai.collab import CollabDataLoaders, collab_learner
        from fastai.torch_core import set_seed

        set_seed(seed)
        frame = pd.DataFrame({"user": train.user_numbers, "item": train.item_numbers, "rating": train.values})
        loaders = CollabDataLoaders.from_df(frame, seed=seed, valid_pct=0.01, bs=self.batch, num_workers=0)
        top = train.scale.high + train.scale.step
        self.learner = collab_learner(loaders, y_range=(0.0, top), **self.settings)
        with self.learner.no_bar(), self.learner.no_logging():
            self.learner.fit_one_cycle(self.epochs, self.learning_rate, wd=0.1)
        self.rows = [_places(loaders.classes[name]) for name in ("user", "item")]

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        import torch

        pairs = [
            [rows.get(one, 0) for one in side.tolist()] for rows, side in zip(self.rows, (users, items), strict=True)
        ]
        with torch.no_grad():
            predicted = self.learner.model.eval()(torch.tensor(pairs).T)
        return predicted.reshape(-1).numpy()


def _places(classes: Any) -> dict[Any, int]:
    """The embedding row of each number; row 0 is fastai's row for unknown ids."""
    return {one: place for place, one in enumerate(classes) if place}


def comparison_models() -> list[FastaiAdapter]:
    """The lesson's two models."""
    return [
        FastaiAdapter(n_factors=50),
        FastaiAdapter("fastai network", use_nn=True, layers=[100, 50]),
    ]
