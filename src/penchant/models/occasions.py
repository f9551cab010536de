"""Occasions: how a user's ratings lean on one day, within one stretch of minutes; a bias that comes and goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.sides import Floats


@dataclass(frozen=True)
class OccasionLevel:
    """Biases of users in stretches of `span` seconds.

    users: (T,) numbers and stretches: (T,), time // span, of the T occasions that had ratings, in rising order of both.
    biases: (S, T). variance: (S,), that of a bias that no rating formed.
    """

    span: int
    users: NDArray[np.int32]
    stretches: NDArray[np.int64]
    biases: Floats
    variance: Floats

    def find(self, users: NDArray[Any], times: NDArray[Any]) -> NDArray[np.int64]:
        """Where B pairs of user number and time stand among the occasions, shape (B,); -1 for one never met."""
        if not len(self.stretches):
            return np.full(len(users), -1)
        first, width = int(self.stretches.min()), int(np.ptp(self.stretches)) + 1
        stretches = np.asarray(times, np.int64) // self.span - first
        keys = self.users.astype(np.int64) * width + (self.stretches - first)
        wanted = np.asarray(users, np.int64) * width + stretches
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        met = (stretches >= 0) & (stretches < width) & (keys[at] == wanted)
        return np.where(met, at, -1)


@dataclass(frozen=True)
class Occasions:
    """Levels from long stretches to short; a rating at a time is shifted by the biases of all its stretches."""

    levels: tuple[OccasionLevel, ...]

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

    def draws(self, at: slice) -> Occasions:
        """The occasions of some of their draws."""
        some = [replace(one, biases=one.biases[at], variance=one.variance[at]) for one in self.levels]
        return Occasions(tuple(some))

    def averaged(self) -> Occasions:
        """The occasions in one draw, the mean of all."""
        levels = [
            replace(one, biases=one.biases.mean(axis=0, keepdims=True), variance=one.variance.mean(keepdims=True))
            for one in self.levels
        ]
        return Occasions(tuple(levels))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays from which `from_arrays` builds the same occasions."""
        arrays: dict[str, NDArray[Any]] = {"spans": np.array([level.span for level in self.levels])}
        for n, level in enumerate(self.levels):
            arrays |= {f"{n}.{name}": value for name, value in vars(level).items() if name != "span"}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Occasions:
        """The occasions that `to_arrays` took apart."""
        names = ("users", "stretches", "biases", "variance")
        levels = [
            OccasionLevel(int(span), *(arrays[f"{n}.{name}"] for name in names))
            for n, span in enumerate(arrays["spans"])
        ]
        return cls(tuple(levels))
