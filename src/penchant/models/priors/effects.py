"""Effects: the terms of a row's prior mean, which are added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats

Arrays = dict[str, NDArray[Any]]
RowMap = Callable[[NDArray[Any]], Floats]
"""A linear map from rows [bias, vector] in every sample, (S, N, D), to rows of one sample, (1, N, D')."""


@dataclass(frozen=True)
class RowFacts:
    """What is known of `count` rows before their ratings are used.

    features: sparse or dense (count, F), or None. history: the numbers of the other side's rows that one row rated or
    was rated by, (n,); only for a count of 1.
    """

    count: int
    features: Any | None = None
    history: NDArray[Any] | None = None


class Effect(Protocol):
    """A term of the prior mean of rows [bias, vector] of D numbers, in each of S samples."""

    name: ClassVar[str]
    """Under which it is saved."""
    shapes: ClassVar[Mapping[str, str]]
    """Those of its arrays, a letter for each axis: S samples, D numbers in a row, F features; others are its own."""

    def mean(self, rows: RowFacts) -> Floats | float:
        """The term of the rows' prior mean, (S, count, D), or 0."""

    def samples(self, at: slice) -> Self:
        """The effect in the given samples; nothing is copied."""

    def concatenated(self, other: Self) -> Self:
        """The effect with the samples of both."""

    def mapped(self, through: RowMap) -> Self:
        """The effect in one sample, on rows transformed by the map `through`."""

    def to_arrays(self) -> Arrays:
        """Arrays from which `from_arrays` builds the same effect."""

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self: ...


@dataclass(frozen=True)
class FeatureEffect:
    """The effect of features: a linear map from a row's F features (Macau; Simm et al. 2017, arXiv 1509.04610).

    weights: (S, F, D).
    """

    weights: Floats
    name: ClassVar[str] = "features"
    shapes: ClassVar[Mapping[str, str]] = {"weights": "SFD"}

    def mean(self, rows: RowFacts) -> Floats | float:
        if rows.features is None:
            return 0.0
        return np.stack([np.asarray(rows.features @ one) for one in self.weights]).astype(np.float32)

    def samples(self, at: slice) -> FeatureEffect:
        return FeatureEffect(self.weights[at])

    def concatenated(self, other: FeatureEffect) -> FeatureEffect:
        return FeatureEffect(np.concatenate([self.weights, other.weights]))

    def mapped(self, through: RowMap) -> FeatureEffect:
        return FeatureEffect(through(self.weights))

    def to_arrays(self) -> Arrays:
        return {"weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FeatureEffect:
        return cls(arrays["weights"])


@dataclass(frozen=True)
class HistoryEffect:
    """The effect of a history: which items a user rated, or which users rated an item (SVD++; Koren 2008, equation 15).

    A row that rated the set N of the other side's M rows has the term |N|^-power Σ basis_j, j in N, times the weights.
    weights: (S, R, D). basis: (M, R), or None for the identity (R = M). damping: the number of ratings that a
    cold-start offset counts for against the effect; a history of n ratings has the weight n / (n + damping).
    """

    weights: Floats
    basis: Floats | None = None
    power: float = 0.5
    damping: float = 0.0
    name: ClassVar[str] = "history"
    shapes: ClassVar[Mapping[str, str]] = {"weights": "SRD", "basis": "MR", "numbers": "2"}

    @property
    def others(self) -> int:
        """M, the number of rows of the other side in training; rows added later have no effect."""
        return self.weights.shape[1] if self.basis is None else len(self.basis)

    def mean(self, rows: RowFacts) -> Floats | float:
        if rows.history is None:
            return 0.0
        history = rows.history[rows.history < self.others]
        if not len(history):
            return 0.0
        if self.basis is None:
            shift = self.weights[:, history].sum(axis=1)
        else:
            shift = self.basis[history].sum(axis=0) @ self.weights
        share = len(history) ** -self.power * len(history) / (len(history) + self.damping)
        moved: Floats = shift * np.float32(share)
        return moved[:, None]

    def samples(self, at: slice) -> HistoryEffect:
        return replace(self, weights=self.weights[at])

    def concatenated(self, other: HistoryEffect) -> HistoryEffect:
        return replace(other, weights=np.concatenate([self.weights, other.weights]))

    def mapped(self, through: RowMap) -> HistoryEffect:
        return replace(self, weights=through(self.weights))

    def to_arrays(self) -> Arrays:
        arrays = {"weights": self.weights, "numbers": np.array([self.power, self.damping])}
        return arrays if self.basis is None else arrays | {"basis": self.basis}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> HistoryEffect:
        power, damping = arrays["numbers"].tolist()
        return cls(arrays["weights"], arrays.get("basis"), power, damping)
