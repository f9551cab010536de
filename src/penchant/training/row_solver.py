"""The update of all rows of one side on all cores, for ALS and Gibbs sampling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped
from penchant.foundations.threads import available_threads

Floats = NDArray[np.float32]

LONG = 8192
"""A row with more entries is summed in parts of this size, so that all cores work on a very popular item."""

CHUNKS = 2
"""Pieces of work for each core: enough to balance the load, few enough to start quickly."""

_NONE = np.empty(0, np.float32)


class ThreadTeam:
    """Threads that run kernels; a context manager. Results do not depend on the number of threads."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or available_threads()
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def run(self, work: Callable[[Any], object], pieces: Iterable[Any]) -> None:
        """Call `work` with every piece; an error in a thread is raised here."""
        for _ in map(work, pieces) if self._pool is None else self._pool.map(work, pieces):
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()


@dataclass(frozen=True)
class Conditional:
    """The Gaussian prior and the noise in the conditional of rows.

    precision: (D, D), or (N, D, D) if rows differ. pull: (N, D) or (1, D), the precision times the prior mean.
    scale: (N,) or (1,), one over the noise variance of a row's ratings. weights: (n,), a factor of each rating's noise
    precision, or None. ridge: (N,), added to the diagonal of a row's precision, or None.
    """

    precision: NDArray[Any]
    pull: NDArray[Any]
    scale: NDArray[Any]
    weights: Floats | None = None
    ridge: NDArray[Any] | None = None


@dataclass(frozen=True)
class RowSolver:
    """All rows of one side and the entries (ratings) that each has, D parameters a row.

    biased: rows are [bias, vector]. The regressors of an entry are then [1, other vector], and the other side's bias is
    subtracted from its target. Otherwise rows are vectors only.
    """

    entries: Grouped
    width: int
    team: ThreadTeam
    biased: bool = True

    def solve(
        self,
        other: Floats,
        given: Conditional,
        out: Floats,
        *,
        targets: Floats | None = None,
        noise: Floats | None = None,
        covariance: Floats | None = None,
        moment: NDArray[Any] | None = None,
        variance: Floats | None = None,
    ) -> None:
        """Write every row's conditional mean to out (N, D), given the other side (M, D).

        targets: (n,), in place of the entries' own values. noise: (N, D) standard normal numbers, which turn the means
        into samples. covariance: (N, D, D), filled with the conditional covariances C. variance: (N,), filled with the
        mean of x' C x over the regressors x of a rating; moment: (D, D), the mean of x x' over them.
        Salakhutdinov and Mnih 2008, equations 11 to 13.
        """
        from penchant.training.kernels.row_kernels import solve_rows

        e, D = self.entries, self.width
        values = e.values if targets is None else targets
        weights = _NONE if given.weights is None else given.weights
        precision = _float32(given.precision).reshape(-1, D, D)
        pull, scale = _float32(given.pull).reshape(-1, D), _float32(given.scale).reshape(-1)
        ridge = np.zeros(1, np.float32) if given.ridge is None else _float32(given.ridge).reshape(-1)
        normal = np.empty((0, D), np.float32) if noise is None else noise
        square = np.empty((0, D, D), np.float32) if covariance is None else covariance
        spread = _NONE if variance is None else variance
        mean_square = np.empty((0, D), np.float32) if moment is None else _float32(moment)
        sums = self._long_sums(values, weights, other)
        self.team.run(
            lambda rows: solve_rows(
                rows, e.starts, e.numbers, values, weights, other, self.biased, scale, precision, ridge, pull,
                normal, self._long_rows, sums, out, square, mean_square, spread,
            ),
            self.chunks,
        )  # fmt: skip

    def residuals(self, own: Floats, other: Floats, targets: Floats | None = None) -> Floats:
        """Target minus prediction of every entry, shape (n,)."""
        from penchant.training.kernels.residuals import residuals

        e = self.entries
        values = e.values if targets is None else targets
        out = np.empty(len(e.values), np.float32)
        self.team.run(
            lambda rows: residuals(rows, e.starts, e.numbers, values, own, other, self.biased, out), self.chunks
        )
        return out

    @cached_property
    def chunks(self) -> list[NDArray[np.int64]]:
        """Runs of neighbouring rows of about equal cost."""
        cost = np.cumsum(np.minimum(self.entries.counts, LONG) + self.width + 16)
        cuts = np.searchsorted(cost, np.linspace(0, cost[-1], CHUNKS * self.team.threads + 1)[1:-1])
        return [piece for piece in np.split(np.arange(len(cost)), cuts) if len(piece)]

    @cached_property
    def _long_rows(self) -> NDArray[np.int64]:
        return np.flatnonzero(self.entries.counts > LONG)

    def _long_sums(self, values: Floats, weights: Floats, other: Floats) -> Floats:
        """The normal equations of the long rows, each the sum of its spans' in their order."""
        from penchant.training.kernels.normal_equations import shape_of_sums
        from penchant.training.kernels.row_kernels import sum_segments

        e, shape = self.entries, shape_of_sums(self.width)
        sums = np.zeros((len(self._long_rows), *shape), np.float32)
        for at, row in enumerate(self._long_rows):
            start, stop = e.starts[row], e.starts[row + 1]
            begins = np.arange(start, stop, LONG)
            segments = np.stack([begins, np.minimum(begins + LONG, stop)], axis=1)
            parts = np.zeros((len(segments), *shape), np.float32)
            self.team.run(
                lambda g, segments=segments, parts=parts: sum_segments(  # type: ignore[misc]
                    segments[g : g + 1], e.numbers, values, weights, other, self.biased, parts[g : g + 1]
                ),
                range(len(segments)),
            )
            sums[at] = parts.sum(axis=0, dtype=np.float64)
        return sums


def _float32(array: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(array, np.float32)
