"""Bootstrap intervals of metrics, and tests of differences.

Users are resampled, not ratings, because the errors of one user are correlated. Every metric here is a ratio of two
sums over U users, sum(parts) / sum(weights), passed through an increasing function: RMSE is the root of squared errors
over counts; a mean over users has weights of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError

Floats = NDArray[np.float64]
_AT_ONCE = 500
"""Permutations whose signs are in memory at once."""


@dataclass(frozen=True)
class UserSums:
    """A metric as sums by user: value = link(sum of parts / sum of weights), both (U,); link "root" or "same"."""

    parts: Floats
    weights: Floats
    link: str = "same"

    @property
    def value(self) -> float:
        return float(self.of(self.parts.sum(), self.weights.sum()))

    def of(self, parts: Any, weights: Any) -> Any:
        """The metric from summed parts and weights of any shape."""
        return _LINKS[self.link](parts / weights)

    def quantiles(self, shares: Sequence[float]) -> Floats:
        """Quantiles over users of the metric of single users; users without weight are left out."""
        known = self.weights > 0
        found: Floats = np.quantile(self.of(self.parts[known], self.weights[known]), shares)
        return found

    @classmethod
    def mean(cls, per_user: NDArray[Any]) -> UserSums:
        """The mean over users, those with NaN left out."""
        known = ~np.isnan(per_user)
        return cls(np.where(known, per_user, 0.0).astype(np.float64), known.astype(np.float64))

    @classmethod
    def pooled(cls, terms: NDArray[Any], owners: NDArray[Any], n_users: int, *, link: str = "same") -> UserSums:
        """The mean over n terms; owners (n,) is the user of each. Users without a term have no weight."""
        parts = np.bincount(owners, weights=terms, minlength=n_users).astype(np.float64)
        return cls(parts, np.bincount(owners, minlength=n_users).astype(np.float64), link)


_LINKS: dict[str, Callable[[Any], Any]] = {"same": lambda ratio: ratio, "root": np.sqrt}


@dataclass(frozen=True)
class Interval:
    """A metric and the ends of its confidence interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """The numbers as JSON values: NaN becomes null."""
        return {name: None if value != value else value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Difference:
    """First minus second over the same users: value, interval, and the two-sided p-value of a permutation test."""

    value: float
    low: float
    high: float
    p_value: float


def bootstrap(metric: UserSums, *, rng: np.random.Generator, replicates: int, level: float) -> Interval:
    """A percentile interval from `replicates` samples of U users with replacement (Efron 1979)."""
    return bootstrap_all([metric], rng=rng, replicates=replicates, level=level)[0]


def bootstrap_all(
    metrics: Sequence[UserSums], *, rng: np.random.Generator, replicates: int, level: float
) -> list[Interval]:
    """Intervals of several metrics over the same users, from the same bootstrap samples."""
    parts = np.stack([metric.parts for metric in metrics], axis=1)
    weights = np.stack([metric.weights for metric in metrics], axis=1)
    sums = _resampled(np.concatenate([parts, weights], axis=1), rng, replicates)
    samples = [metric.of(sums[:, i], sums[:, len(metrics) + i]) for i, metric in enumerate(metrics)]
    return [Interval(f.value, *_ends(drawn, level)) for f, drawn in zip(metrics, samples, strict=True)]


def paired_difference(
    first: UserSums,
    second: UserSums,
    *,
    rng: np.random.Generator,
    replicates: int,
    level: float,
    permutations: int | None = None,
) -> Difference:
    """first - second with a bootstrap interval and a permutation test, both over users.

    The test swaps the two models at random within each user and counts how often the difference is as large.
    permutations: number of swaps; None for as many as `replicates`. The smallest possible p-value is
    1 / (permutations + 1), so a correction for m pairs needs many times m permutations. Raises DataError where the two
    are over different rows.
    """
    if not np.array_equal(first.weights, second.weights):
        raise DataError("two models were evaluated on different test rows", remedy="Compare them on one split")
    sums = _resampled(np.stack([first.parts, second.parts, first.weights], axis=1), rng, replicates)
    drawn = first.of(sums[:, 0], sums[:, 2]) - second.of(sums[:, 1], sums[:, 2])
    value = first.value - second.value
    return Difference(
        value, *_ends(drawn, level), p_value=_permutation_p(first, second, value, rng, permutations or replicates)
    )


def _permutation_p(
    first: UserSums, second: UserSums, value: float, rng: np.random.Generator, permutations: int
) -> float:
    gap = (first.parts - second.parts) / 2
    middle, weight = (first.parts + second.parts).sum() / 2, first.weights.sum()
    as_large = 0
    for start in range(0, permutations, _AT_ONCE):
        count = min(_AT_ONCE, permutations - start)
        signs = rng.integers(0, 2, size=(count, len(gap)), dtype=np.int8) * np.int8(2) - np.int8(1)
        moved = signs @ gap
        swapped = first.of(middle + moved, weight) - first.of(middle - moved, weight)
        # Sums of the same terms in another order differ in the last bits; these count as equal.
        as_large += int((np.abs(swapped) >= abs(value) - 1e-12).sum())
    return (1 + as_large) / (permutations + 1)


def holm(p_values: Sequence[float] | NDArray[Any]) -> Floats:
    """p-values (n,) corrected for multiple tests (Holm 1979), in the given order."""
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    steps = raw[order] * np.arange(len(raw), 0, -1)
    corrected = np.empty(len(raw))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(raw) else steps
    return corrected


def _resampled(columns: Floats, rng: np.random.Generator, replicates: int) -> Floats:
    """Column sums (replicates, M) over users drawn with replacement from columns (U, M)."""
    n_users = len(columns)
    sums = np.empty((replicates, columns.shape[1]))
    for replicate in range(replicates):
        times = np.bincount(rng.integers(0, n_users, size=n_users), minlength=n_users)
        sums[replicate] = times @ columns
    return sums


def _ends(drawn: Floats, level: float) -> tuple[float, float]:
    usable = drawn[np.isfinite(drawn)]
    if not len(usable):
        return float("nan"), float("nan")
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
