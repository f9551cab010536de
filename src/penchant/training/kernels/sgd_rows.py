"""One optimiser step for the rows of one side: SGD with momentum, Adam and AdamW, on float32 rows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

FAST = {"reassoc", "contract", "arcp", "nsz"}
"""Sums may be reordered; NaN and infinity stay what they are, so that a diverging loss is seen."""

LONGEST_WARM_UP = 4096
"""Steps after which Adam's corrections of its young averages are taken as 1."""


class SideArrays(NamedTuple):
    """vectors (N, K), bias (N,), their gradients, the optimiser's first and second moments, and its book-keeping.

    stamp: (N,), the last step whose batch mentioned a row. clock: (N,), steps a row has taken. touched: (T, N), the
    rows that each of T owners met in the present batch. met: (T,), how many.
    """

    vectors: Any
    bias: Any
    grad: Any
    bias_grad: Any
    first: Any
    second: Any
    bias_first: Any
    bias_second: Any
    stamp: Any
    clock: Any
    touched: Any
    met: Any


class Rule(NamedTuple):
    """adam: else SGD. every: all rows move at each step, else those a batch mentions.

    biased: whether there are biases and a mean to learn. keep, keep_squares: the decay rates of the moments.
    pull, bias_pull: the share of a weight that is added to its gradient (L2). shrink, bias_shrink: the share of a
    weight, times the learning rate, that it loses beside the step (decoupled).
    """

    adam: bool
    every: bool
    biased: bool
    keep: np.float32
    keep_squares: np.float32
    pull: np.float32
    bias_pull: np.float32
    shrink: np.float32
    bias_shrink: np.float32


def corrections(keep: float, keep_squares: float) -> np.ndarray:
    """Adam's corrections for young averages, (2, LONGEST_WARM_UP): 1 / (1 - keep^t) and (1 - keep_squares^t)^-½."""
    steps = np.arange(1, LONGEST_WARM_UP + 1)
    with np.errstate(divide="ignore"):
        both = np.stack([1.0 / (1.0 - keep**steps), (1.0 - keep_squares**steps) ** -0.5])
    both[:, -1] = 1.0
    return both.astype(np.float32)


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def moved(w, g, first, second, rate, pull, shrink, rule, young, young_squares):
    """One number's step: its new value and moments. Kingma and Ba 2015, algorithm 1; decay as in arXiv 1711.05101."""
    w = w * (np.float32(1.0) - rate * shrink)
    g = g + pull * w
    if not rule.adam:
        first = rule.keep * first + g
        return w - rate * first, first, second
    first = rule.keep * first + (np.float32(1.0) - rule.keep) * g
    second = rule.keep_squares * second + (np.float32(1.0) - rule.keep_squares) * g * g
    size = np.sqrt(second) * young_squares + np.float32(1e-8)
    return w - rate * young * first / size, first, second


@njit(cache=True, nogil=True, fastmath=FAST)
def move_rows(side, owner, owners, step, rate, rule, table):
    """Let one owner's rows take the step: those its batch mentioned, or all, with a gradient of zero where it did not.

    Rows are reached by index rather than as slices: a slice counts a reference, and two threads that count on one
    array spend their time passing the counter to and fro.
    """
    stamp, grad, bias_grad, touched = side.stamp, side.grad, side.bias_grad, side.touched
    count = (len(stamp) - owner + owners - 1) // owners if rule.every else side.met[owner]
    for at in range(count):
        n = owner + at * owners if rule.every else touched[owner, at]
        if stamp[n] != step:
            for k in range(grad.shape[1]):
                grad[n, k] = np.float32(0.0)
            bias_grad[n] = np.float32(0.0)
        _move_row(side.vectors, grad, side.first, side.second, n, rate, rule, table, side.clock[n])
        if rule.biased:
            _move_bias(side.bias, bias_grad, side.bias_first, side.bias_second, n, rate, rule, table, side.clock[n])
        side.clock[n] += 1


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _move_row(w, g, first, second, n, rate, rule, table, clock):
    age = min(clock, LONGEST_WARM_UP - 1)
    young, young_squares = table[0, age], table[1, age]
    for k in range(w.shape[1]):
        w[n, k], first[n, k], second[n, k] = moved(
            w[n, k], g[n, k], first[n, k], second[n, k], rate, rule.pull, rule.shrink, rule, young, young_squares
        )


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _move_bias(w, g, first, second, n, rate, rule, table, clock):
    age = min(clock, LONGEST_WARM_UP - 1)
    w[n], first[n], second[n] = moved(
        w[n], g[n], first[n], second[n], rate, rule.bias_pull, rule.bias_shrink, rule, table[0, age], table[1, age]
    )
