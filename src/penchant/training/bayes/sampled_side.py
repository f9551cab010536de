"""One side of the sampler: its rows, their Gaussian prior, and how both are sampled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped
from penchant.training.bayes.conditionals import Array, normal_wishart
from penchant.training.bayes.feature_block import FeatureBlock
from penchant.training.row_solver import Conditional, Floats, RowSolver, ThreadTeam

START = 0.3
"""The standard deviation of the rows at the start, in units of the standardised ratings.

It is near that of the posterior. From a third of it the vectors grow for hundreds of sweeps, and the samples kept
meanwhile predict worse (`benchmarks/bayes_start.py`).
"""


class SampledSide:
    """N rows [bias, vector] of D numbers, all with ratings, and their prior.

    rows: (N, D). mean: (D,). precision: (D, D). blocks: the feature maps that shift the prior mean of each row.
    """

    def __init__(
        self, entries: Grouped, width: int, blocks: list[FeatureBlock], team: ThreadTeam, rng: np.random.Generator
    ) -> None:
        size = len(entries.counts)
        self.solver = RowSolver(entries, width, team)
        self.rows = (START * rng.standard_normal((size, width))).astype(np.float32)
        self.mean, self.precision = np.zeros(width), np.eye(width) / START**2
        self.blocks = blocks
        self.shifts = [np.zeros_like(self.rows) for _ in blocks]

    def draw_prior(self, rng: np.random.Generator) -> None:
        """Sample every feature map, then mean and precision, given the rows."""
        total = np.sum(self.shifts, axis=0) if self.blocks else np.float32(0)
        for at, block in enumerate(self.blocks):
            rest = total - self.shifts[at]
            self.shifts[at] = block.draw(self.rows - self.mean.astype(np.float32) - rest, self.precision, rng)
            total = rest + self.shifts[at]
        scatter = np.zeros_like(self.precision) + sum(block.scatter() for block in self.blocks)
        map_rows = sum(len(block.singular) for block in self.blocks)
        self.mean, self.precision = normal_wishart(self.rows - total, scatter, map_rows, rng)

    def prior_means(self) -> NDArray[Any]:
        """The prior mean of each row, (N, D), or (1, D) if there are no feature maps."""
        total = np.sum(self.shifts, axis=0) if self.blocks else np.zeros((1, len(self.mean)))
        return total + self.mean

    def given(self, scale: NDArray[Any], weights: Floats | None) -> Conditional:
        """The prior and the noise that the conditional of the rows depends on."""
        return Conditional(self.precision, self.prior_means() @ self.precision, scale, weights)

    def draw_rows(self, other: Floats, given: Conditional, targets: Floats | None, rng: np.random.Generator) -> None:
        """Sample all rows given the other side (M, D)."""
        noise = rng.standard_normal(self.rows.shape, dtype=np.float32)
        self.solver.solve(other, given, self.rows, targets=targets, noise=noise)

    def expected_rows(
        self, other: Floats, given: Conditional, targets: Floats | None, variance: Floats | None = None
    ) -> Floats:
        """The conditional means of the rows given the other side, (N, D).

        variance: (N,), filled with the variance that these means leave out of a rating, if it is given.
        """
        out = np.empty_like(self.rows)
        moment = None if variance is None else second_moment(other)
        self.solver.solve(other, given, out, targets=targets, moment=moment, variance=variance)
        return out


def second_moment(rows: Floats) -> Array:
    """The mean of x x' over rows, x = [1, vector], shape (D, D)."""
    x = rows.astype(np.float64)
    x[:, 0] = 1.0
    product: Array = x.T @ x / max(len(x), 1)
    return product
