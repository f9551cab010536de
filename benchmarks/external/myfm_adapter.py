"""myFM: Bayesian factorization machines by Gibbs sampling, with ids only or with histories and features."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy import sparse

from external.item_attributes import genres, identities, years
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.external_models import CatalogueInfo


class MyFMAdapter:
    """A factorization machine; predictions are means over all samples.

    history: the rated items of a user and the raters of an item as features, divided by the root of their number (as in
    SVD++). genres, years: item features, years in bins of five. features_of_new: whether items without training ratings
    have their features.
    """

    predicts_ratings, ranks = True, False

    def __init__(
        self, label: str = "myFM ids", *, rank: int = 10, samples: int = 200, history: bool = False,
        genres: bool = False, years: bool = False, features_of_new: bool = True,
    ) -> None:  # fmt: skip
        self.label = label
        self.settings = {
            "rank": rank,
            "samples": samples,
            "history": history,
            "genres": genres,
            "years": years,
            "features_of_new": features_of_new,
        }

    def identity(self) -> Mapping[str, Any]:
        return {"library": "myfm", "version": version("myfm"), "settings": self.settings}

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        import myfm

        self.sides = [self._user_side(train, catalogue), self._item_side(train, catalogue)]
        blocks = [_used(side, numbers) for side, numbers in zip(self.sides, _pairs(train), strict=True)]
        relations = [myfm.RelationBlock(places, rows) for places, rows in blocks]
        shapes = [part.shape[1] for parts in self._parts for part in parts]
        self.model = myfm.MyFMRegressor(rank=self.settings["rank"], random_seed=seed)
        samples = self.settings["samples"]
        nothing = sparse.csr_matrix((len(train), 0))
        self.model.fit(
            nothing, train.values.astype(np.float64), X_rel=relations, n_iter=samples, n_kept_samples=samples,
            group_shapes=shapes,
        )  # fmt: skip

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        import myfm

        blocks = [_used(side, numbers) for side, numbers in zip(self.sides, (users, items), strict=True)]
        relations = [myfm.RelationBlock(places, rows) for places, rows in blocks]
        return self.model.predict(sparse.csr_matrix((len(users), 0)), X_rel=relations)

    _parts: list[list[Any]]

    def _user_side(self, train: Ratings, catalogue: CatalogueInfo) -> Any:
        """The feature row of each user: one-hot id and rated items."""
        parts = [identities(train.user_numbers, catalogue.n_users)]
        if self.settings["history"]:
            parts.append(_history(train.user_numbers, train.item_numbers, catalogue.n_users, catalogue.n_items))
        self._parts = [parts]
        return sparse.hstack(parts, format="csr")

    def _item_side(self, train: Ratings, catalogue: CatalogueInfo) -> Any:
        parts = [identities(train.item_numbers, catalogue.n_items)]
        if self.settings["history"]:
            parts.append(_history(train.item_numbers, train.user_numbers, catalogue.n_items, catalogue.n_users))
        if self.settings["genres"]:
            parts.append(self._allowed(genres(catalogue), train))
        if self.settings["years"]:
            parts.append(self._allowed(years(catalogue), train))
        self._parts.append(parts)
        return sparse.hstack(parts, format="csr")

    def _allowed(self, rows: Any, train: Ratings) -> Any:
        """The item features that predictions may use."""
        if self.settings["features_of_new"]:
            return rows
        known = np.bincount(train.item_numbers, minlength=rows.shape[0]) > 0
        return sparse.diags(known.astype(np.float64)) @ rows


def _pairs(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    return ratings.user_numbers, ratings.item_numbers


def _used(side: Any, numbers: np.ndarray) -> tuple[list[int], Any]:
    """The rows that occur, and the row of each pair. myFM samples over every row of a block."""
    rows, places = np.unique(numbers, return_inverse=True)
    return places.tolist(), side[rows].astype(np.float64)


def _history(own: np.ndarray, others: np.ndarray, n_own: int, n_others: int) -> Any:
    lengths = np.maximum(np.bincount(own, minlength=n_own), 1)
    return sparse.csr_matrix((lengths[own] ** -0.5, (own, others)), shape=(n_own, n_others))


def comparison_models() -> list[MyFMAdapter]:
    """The models of the comparison."""
    return [
        MyFMAdapter(),
        MyFMAdapter("myFM history+genres", samples=300, history=True, genres=True, features_of_new=False),
        MyFMAdapter("myFM history+genres+years", samples=300, history=True, genres=True, years=True),
    ]


def cold_start_models(catalogue: CatalogueInfo) -> list[MyFMAdapter]:
    """The model that can predict for new users and items."""
    known = catalogue.item_features is not None
    return [MyFMAdapter("myFM history+genres+years", samples=300, history=True, genres=known, years=known)]
