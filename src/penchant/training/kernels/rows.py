"""The Gaussian conditional of many rows, each given the other side: gathered, factored and solved sixteen at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from penchant.training.kernels.cholesky import factor, inverses, solve_transposed
from penchant.training.kernels.lanes import WIDTH
from penchant.training.kernels.normal_equations import BLOCK, TILE, add_outer_products, gather, padded


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def solve_rows(
    rows: Any, starts: Any, numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, scale: Any,
    precision: Any, pull: Any, noise: Any, long_rows: Any, long_sums: Any, out: Any, covariance: Any,
) -> None:  # fmt: skip
    """Write the conditional mean (or, with noise, a draw) of the given rows to out, and their covariances if wanted.

    rows: (R,) the rows to solve. starts (N + 1,), numbers, targets (n,): the entries in compressed rows.
    weights: (n,) or (0,). other: (M, D). scale: (N,) or (1,), the noise precision of a row's entries.
    precision: (N, D, D) or (1, D, D). pull: (N, D) or (1, D), the prior precision times the prior mean.
    noise: (N, D) standard normal numbers, or (0, D). long_rows: rows whose sums are already made, rising, and
    long_sums: those sums. covariance: (N, D, D) or (0, D, D).
    """
    D = other.shape[1]
    block = np.zeros((BLOCK, padded(D + 1)), np.float32)
    sums = np.empty(((D + TILE) // TILE * TILE, block.shape[1]), np.float32)
    stack = np.zeros((D + 1, D, WIDTH), np.float32)
    for first in range(0, len(rows), WIDTH):
        lanes = min(WIDTH, len(rows) - first)
        for lane in range(lanes):
            row = rows[first + lane]
            at = np.searchsorted(long_rows, row) if len(long_rows) else 0
            if at < len(long_rows) and long_rows[at] == row:
                _put(long_sums[at], row, lane, scale, precision, pull, stack)
            else:
                sums[:] = np.float32(0.0)
                sum_entries(starts[row], starts[row + 1], numbers, targets, weights, other, biased, block, sums)
                _put(sums, row, lane, scale, precision, pull, stack)
        for lane in range(lanes, WIDTH):
            for d in range(D):
                stack[d, : d + 1, lane] = np.float32(0.0)
                stack[d, d, lane] = np.float32(1.0)
        factor(stack, D)
        for lane in range(lanes if len(noise) else 0):
            for d in range(D):
                stack[D, d, lane] += noise[rows[first + lane], d]
        solve_transposed(stack, D)
        for lane in range(lanes):
            for d in range(D):
                out[rows[first + lane], d] = stack[D, d, lane]
        if len(covariance):
            square = np.empty((lanes, D, D), np.float32)
            inverses(stack, D, lanes, square)
            for lane in range(lanes):
                covariance[rows[first + lane]] = square[lane]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def sum_entries(
    start: int, stop: int, numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, block: Any, sums: Any
) -> None:
    """Add the outer products of entries start:stop to the lower triangle of sums."""
    for at in range(start, stop, BLOCK):
        end = min(at + BLOCK, stop)
        gather(numbers, targets, weights, other, biased, at, end, block)
        add_outer_products(block, end - at, sums)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _put(sums: Any, row: int, lane: int, scale: Any, precision: Any, pull: Any, stack: Any) -> None:
    """Prior plus scaled sums, into one lane of the stack."""
    D = stack.shape[1]
    s = scale[row % len(scale)]
    prior, drawn_to = precision[row % len(precision)], pull[row % len(pull)]
    for i in range(D):
        for j in range(i + 1):
            stack[i, j, lane] = prior[i, j] + s * sums[i, j]
    for j in range(D):
        stack[D, j, lane] = drawn_to[j] + s * sums[D, j]


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def sum_segments(
    segments: Any, numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, sums: Any
) -> None:
    """The sums of stretches of entries, each on its own: segments (G, 2) starts and stops, sums (G, rows, width)."""
    block = np.zeros((BLOCK, padded(other.shape[1] + 1)), np.float32)
    for g in range(len(segments)):
        sum_entries(segments[g, 0], segments[g, 1], numbers, targets, weights, other, biased, block, sums[g])


@njit(nogil=True, cache=True, fastmath=True)  # type: ignore[untyped-decorator]
def residuals(
    rows: Any, starts: Any, numbers: Any, targets: Any, own: Any, other: Any, biased: bool, out: Any
) -> None:
    """Target minus prediction for every entry of the given rows; with biased, both last columns are biases."""
    K = own.shape[1] - 1 if biased else own.shape[1]
    for r in range(len(rows)):
        row = rows[r]
        mine = own[row]
        for e in range(starts[row], starts[row + 1]):
            theirs = other[numbers[e]]
            total = np.float32(0.0)
            for k in range(K):
                total += mine[k] * theirs[k]
            if biased:
                total += mine[K] + theirs[K]
            out[e] = targets[e] - total
