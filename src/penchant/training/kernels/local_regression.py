"""The regression of each item on the items that are most often chosen with it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SHORT = 16
"""A row of the Gramian with fewer entries than this many for each near item is read whole, else by bisection."""


@njit(nogil=True, cache=True)
def local_weights(
    items: Any, starts: Any, others: Any, products: Any, own: Any, penalty: float, first: Any, near: Any, weights: Any
) -> None:
    """For the given items i, the near items and their weights, at first[i]:first[i + 1] of `near` and `weights`.

    starts, others, products: the Gramian XᵀX as compressed rows with rising columns. own: (I,), its diagonal. The near
    items are those with the largest products with i; of equal ones, those with the lower numbers. Their weights solve
    (G_NN + λI) b = G_Ni.
    """
    place = np.full(len(own), -1, np.int64)
    for i in items:
        size = first[i + 1] - first[i]
        if size == 0:
            continue
        chosen = near[first[i] : first[i + 1]]
        target = _nearest(i, others[starts[i] : starts[i + 1]], products[starts[i] : starts[i + 1]], chosen)
        matrix = np.zeros((size, size))
        _gather(starts, others, products, chosen, place, matrix)
        for at in range(size):
            matrix[at, at] = own[chosen[at]] + penalty
        weights[first[i] : first[i + 1]] = np.linalg.solve(matrix, target)


@njit(nogil=True, cache=True)
def _nearest(i: int, others: Any, products: Any, chosen: Any) -> Any:
    """The numbers of the items with the largest products, rising, into `chosen`; the products, of the same order."""
    size = len(chosen)
    found, least, ties = np.empty(size), -np.inf, len(others)
    rest = products[others != i]
    if len(rest) > size:
        least = np.partition(rest, len(rest) - size)[len(rest) - size]
        ties = size - (rest > least).sum()
    at = 0
    for entry in range(len(others)):
        if others[entry] == i or products[entry] < least:
            continue
        if products[entry] == least:
            if ties == 0:
                continue
            ties -= 1
        chosen[at], found[at] = others[entry], products[entry]
        at += 1
    return found


@njit(nogil=True, cache=True)
def _gather(starts: Any, others: Any, products: Any, chosen: Any, place: Any, matrix: Any) -> None:
    """The products of the chosen items with each other, into `matrix`. place: (I,), all -1 before and after."""
    size = len(chosen)
    for at in range(size):
        place[chosen[at]] = at
    for at in range(size):
        begin, end = starts[chosen[at]], starts[chosen[at] + 1]
        if end - begin <= SHORT * size:
            for entry in range(begin, end):
                column = place[others[entry]]
                if column >= 0:
                    matrix[at, column] = products[entry]
        else:
            for column in range(size):
                begin += np.searchsorted(others[begin:end], chosen[column])
                if begin < end and others[begin] == chosen[column]:
                    matrix[at, column] = products[begin]
    for at in range(size):
        place[chosen[at]] = -1
