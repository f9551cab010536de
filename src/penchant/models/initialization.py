"""Initial values: the first predictions have the mean of the data and a given spread, for any width K.

Two independent vectors whose K entries have mean a and standard deviation s give a dot product of

    mean      K a²
    variance  K (2 a² s² + s⁴)

because the product of two independent entries has E[xy] = a² and E[x²y²] = (a² + s²)². The lesson's U(0, c) has
a = c/2 and s² = c²/12, so the mean is K c²/4 and the variance is 7 K c⁴/144. With c = 0.05 and K = 50 the scores start
at 0.031 ± 0.004, far below any rating; the first epochs only raise all entries until the mean is reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Start:
    """The normal distribution of a vector's entries: their mean and standard deviation."""

    mean: float
    deviation: float

    def draw(self, rng: np.random.Generator, rows: int, factors: int) -> Floats:
        """Vectors of shape (rows, factors)."""
        return (self.mean + self.deviation * rng.standard_normal((rows, factors), dtype=np.float32)).astype(np.float32)


def dot_moments(start: Start, factors: int) -> tuple[float, float]:
    """Mean and standard deviation of the dot product of two vectors sampled from `start`."""
    a2, s2 = start.mean**2, start.deviation**2
    return factors * a2, float(np.sqrt(factors * (2 * a2 * s2 + s2**2)))


def uniform_start(high: float) -> Start:
    """The moments of the lesson's U(0, high)."""
    return Start(high / 2, high / 12**0.5)


def spread_start(spread: float, factors: int) -> Start:
    """Entries around zero whose dot products have mean 0 and standard deviation `spread`: s = spread^½ / K^¼."""
    return Start(0.0, spread**0.5 / factors**0.25)


def mean_start(mean: float, spread: float, factors: int) -> Start:
    """Entries whose dot products have the given mean (not below 0) and standard deviation `spread`.

    a² = mean / K, and s² solves s⁴ + 2 a² s² = spread² / K. With it, a model without biases starts at the mean rating.
    """
    a2 = max(mean, 0.0) / factors
    s2 = -a2 + (a2**2 + spread**2 / factors) ** 0.5
    return Start(a2**0.5, s2**0.5)


def layer_start(rng: np.random.Generator, inputs: int, outputs: int, gain: float = 2.0) -> Floats:
    """Weights (inputs, outputs) that keep the variance through a ReLU layer (He et al. 2015, eq. 10)."""
    deviation = np.float32((gain / inputs) ** 0.5)
    return (deviation * rng.standard_normal((inputs, outputs), dtype=np.float32)).astype(np.float32)


def output_start(rng: np.random.Generator, hidden: int, second_moment: float, spread: float) -> Floats:
    """Output weights (hidden, 1) for which the score's standard deviation is `spread`.

    second_moment: E[h²] of one hidden unit. Independent weights of variance w² give the score hidden · w² · E[h²].
    """
    deviation = np.float32(spread / (hidden * second_moment) ** 0.5)
    return (deviation * rng.standard_normal((hidden, 1), dtype=np.float32)).astype(np.float32)


def logit(share: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """The inverse of the sigmoid; `share` is first clipped to [0.001, 0.999]."""
    inside = np.clip(np.asarray(share, dtype=np.float64), 1e-3, 1 - 1e-3)
    return np.log(inside / (1.0 - inside))
