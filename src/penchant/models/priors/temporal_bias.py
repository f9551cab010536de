"""TemporalBias: how a user's ratings lean on one day, within one stretch of minutes; a bias that comes and goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats


@dataclass(frozen=True)
class TemporalBiasLevel:
    """Biases of users in spans of `span` seconds.

    users: (T,) numbers and spans: (T,), time // span, of the T temporal_bias that had ratings, in rising order of both.
    biases: (S, T). variance: (S,), that of a bias that no rating formed.
    """

    span: int
    users: NDArray[np.int32]
    spans: NDArray[np.int64]
    biases: Floats
    variance: Floats

    def find(self, users: NDArray[Any], times: NDArray[Any]) -> NDArray[np.int64]:
        """Where B pairs of user number and time stand among the temporal_bias, shape (B,); -1 for one never met."""
        if not len(self.spans):
            return np.full(len(users), -1)
        first, width = int(self.spans.min()), int(np.ptp(self.spans)) + 1
        spans = np.asarray(times, np.int64) // self.span - first
        keys = self.users.astype(np.int64) * width + (self.spans - first)
        wanted = np.asarray(users, np.int64) * width + spans
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        met = (spans >= 0) & (spans < width) & (keys[at] == wanted)
        return np.where(met, at, -1)


@dataclass(frozen=True)
class TemporalBias:
    """Levels from long spans to short; a rating at a time is shifted by the biases of all its spans."""

    levels: tuple[TemporalBiasLevel, ...]

    def shift(self, users: NDArray[Any], times: NDArray[Any] | None) -> tuple[Floats, Floats]:
        """The shift of B ratings in each draw, (S, B), and the variance of what is not known of it, (B,).

        times: (B,) seconds since 1970; None where they are not known, which leaves the shift zero.
        """
        total = np.zeros((len(self.levels[0].variance), len(users)), np.float32)
        variance = np.zeros(len(users), np.float32)
        for level in self.levels:
            at = np.full(len(users), -1) if times is None else level.find(users, times)
            met = at >= 0
            total[:, met] += level.biases[:, at[met]]
            variance[~met] += level.variance.mean()
        return total, variance

    def samples(self, at: slice) -> TemporalBias:
        """The temporal_bias of some of their samples."""
        some = [replace(one, biases=one.biases[at], variance=one.variance[at]) for one in self.levels]
        return TemporalBias(tuple(some))

    def averaged(self) -> TemporalBias:
        """The temporal_bias in one draw, the mean of all."""
        levels = [
            replace(one, biases=one.biases.mean(axis=0, keepdims=True), variance=one.variance.mean(keepdims=True))
            for one in self.levels
        ]
        return TemporalBias(tuple(levels))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays from which `from_arrays` builds the same temporal_bias."""
        arrays: dict[str, NDArray[Any]] = {"spans": np.array([level.span for level in self.levels])}
        for n, level in enumerate(self.levels):
            arrays |= {f"{n}.{name}": value for name, value in vars(level).items() if name != "span"}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> TemporalBias:
        """The temporal_bias that `to_arrays` took apart."""
        names = ("users", "spans", "biases", "variance")
        levels = [
            TemporalBiasLevel(int(span), *(arrays[f"{n}.{name}"] for name in names))
            for n, span in enumerate(arrays["spans"])
        ]
        return cls(tuple(levels))
