"""Sums of outer products: the normal equations of one row, from the entries that row has."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from penchant.training.kernels.simd import WIDTH, add_product, load, splat, store

BLOCK = 64
"""Entries gathered at a time; with 128 factors their copy and the sums together still fit the L2 cache."""

TILE = 4
"""Rows of sums held in registers at a time."""


@njit(inline="always", cache=True)
def padded(length: int) -> int:
    """The least multiple of the lane width that holds `length` numbers."""
    return (length + WIDTH - 1) // WIDTH * WIDTH


@njit(cache=True)
def shape_of_sums(D: int) -> tuple[int, int]:
    """Rows and columns of the sums for D parameters and a target, padded to whole tiles and lanes."""
    return (D + TILE) // TILE * TILE, padded(D + 1)


@njit(nogil=True, cache=True, fastmath=True)
def gather(
    numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, start: int, stop: int, block: Any
) -> None:
    """Copy the regressors of entries start:stop to the block's rows, each followed by its target.

    A row is scaled by the root of the entry's weight, so that its outer product carries the weight.
    biased: the first column of `other` is a bias: it is taken off the target and the regressor is 1 instead.
    """
    D = other.shape[1]
    for e in range(start, stop):
        row = block[e - start]
        source = other[numbers[e]]
        for d in range(D):
            row[d] = source[d]
        row[D] = targets[e]
        if biased:
            row[D] -= row[0]
            row[0] = np.float32(1.0)
        if len(weights):
            root = np.sqrt(weights[e])
            for d in range(D + 1):
                row[d] *= root


@njit(nogil=True, cache=True)
def add_outer_products(block: Any, length: int, sums: Any) -> None:
    """Add zᵀz over the first `length` rows z of the block to the lower triangle of `sums`.

    Both are padded to whole lanes and tiles; four rows of sums by sixteen or thirty-two columns stay in registers
    while the entries run past.
    """
    width = block.shape[1]
    rows = sums.shape[0]
    for i in range(0, rows, TILE):
        j = 0
        while j < i + TILE:
            if j + WIDTH < i + TILE:
                _tile_of_two(block, length, sums, width, i, j)
                j += 2 * WIDTH
            else:
                _tile(block, length, sums, width, i, j)
                j += WIDTH


@njit(nogil=True, cache=True)
def _tile(block: Any, length: int, sums: Any, width: int, i: int, j: int) -> None:
    at = i * width + j
    a, b, c, d = load(sums, at), load(sums, at + width), load(sums, at + 2 * width), load(sums, at + 3 * width)
    for e in range(length):
        z = load(block, e * width + j)
        a = add_product(a, splat(block[e, i]), z)
        b = add_product(b, splat(block[e, i + 1]), z)
        c = add_product(c, splat(block[e, i + 2]), z)
        d = add_product(d, splat(block[e, i + 3]), z)
    store(sums, at, a)
    store(sums, at + width, b)
    store(sums, at + 2 * width, c)
    store(sums, at + 3 * width, d)


@njit(nogil=True, cache=True)
def _tile_of_two(block: Any, length: int, sums: Any, width: int, i: int, j: int) -> None:
    at = i * width + j
    a, b, c, d = load(sums, at), load(sums, at + width), load(sums, at + 2 * width), load(sums, at + 3 * width)
    at += WIDTH
    s, t, u, v = load(sums, at), load(sums, at + width), load(sums, at + 2 * width), load(sums, at + 3 * width)
    for e in range(length):
        z = load(block, e * width + j)
        y = load(block, e * width + j + WIDTH)
        p, q = splat(block[e, i]), splat(block[e, i + 1])
        a, b = add_product(a, p, z), add_product(b, q, z)
        s, t = add_product(s, p, y), add_product(t, q, y)
        p, q = splat(block[e, i + 2]), splat(block[e, i + 3])
        c, d = add_product(c, p, z), add_product(d, q, z)
        u, v = add_product(u, p, y), add_product(v, q, y)
    for k in range(2):
        at = i * width + j + k * WIDTH
        store(sums, at, s if k else a)
        store(sums, at + width, t if k else b)
        store(sums, at + 2 * width, u if k else c)
        store(sums, at + 3 * width, v if k else d)
