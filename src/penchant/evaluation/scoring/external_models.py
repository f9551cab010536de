"""The door for other libraries: a small adapter with `fit` and `predict` joins any comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import Answers, Numbers


@dataclass(frozen=True)
class Catalogue:
    """Who and what exists beyond the training rows: sizes of both vocabularies and their features, and no rating."""

    n_users: int
    n_items: int
    user_features: FeatureTable | None
    item_features: FeatureTable | None

    @classmethod
    def of(cls, split: Split) -> Catalogue:
        test = split.test
        return cls(test.n_users, test.n_items, test.user_features, test.item_features)


class Peer(Protocol):
    """Another library's model.

    label: its name in tables. predicts_ratings, ranks: what it can do. Numbers at or above those of the training
    vocabularies are users and items that `fit` met no rating of; it has to answer for them too.
    """

    label: str
    predicts_ratings: bool
    ranks: bool

    def identity(self) -> Mapping[str, Any]:
        """What makes its answers what they are: library, version, settings; JSON values."""

    def fit(self, train: Ratings, catalogue: Catalogue, *, seed: int) -> None:
        """Learn from the training ratings."""

    def predict(self, users: Numbers, items: Numbers) -> NDArray[Any]:
        """Ratings of pairs, (n,)."""

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        """Scores of all items of the catalogue for the users (B,), shape (B, I)."""


class ExternalScorer:
    """A fitted peer as a contestant; its ratings are kept on the training scale like everybody's."""

    def __init__(self, peer: Peer, split: Split) -> None:
        self.label, self.predicts_ratings, self.ranks = peer.label, peer.predicts_ratings, peer.ranks
        self._peer, self._scale = peer, split.train.scale

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> Answers:
        said = np.asarray(self._peer.predict(users, items), dtype=np.float64)
        return Answers(self._scale.clip(said) if self.predicts_ratings else said)

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return self._peer.score_rows(users)
