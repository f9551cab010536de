"""The full conditionals of the sampler's hyperparameters, one function each; those of rows: `training.row_solver`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEAN_ROWS = 2.0
"""The number of rows that the prior of a side's mean counts for (beta_0 in the paper)."""

DEGREES = 0.0
"""Degrees of freedom of the prior of a side's precision above the lowest proper number (nu_0 - D in the paper)."""

ANCHOR = 1.0
"""The weight of a known variance of the noise, relative to the ratings."""

_SHAPES = np.exp(np.linspace(np.log(1.0), np.log(200.0), 100))
"""The grid of degrees of freedom of the row noise: 1 (rows differ very much) to 200 (rows differ very little)."""


def normal_wishart(
    rows: NDArray[Any], map_scatter: Array, map_rows: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Sample the mean (D,) and the precision (D, D) of the Gaussian prior of rows (N, D).

    Salakhutdinov and Mnih 2008, equation 14, with mu_0 = 0, W_0 = I and nu_0 = D + DEGREES. So the mean has prior mean
    zero and MEAN_ROWS times the precision, and the precision has a Wishart prior.
    map_scatter: (D, D), map_rows: what the rows of the feature maps, which share the precision, add to the scatter
    matrix and to the number of rows.
    """
    X = rows.astype(np.float64, copy=False)
    n, D = X.shape
    centre = X.mean(axis=0) if n else np.zeros(D)
    off = X - centre
    scatter = np.eye(D) + off.T @ off + map_scatter + n * MEAN_ROWS / (n + MEAN_ROWS) * np.outer(centre, centre)
    # factorize the scatter matrix, not its inverse, which rounding can make indefinite
    precision = wishart(np.linalg.inv(np.linalg.cholesky(scatter)).T, D + DEGREES + n + map_rows, rng)
    root = np.linalg.cholesky((n + MEAN_ROWS) * precision)
    mean = n * centre / (n + MEAN_ROWS) + np.linalg.solve(root.T, rng.standard_normal(D))
    return mean, precision


def wishart(root: Array, degrees: float, rng: np.random.Generator) -> Array:
    """A sample of the Wishart distribution with mean `degrees` R R', by Bartlett's decomposition. root: R, (D, D)."""
    D = len(root)
    A = np.tril(rng.standard_normal((D, D)), -1)
    A[np.diag_indices(D)] = np.sqrt(rng.chisquare(degrees - np.arange(D)))
    factor = root @ A
    sample: Array = factor @ factor.T
    return sample


def noise_precision(squares: float, count: int, rng: np.random.Generator, noise: float | None = None) -> float:
    """Sample the noise precision, given the sum of squared residuals of `count` ratings.

    The prior is Gamma(1, 1); where the variance of the noise is known from elsewhere, that counts for ANCHOR times as
    many ratings.
    """
    if noise is not None:
        squares, count = squares + ANCHOR * count * noise, round((1 + ANCHOR) * count)
    return float(rng.gamma(1.0 + 0.5 * count) / (1.0 + 0.5 * squares))


def row_noise(squares: Array, counts: NDArray[Any], shape: float, rng: np.random.Generator) -> Array:
    """Sample each row's factor of the noise precision, (N,) (Lakshminarayanan, Bouchard and Archambeau 2011, eq. 7).

    squares: (N,), the row's squared residuals times the shared noise precision. counts: (N,), its ratings. The prior is
    Gamma(shape / 2, rate shape / 2) with mean 1. Ratings of users who rate less consistently then have less weight.
    """
    return rng.gamma(0.5 * (shape + counts)) / (0.5 * (shape + squares))


def row_noise_shape(factors: Array, rng: np.random.Generator) -> float:
    """Sample the shape of the prior of the noise factors (N,), on a grid that is even in its logarithm."""
    from scipy.special import gammaln

    half = 0.5 * _SHAPES
    log_density = len(factors) * (half * np.log(half) - gammaln(half)) + half * float((np.log(factors) - factors).sum())
    return float(draw_on_grid(_SHAPES, log_density, rng))


def draw_on_grid(grid: Array, log_density: Array, rng: np.random.Generator) -> float:
    """A point of the grid, with probability proportional to its density."""
    weight = np.exp(log_density - log_density.max())
    return float(grid[np.searchsorted(np.cumsum(weight), rng.random() * weight.sum())])
