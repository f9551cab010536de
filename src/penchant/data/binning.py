"""Bins for numbers: of an even, round width where the numbers allow it, else of even filling."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 20
CROWDED = 0.5
"""Bins of even width serve while none of them holds more than this share of the numbers."""


def bin_edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """The inner edges, rising, of at most about MOST_BINS bins; none where the numbers do not differ.

    Years fall into bins of five: the width is the roundest of 1, 2, 5, 10, 20 … (times a power of ten) by which the
    middle 98 % of the numbers spans at most MOST_BINS bins. The outer bins are open.
    """
    if len(numbers) == 0 or numbers.min() == numbers.max():
        return ()
    low, high = np.quantile(numbers, (0.01, 0.99))
    if high > low:
        width = round_up((high - low) / MOST_BINS)
        edges = np.arange(np.floor(low / width) + 1, np.ceil(high / width)) * width
        filled = np.bincount(np.searchsorted(edges, numbers, side="right"), minlength=len(edges) + 1)
        if len(edges) and filled.max() <= CROWDED * len(numbers):
            return tuple(edges.tolist())
    cuts = np.unique(np.quantile(numbers, np.linspace(0, 1, MOST_BINS // 2 + 1)[1:-1]))
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
