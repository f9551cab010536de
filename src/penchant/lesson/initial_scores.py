"""Why U(0, 0.05)? The initial score of a dot product as a function of the vectors' width and scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.lesson.display import Summarized, Table
from penchant.models.initialization import dot_moments, uniform_start

Array = NDArray[np.float64]
WIDTHS = (5, 10, 20, 50, 100, 200)
HIGHS = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True, repr=False)
class InitialScoreGrid(Summarized):
    """widths: W numbers of factors. highs: H upper ends of U(0, high). mean, deviation: (W, H) of the initial score."""

    widths: Sequence[int]
    highs: Sequence[float]
    mean: Array
    deviation: Array

    def summary(self) -> str:
        return f"{len(self.widths)} widths and {len(self.highs)} scales"

    def table(self) -> Table:
        rows = [(width, *row) for width, row in zip(self.widths, self.mean.tolist(), strict=True)]
        return ("factors", *(f"U(0, {high:g})" for high in self.highs)), rows


def initial_score_grid(widths: Sequence[int] = WIDTHS, highs: Sequence[float] = HIGHS) -> InitialScoreGrid:
    """The derived mean and standard deviation for every width and scale."""
    moments = np.array([[dot_moments(uniform_start(high), width) for high in highs] for width in widths])
    return InitialScoreGrid(widths, highs, moments[..., 0], moments[..., 1])


def simulated(width: int, high: float, *, pairs: int, rng: np.random.Generator) -> tuple[float, float]:
    """The same two numbers from `pairs` random pairs of vectors, to check the derivation."""
    left, right = (rng.uniform(0, high, (pairs, width)) for _ in range(2))
    scores = (left * right).sum(axis=1)
    return float(scores.mean()), float(scores.std())


def scale_for(score: float, width: int) -> float:
    """The upper end at which U(0, high) vectors of this width have a given mean score: 2 · (score / width)^½."""
    return float(2 * np.sqrt(score / width))
