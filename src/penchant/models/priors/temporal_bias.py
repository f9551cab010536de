"""TemporalBias: biases that a user's ratings share within a day, ten minutes, a minute, ten seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import ModelShapeError
from penchant.foundations.shapes import check_shapes
from penchant.models.priors.effects import Arrays, RowFacts, RowMap
from penchant.models.rows import Floats


@dataclass(frozen=True)
class TemporalBiasLevel:
    """Biases of users in spans of `span` seconds.

    users: (T,) numbers and spans: (T,), time // span, of the T pairs with training ratings, sorted. biases: (S, T).
    variance: (S,), the prior variance of a bias, which is that of a pair without training ratings.
    """

    span: int
    users: NDArray[np.int32]
    spans: NDArray[np.int64]
    biases: Floats
    variance: Floats

    def __post_init__(self) -> None:
        arrays: Arrays = {name: value for name, value in vars(self).items() if name != "span"}
        shapes = {"users": "T", "spans": "T", "biases": "ST", "variance": "S"}
        check_shapes("temporal_bias", arrays, shapes, {})
        if self.span <= 0:
            raise ModelShapeError(f"a temporal bias cannot have spans of {self.span} seconds")

    def find(self, users: NDArray[Any], times: NDArray[Any]) -> NDArray[np.int64]:
        """The positions of B pairs of user number and time among the T, shape (B,); -1 for a pair without ratings."""
        if not len(self.spans):
            return np.full(len(users), -1)
        first, width = int(self.spans.min()), int(np.ptp(self.spans)) + 1
        spans = np.asarray(times, np.int64) // self.span - first
        keys = self.users.astype(np.int64) * width + (self.spans - first)
        wanted = np.asarray(users, np.int64) * width + spans
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = (spans >= 0) & (spans < width) & (keys[at] == wanted)
        return np.where(found, at, -1)


@dataclass(frozen=True)
class TemporalBias:
    """The temporal biases of all levels, from long spans to short ones. A rating is shifted by the sum of its biases.

    It is stored as an effect of the users' prior. It does not change rows, but ratings at a known time (`shift`).
    """

    levels: tuple[TemporalBiasLevel, ...]
    name: ClassVar[str] = "temporal_bias"
    shapes: ClassVar[Mapping[str, str]] = {"0.variance": "S"}  # a level checks the rest

    def __post_init__(self) -> None:
        if len({len(level.variance) for level in self.levels}) != 1:
            raise ModelShapeError("the levels of a temporal bias differ in their number of samples")

    def mean(self, rows: RowFacts) -> Floats | float:
        return 0.0

    def shift(self, users: NDArray[Any], times: NDArray[Any] | None) -> tuple[Floats, Floats]:
        """The shift of B ratings in each sample, (S, B), and its remaining variance, (B,).

        times: (B,) seconds since 1970. None if they are unknown; the shift is then zero, with the prior variance.
        """
        total = np.zeros((len(self.levels[0].variance), len(users)), np.float32)
        variance = np.zeros(len(users), np.float32)
        for level in self.levels:
            at = np.full(len(users), -1) if times is None else level.find(users, times)
            known = at >= 0
            total[:, known] += level.biases[:, at[known]]
            variance[~known] += level.variance.mean()
        return total, variance

    def samples(self, at: slice) -> TemporalBias:
        some = [replace(one, biases=one.biases[at], variance=one.variance[at]) for one in self.levels]
        return TemporalBias(tuple(some))

    def concatenated(self, other: TemporalBias) -> TemporalBias:
        levels = [
            replace(
                later,
                biases=np.concatenate([one.biases, later.biases]),
                variance=np.concatenate([one.variance, later.variance]),
            )
            for one, later in zip(self.levels, other.levels, strict=True)
        ]
        return TemporalBias(tuple(levels))

    def mapped(self, through: RowMap) -> TemporalBias:
        levels = [
            replace(one, biases=one.biases.mean(axis=0, keepdims=True), variance=one.variance.mean(keepdims=True))
            for one in self.levels
        ]
        return TemporalBias(tuple(levels))

    def to_arrays(self) -> Arrays:
        arrays: Arrays = {"spans": np.array([level.span for level in self.levels])}
        for n, level in enumerate(self.levels):
            arrays |= {f"{n}.{name}": value for name, value in vars(level).items() if name != "span"}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> TemporalBias:
        names = ("users", "spans", "biases", "variance")
        levels = [
            TemporalBiasLevel(int(span), *(arrays[f"{n}.{name}"] for name in names))
            for n, span in enumerate(arrays["spans"])
        ]
        return cls(tuple(levels))
