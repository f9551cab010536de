"""The Gaussian conditional of many rows, each given the other side: gathered, factored and solved sixteen at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from penchant.training.kernels.cholesky import factor, inverses, solve_transposed
from penchant.training.kernels.normal_equations import BLOCK, add_outer_products, gather, padded, shape_of_sums
from penchant.training.kernels.simd import WIDTH


@njit(nogil=True, cache=True)
def solve_rows(
    rows: Any, starts: Any, numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, scale: Any,
    precision: Any, ridge: Any, pull: Any, noise: Any, long_rows: Any, long_sums: Any, out: Any, covariance: Any,
    moment: Any, variance: Any,
) -> None:  # fmt: skip
    """Write the conditional mean (or, with noise, a draw) of the given rows to out, and their covariances if wanted.

    rows: (R,) the rows to solve. starts (N + 1,), numbers, targets (n,): the entries in compressed rows.
    weights: (n,) or (0,). other: (M, D). scale: (N,) or (1,), the noise precision of a row's entries.
    precision: (N, D, D) or (1, D, D). ridge: (N,) or (1,), added to its diagonal. pull: (N, D) or (1, D), the prior
    precision times the prior mean. noise: (N, D) standard normal numbers, or (0, D). long_rows: rows whose sums are
    already made, rising, and long_sums: those sums. covariance: (N, D, D) or (0, D, D). moment: (D, D), the mean of
    x x' over the regressors x of a rating. variance: (N,) or (0,), the mean of x' C x, where C is a row's covariance.
    No answer is NaN unless an input is.
    """
    D = other.shape[1]
    block = np.zeros((BLOCK, padded(D + 1)), np.float32)
    sums = np.empty(shape_of_sums(D), np.float32)
    stack = np.zeros((D + 1, D, WIDTH), np.float32)
    for first in range(0, len(rows), WIDTH):
        few = rows[first : first + WIDTH]
        for lane in range(len(few)):
            row = few[lane]
            at = np.searchsorted(long_rows, row)
            if at < len(long_rows) and long_rows[at] == row:
                sums[:] = long_sums[at]
            else:
                sums[:] = np.float32(0.0)
                sum_entries(starts[row], starts[row + 1], numbers, targets, weights, other, biased, block, sums)
            _put(sums, row, lane, scale, precision, ridge, pull, stack)
        _fill_empty_lanes(stack, len(few))
        factor(stack, D)
        _finish(stack, few, noise, out, covariance, moment, variance)


@njit(nogil=True, cache=True)
def _fill_empty_lanes(stack: Any, used: int) -> None:
    """The identity, which has a factor, where there are fewer rows than lanes."""
    for lane in range(used, WIDTH):
        for d in range(stack.shape[1]):
            stack[d, : d + 1, lane] = np.float32(0.0)
            stack[d, d, lane] = np.float32(1.0)


@njit(nogil=True, cache=True)
def _finish(stack: Any, rows: Any, noise: Any, out: Any, covariance: Any, moment: Any, variance: Any) -> None:
    """From factors to what is asked for."""
    D = stack.shape[1]
    if len(noise):
        for lane in range(len(rows)):
            for d in range(D):
                stack[D, d, lane] += noise[rows[lane], d]
    solve_transposed(stack, D, D)
    for lane in range(len(rows)):
        for d in range(D):
            out[rows[lane], d] = stack[D, d, lane]
    if len(covariance) or len(variance):
        square = np.empty((len(rows), D, D), np.float32)
        inverses(stack, D, len(rows), square)
        for lane in range(len(rows)):
            if len(covariance):
                covariance[rows[lane]] = square[lane]
            if len(variance):
                variance[rows[lane]] = np.sum(square[lane] * moment)


@njit(nogil=True, cache=True)
def sum_entries(
    start: int, stop: int, numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, block: Any, sums: Any
) -> None:
    """Add the outer products of entries start:stop to the lower triangle of sums."""
    for at in range(start, stop, BLOCK):
        end = min(at + BLOCK, stop)
        gather(numbers, targets, weights, other, biased, at, end, block)
        add_outer_products(block, end - at, sums)


@njit(nogil=True, cache=True)
def _put(sums: Any, row: int, lane: int, scale: Any, precision: Any, ridge: Any, pull: Any, stack: Any) -> None:
    """Prior plus scaled sums, into one lane of the stack."""
    D = stack.shape[1]
    s = scale[row % len(scale)]
    added = ridge[row % len(ridge)]
    prior, drawn_to = precision[row % len(precision)], pull[row % len(pull)]
    for i in range(D):
        for j in range(i + 1):
            stack[i, j, lane] = prior[i, j] + s * sums[i, j]
        stack[i, i, lane] += added
    for j in range(D):
        stack[D, j, lane] = drawn_to[j] + s * sums[D, j]


@njit(nogil=True, cache=True)
def sum_segments(segments: Any, numbers: Any, targets: Any, weights: Any, other: Any, biased: bool, sums: Any) -> None:
    """The sums of spans of entries, each on its own: segments (G, 2) starts and stops, sums (G, rows, width)."""
    block = np.zeros((BLOCK, padded(other.shape[1] + 1)), np.float32)
    for g in range(len(segments)):
        sum_entries(segments[g, 0], segments[g, 1], numbers, targets, weights, other, biased, block, sums[g])
