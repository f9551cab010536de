"""One optimiser step for the rows of one side: SGD with momentum, Adam and AdamW, on float32 rows."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from penchant.training.kernels.prefetch import AHEAD, fetch_row

FAST = {"reassoc", "contract", "arcp", "nsz"}
"""Sums may be reordered; NaN and infinity stay what they are, so that a diverging loss is seen."""

compiled = partial(njit, cache=True, nogil=True, fastmath=FAST, error_model="numpy")
"""The gradient kernels' decorator. NumPy's model of errors, since Python's asks at each division whether it is by zero,
and a loop that may raise gets no vector instructions: Adam's step took three times as long."""

LONGEST_WARM_UP = 4096
"""Steps after which Adam's corrections of its young averages are taken as 1."""


class SideArrays(NamedTuple):
    """What the steps change of one side, N rows of K factors, and the room they need for a batch of B.

    rows: (N, 3 K + 4), all that a step reads and writes of a row side by side, since every array more is a cache line
    more to wait for: weights, their first moments, their second moments, bias, its two moments, and the row's clock,
    the number of steps it has taken. touched: (T, B), the rows that each of T owners met in the present batch, in the
    order it met them. grad: (T, B, K + 1), their gradients, the bias's last. met: (T,), how many. place: (N,), where a
    row stands in them, if it does: what touched says there decides.
    """

    rows: Any
    touched: Any
    grad: Any
    met: Any
    place: Any


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


@compiled(inline="always")
def factors_in(rows):
    """K, from the width of a side's rows.

    Taken from another array's shape it is the same number, but then the compiler does not see that the parts of a row
    lie apart, and the loops over them get no vector instructions.
    """
    return (rows.shape[1] - 4) // 3


def corrections(keep: float, keep_squares: float) -> np.ndarray:
    """Adam's corrections for young averages, (2, LONGEST_WARM_UP): 1 / (1 - keep^t) and (1 - keep_squares^t)^-½."""
    steps = np.arange(1, LONGEST_WARM_UP + 1)
    with np.errstate(divide="ignore"):
        both = np.stack([1.0 / (1.0 - keep**steps), (1.0 - keep_squares**steps) ** -0.5])
    both[:, -1] = 1.0
    return both.astype(np.float32)


@compiled(inline="always")
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


@compiled()
def move_rows(side, owner, owners, rate, rule, table):
    """Let one owner's rows take the step: those its batch mentioned, or all, with a gradient of zero where it did not.

    Rows are reached by index rather than as slices: a slice counts a reference, and two threads that count on one
    array spend their time passing the counter to and fro.
    """
    rows, touched, met = side.rows, side.touched, side.met[owner]
    if not rule.every:
        for at in range(met):
            if at + AHEAD < met:
                fetch_row(rows, touched[owner, at + AHEAD], rows.shape[1])
            _move_row(rows, side.grad, touched[owner, at], owner, at, np.float32(1.0), rate, rule, table)
        return
    for n in range(owner, len(rows), owners):
        at = side.place[n]
        mentioned = at < met and touched[owner, at] == n
        share = np.float32(1.0) if mentioned else np.float32(0.0)
        _move_row(rows, side.grad, n, owner, at if mentioned else 0, share, rate, rule, table)


@compiled(inline="always")
def _move_row(rows, grad, n, owner, at, share, rate, rule, table):
    """Row n's step along `share` times the gradient at place `at`."""
    K = factors_in(rows)
    age = min(int(rows[n, 3 * K + 3]), LONGEST_WARM_UP - 1)
    young, young_squares = table[0, age], table[1, age]
    for k in range(K):
        rows[n, k], rows[n, K + k], rows[n, 2 * K + k] = moved(
            rows[n, k], share * grad[owner, at, k], rows[n, K + k], rows[n, 2 * K + k],
            rate, rule.pull, rule.shrink, rule, young, young_squares,
        )  # fmt: skip
    if rule.biased:
        b = 3 * K
        rows[n, b], rows[n, b + 1], rows[n, b + 2] = moved(
            rows[n, b], share * grad[owner, at, K], rows[n, b + 1], rows[n, b + 2],
            rate, rule.bias_pull, rule.bias_shrink, rule, young, young_squares,
        )  # fmt: skip
    rows[n, 3 * K + 3] += np.float32(1.0)
