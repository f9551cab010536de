"""Bins for numbers: of equal, round width if the numbers are spread evenly enough, else at quantiles."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MAX_BINS = 20
MAX_SHARE = 0.5
"""Bins of equal width are used unless one of them holds more than this share of the numbers."""


def bin_edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """The inner edges, ascending, of at most about MAX_BINS bins; none if all numbers are equal.

    The width is the smallest of 1, 2 or 5 times a power of ten with which the middle 98 % of the numbers spans at most
    MAX_BINS bins; a century of years gets bins of five. The outer bins are open.
    """
    if len(numbers) == 0 or numbers.min() == numbers.max():
        return ()
    low, high = np.quantile(numbers, (0.01, 0.99))
    span = high / MAX_BINS - low / MAX_BINS
    if span >= np.finfo(np.float64).tiny:  # numbers closer than that have no round width between them
        width = round_up(span)
        edges = np.arange(np.floor(low / width) + 1, np.ceil(high / width)) * width
        sizes = np.bincount(np.searchsorted(edges, numbers, side="right"), minlength=len(edges) + 1)
        if len(edges) and sizes.max() <= MAX_SHARE * len(numbers):
            return tuple(edges.tolist())
    cuts = np.unique(np.quantile(numbers, np.linspace(0, 1, MAX_BINS // 2 + 1)[1:-1]))
    return tuple(cuts[cuts > numbers.min()].tolist()) or (float(numbers[numbers > numbers.min()].min()),)


def round_up(width: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is at least `width`."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= width * (1 - 1e-9)))


@cache
def bin_names(column: str, edges: tuple[float, ...]) -> tuple[str, ...]:
    """The names of a column's bins, one more than it has inner edges."""
    if not edges:
        return (f"{column}=known",)
    inner = [f"{column}={low:.15g}..{high:.15g}" for low, high in pairwise(edges)]
    return (f"{column}<{edges[0]:.15g}", *inner, f"{column}>={edges[-1]:.15g}")
