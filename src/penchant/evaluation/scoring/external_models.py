"""Models of other libraries: an adapter with `fit` and `predict` can be part of any comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import Numbers, ScorerOutput


@dataclass(frozen=True)
class CatalogueInfo:
    """Numbers of users and items and their features, test users and items included; no ratings."""

    n_users: int
    n_items: int
    user_features: FeatureTable | None
    item_features: FeatureTable | None

    @classmethod
    def of(cls, split: Split) -> CatalogueInfo:
        test = split.test
        return cls(test.n_users, test.n_items, test.user_features, test.item_features)


class ExternalModel(Protocol):
    """A model of another library.

    label: its name in tables. predicts_ratings, ranks: what it can do. Numbers at or above the sizes of the training
    vocabularies are users and items without training ratings; the model must answer for them too.
    """

    label: str
    predicts_ratings: bool
    ranks: bool

    def identity(self) -> Mapping[str, Any]:
        """Library, version and settings, as JSON values: all that the predictions depend on besides data and seed."""

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        """Train on the training ratings."""

    def predict(self, users: Numbers, items: Numbers) -> NDArray[Any]:
        """Predicted ratings of pairs, (n,)."""

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        """Scores of all items of the catalogue for the users (B,), shape (B, I)."""


class ExternalScorer:
    """A fitted external model as a scorer. Its predicted ratings are clipped to the rating scale."""

    def __init__(self, model: ExternalModel, split: Split) -> None:
        self.label, self.predicts_ratings, self.ranks = model.label, model.predicts_ratings, model.ranks
        self._model, self._scale = model, split.train.scale

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        predicted = np.asarray(self._model.predict(users, items), dtype=np.float64)
        return ScorerOutput(self._scale.clip(predicted) if self.predicts_ratings else predicted)

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return self._model.score_rows(users)
