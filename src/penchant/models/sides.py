"""One side of a model, users or items: the trained rows, the prior of new rows, ids and features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import ModelShapeError
from penchant.models.history_rows import HistoryRows
from penchant.models.priors import FeatureEffect, Prior
from penchant.models.rows import Floats, Rows


@dataclass(frozen=True)
class Side:
    """All trained rows of one side.

    vocabulary: N ids. bias: (S, N). vectors: (S, N, K).
    counts: (N,) int32, the training ratings of each row. A row without ratings is its prior mean.
    prior: the prior of new rows. encoder: encodes features for the prior's feature effect, or None.
    features: N rows of features and titles, or None.
    variance: (N,), the variance of a row's ratings beyond the model's noise, or None.
    histories: of an item-item model, the user histories, and the weights of items that have few; `vectors` are then
    (S, N, 0). None in other models.
    unformed: (N,) bool, rows that were not trained on ratings; None: the rows with count 0.
    cold_start: of users: (S, N), the offset of their score for items without ratings, 0 for untrained rows; or None.
    """

    vocabulary: Vocabulary
    bias: Floats
    vectors: Floats
    counts: NDArray[np.int32]
    prior: Prior
    encoder: FeatureEncoder | None = None
    features: FeatureTable | None = None
    variance: Floats | None = None
    histories: HistoryRows | None = None
    unformed: NDArray[np.bool_] | None = None
    cold_start: Floats | None = None

    def __post_init__(self) -> None:
        size, samples, width = len(self.vocabulary), len(self.bias), self.factors + 1
        expected = {
            "bias": (samples, size),
            "vectors": (samples, size, width - 1 if self.histories is None else 0),
            "counts": (size,),
            "prior.mean": (samples, width),
            "prior.precision": (samples, width, width),
        }
        found = {
            "bias": self.bias.shape,
            "vectors": self.vectors.shape,
            "counts": self.counts.shape,
            "prior.mean": self.prior.mean.shape,
        }
        if self.prior.precision is not None:
            found["prior.precision"] = self.prior.precision.shape
        for name, shape in found.items():
            if shape != expected[name]:
                raise ModelShapeError(f"{name} has shape {shape}, not {expected[name]}")

    def __len__(self) -> int:
        return len(self.vocabulary)

    @property
    def factors(self) -> int:
        return int(self.vectors.shape[2]) if self.histories is None else self.histories.width

    def samples(self, at: slice) -> Side:
        """The side with some of its samples, without a copy."""
        cold_start = None if self.cold_start is None else self.cold_start[at]
        prior = self.prior.samples(at)
        return replace(self, bias=self.bias[at], vectors=self.vectors[at], prior=prior, cold_start=cold_start)

    def rows(self, numbers: NDArray[Any]) -> Rows:
        """The trained rows of known numbers."""
        return Rows(
            self.bias[:, numbers],
            self.vectors[:, numbers] if self.histories is None else self.histories.dense(numbers),
            variance=None if self.variance is None else self.variance[numbers],
            unrated=self.without_ratings[numbers],
            cold_start=None if self.cold_start is None else self.cold_start[:, numbers],
            numbers=numbers,
            history=None if self.histories is None else self.histories.take(numbers),
        )

    def all_rows(self) -> Rows:
        """All rows. The arrays are not copied, except histories with vectors."""
        if self.histories is not None and self.histories.width:
            return self.rows(self._numbers)
        return Rows(
            self.bias,
            self.vectors,
            variance=self.variance,
            unrated=self.without_ratings,
            cold_start=self.cold_start,
            numbers=self._numbers,
            history=self.histories,
        )

    @cached_property
    def _numbers(self) -> NDArray[np.int32]:
        """The numbers of all rows, (N,)."""
        return np.arange(len(self), dtype=np.int32)

    @cached_property
    def without_ratings(self) -> NDArray[np.bool_]:
        """Which rows were not trained on any rating, (N,) bool."""
        return self.counts == 0 if self.unformed is None else self.unformed

    def new_rows(self, features: FeatureTable | None, count: int) -> Rows:
        """Rows for `count` new users or items, from their features if the model has a feature effect."""
        encoded = None if features is None or self.encoder is None else self.encoder.encode(features)
        return self.prior.rows(encoded, count)

    @property
    def maps_features(self) -> bool:
        """Whether features change the prior of a new row."""
        return self.encoder is not None and self.prior.effect(FeatureEffect) is not None

    def title(self, number: int) -> str:
        """The display name of a known number, or its id as text."""
        title = self.features.titles[number] if self.features and self.features.titles is not None else None
        return str(self.vocabulary.ids[number]) if title is None else title
