"""Cholesky factors of sixteen small matrices at once, one matrix a lane, and what is solved with them.

A stack holds the lower triangles: stack[i, j, lane]. Row D, below the matrix, carries the right-hand side, so the
factorisation does the forward substitution on its way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from penchant.training.kernels.simd import (
    WIDTH,
    add_product,
    inverse_root,
    larger,
    load,
    multiply,
    splat,
    store,
    take_product,
)

SMALLEST = np.float32(1e-6)
"""The share of a diagonal number that its pivot keeps at least; single precision sees little below."""


@njit(nogil=True, cache=True)
def factor(stack: Any, D: int) -> None:
    """Replace A, the rows 0 to D - 1, by its factor L with A = L Lᵀ, and row D by L⁻¹ times itself.

    The diagonal then holds 1 / L[j, j], which is what every use of L wants. A pivot that rounding would make vanish, or
    worse, is kept at SMALLEST of its diagonal number: a matrix too near singular gives a poor answer, never none.
    """
    for j in range(D):
        head = j * D
        pivot = load(stack, (head + j) * WIDTH)
        least = multiply(pivot, splat(SMALLEST))
        for k in range(j):
            a = load(stack, (head + k) * WIDTH)
            pivot = take_product(pivot, a, a)
        scale = inverse_root(larger(pivot, least))
        store(stack, (head + j) * WIDTH, scale)
        i = j + 1
        while i + 3 <= D:
            _four_rows(stack, D, i, j, scale)
            i += 4
        while i <= D:
            _one_row(stack, D, i, j, scale)
            i += 1


@njit(nogil=True, cache=True)
def _four_rows(stack: Any, D: int, i: int, j: int, scale: Any) -> None:
    head, step = i * D * WIDTH, D * WIDTH
    a, b = load(stack, head + j * WIDTH), load(stack, head + step + j * WIDTH)
    c, d = load(stack, head + 2 * step + j * WIDTH), load(stack, head + 3 * step + j * WIDTH)
    for k in range(j):
        pivot_row = load(stack, (j * D + k) * WIDTH)
        at = head + k * WIDTH
        a = take_product(a, load(stack, at), pivot_row)
        b = take_product(b, load(stack, at + step), pivot_row)
        c = take_product(c, load(stack, at + 2 * step), pivot_row)
        d = take_product(d, load(stack, at + 3 * step), pivot_row)
    store(stack, head + j * WIDTH, multiply(a, scale))
    store(stack, head + step + j * WIDTH, multiply(b, scale))
    store(stack, head + 2 * step + j * WIDTH, multiply(c, scale))
    store(stack, head + 3 * step + j * WIDTH, multiply(d, scale))


@njit(nogil=True, cache=True)
def _one_row(stack: Any, D: int, i: int, j: int, scale: Any) -> None:
    a = load(stack, (i * D + j) * WIDTH)
    for k in range(j):
        a = take_product(a, load(stack, (i * D + k) * WIDTH), load(stack, (j * D + k) * WIDTH))
    store(stack, (i * D + j) * WIDTH, multiply(a, scale))


@njit(nogil=True, cache=True)
def solve_transposed(stack: Any, D: int, size: int) -> None:
    """Replace row D, the vector y, by L⁻ᵀ y, where y is zero from `size` on, and so is the answer.

    With y = L⁻¹ b that is A⁻¹ b; with standard normal numbers added to y before, it is a draw around that with
    covariance A⁻¹.
    """
    last = D * D
    for i in range(size - 1, -1, -1):
        x = multiply(load(stack, (last + i) * WIDTH), load(stack, (i * D + i) * WIDTH))
        store(stack, (last + i) * WIDTH, x)
        for k in range(i):
            y = load(stack, (last + k) * WIDTH)
            store(stack, (last + k) * WIDTH, take_product(y, load(stack, (i * D + k) * WIDTH), x))


@njit(nogil=True, cache=True)
def inverses(stack: Any, D: int, lanes: int, out: Any) -> None:
    """Write A⁻¹ of the first `lanes` lanes to out (lanes, D, D), column by column of L⁻ᵀ L⁻¹; row D is used up."""
    zero = splat(np.float32(0.0))
    root = np.empty((D, D, WIDTH), np.float32)
    for j in range(D):
        for i in range(j + 1):
            store(stack, (D * D + i) * WIDTH, splat(np.float32(1.0 if i == j else 0.0)))
        solve_transposed(stack, D, j + 1)
        for i in range(j + 1):
            store(root, (j * D + i) * WIDTH, load(stack, (D * D + i) * WIDTH))
    for a in range(D):
        for b in range(a + 1):
            total = zero
            for j in range(a, D):
                total = add_product(total, load(root, (j * D + a) * WIDTH), load(root, (j * D + b) * WIDTH))
            store(stack, D * D * WIDTH, total)
            for lane in range(lanes):
                out[lane, a, b] = out[lane, b, a] = stack[D, 0, lane]
