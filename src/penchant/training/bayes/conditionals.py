"""The full conditionals of the sampler's few shared numbers, one function each; those of rows: `training.rows`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEAN_ROWS = 2.0
"""How many rows' worth the prior of a side's mean counts (beta_0 in the paper)."""

DEGREES = 0.0
"""Degrees of freedom of the prior of a side's precision beyond the least that is proper (nu_0 - D in the paper)."""

_SHAPES = np.exp(np.linspace(np.log(1.0), np.log(200.0), 100))
"""The grid on which the degrees of freedom of the rows' noise are drawn: 1 (wild differences) to 200 (none)."""


def normal_wishart(
    rows: NDArray[Any], map_scatter: Array, map_rows: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Sample the mean (D,) and the precision (D, D) of the Gaussian that rows (N, D) come from.

    Prior: the mean is zero up to a Gaussian of MEAN_ROWS times the precision; the precision is Wishart with D + DEGREES
    degrees of freedom and the identity as scale. map_scatter (D, D) and map_rows: what the rows of feature maps, which
    share the precision, add to the scatter and to the count.
    Salakhutdinov and Mnih 2008, equation 14, with mu_0 = 0, W_0 = I and nu_0 = D + DEGREES.
    """
    X = rows.astype(np.float64, copy=False)
    n, D = X.shape
    centre = X.mean(axis=0) if n else np.zeros(D)
    off = X - centre
    scatter = np.eye(D) + off.T @ off + map_scatter + n * MEAN_ROWS / (n + MEAN_ROWS) * np.outer(centre, centre)
    # the factor is taken of the scatter, not of its inverse, which rounding can leave indefinite
    precision = wishart(np.linalg.inv(np.linalg.cholesky(scatter)).T, D + DEGREES + n + map_rows, rng)
    root = np.linalg.cholesky((n + MEAN_ROWS) * precision)
    mean = n * centre / (n + MEAN_ROWS) + np.linalg.solve(root.T, rng.standard_normal(D))
    return mean, precision


def wishart(root: Array, degrees: float, rng: np.random.Generator) -> Array:
    """A draw from the Wishart distribution with mean `degrees` R R', given the root R (D, D), in Bartlett's way."""
    D = len(root)
    A = np.tril(rng.standard_normal((D, D)), -1)
    A[np.diag_indices(D)] = np.sqrt(rng.chisquare(degrees - np.arange(D)))
    mixed = root @ A
    drawn: Array = mixed @ mixed.T
    return drawn


def noise_precision(squares: float, count: int, rng: np.random.Generator) -> float:
    """Sample one over the noise variance from the sum of squared residuals of `count` ratings; prior Gamma(1, 1)."""
    return float(rng.gamma(1.0 + 0.5 * count) / (1.0 + 0.5 * squares))


def row_noise(squares: Array, counts: NDArray[Any], shape: float, rng: np.random.Generator) -> Array:
    """Sample every row's own factor on the noise precision, (N,), from its squared residuals times that precision.

    Prior Gamma(shape / 2, rate shape / 2), whose mean is 1: some rate more erratically than others, and their ratings
    should weigh less (Lakshminarayanan, Bouchard and Archambeau 2011, equation 7).
    """
    return rng.gamma(0.5 * (shape + counts)) / (0.5 * (shape + squares))


def row_noise_shape(factors: Array, rng: np.random.Generator) -> float:
    """Sample the shape of the rows' noise factors (N,) on a grid that is even in its logarithm."""
    from scipy.special import gammaln

    half = 0.5 * _SHAPES
    log_density = len(factors) * (half * np.log(half) - gammaln(half)) + half * float((np.log(factors) - factors).sum())
    return float(draw_on_grid(_SHAPES, log_density, rng))


def draw_on_grid(grid: Array, log_density: Array, rng: np.random.Generator) -> float:
    """One of the grid's points, with probability in proportion to the density there."""
    weight = np.exp(log_density - log_density.max())
    return float(grid[np.searchsorted(np.cumsum(weight), rng.random() * weight.sum())])
