"""Mini-batch gradient descent for m + b_u + b_i + p_u · q_i: the same steps as PyTorch's, fused, on several threads.

Rows have owners: row n belongs to thread n mod T, which alone sums its gradient, in the batch's order, and alone moves
it. So the bits do not depend on the number of threads. A step has two phases with a wait between them:

    by user   move own users along the last batch's gradients; then errors, and own users' gradients, of this batch
    by item   own items' gradients of this batch; then move own items

Users move one phase late because the items' gradients still need them as they were.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from penchant.training.kernels.prefetch import AHEAD, fetch, fetch_row
from penchant.training.kernels.sgd_rows import compiled, factors_in, move_rows, moved


@compiled(inline="always")
def _owns(owner, owners, n):
    return owners == 1 or n % owners == owner


@compiled(inline="always")
def _ask(side, n):
    """Begin to read what a rating needs of row n."""
    rows, K = side.rows, factors_in(side.rows)
    fetch_row(rows, n, K)
    fetch(rows, n * rows.shape[1] + 3 * K)
    fetch(side.place, n)


@compiled(inline="always")
def _add(side, owner, n, met, slope, rows, m):
    """Add slope times row m of the other side to row n's gradient; how many rows the owner has met by now."""
    grad, place, touched = side.grad, side.place, side.touched
    K, at = factors_in(rows), place[n]
    if at < met and touched[owner, at] == n:
        for k in range(K):
            grad[owner, at, k] += slope * rows[m, k]
        grad[owner, at, K] += slope
        return met
    place[n], touched[owner, met] = met, n
    for k in range(K):
        grad[owner, met, k] = slope * rows[m, k]
    grad[owner, met, K] = slope
    return met + 1


@compiled()
def _by_user(owner, owners, u, i, values, start, end, user, item, mean, bounds, errors, slopes):
    """Errors and slopes of own users' ratings, and the gradients of own users."""
    P, Q, K, met, met_items = user.rows, item.rows, factors_in(user.rows), 0, 0
    share, width = np.float32(2.0 / (end - start)), bounds[1] - bounds[0]
    for r in range(start, end):
        ahead, n, m = min(r + AHEAD, end - 1), u[r], i[r]
        if _owns(owner, owners, u[ahead]):
            _ask(user, u[ahead])
            _ask(item, i[ahead])
        if not _owns(owner, owners, n):
            continue
        score = np.float32(0.0)
        for k in range(K):
            score += P[n, k] * Q[m, k]
        score += mean + P[n, 3 * K] + Q[m, 3 * K]
        slope = np.float32(1.0)
        if width > 0:
            squeezed = np.float32(1.0) / (np.float32(1.0) + np.exp(-score))
            score = bounds[0] + width * squeezed
            slope = width * squeezed * (np.float32(1.0) - squeezed)
        error = score - values[r]
        slope *= share * error
        errors[r - start] = error
        slopes[r - start] = slope
        met = _add(user, owner, n, met, slope, Q, m)
        if owners == 1:
            met_items = _add(item, owner, m, met_items, slope, P, n)
    user.met[owner] = met
    if owners == 1:
        item.met[owner] = met_items


@compiled()
def _by_item(owner, owners, u, i, start, end, user, item, slopes):
    """The gradients of own items."""
    met = 0
    for r in range(start, end):
        ahead, n, m = min(r + AHEAD, end - 1), u[r], i[r]
        if _owns(owner, owners, i[ahead]):
            _ask(user, u[ahead])
        if not _owns(owner, owners, m):
            continue
        met = _add(item, owner, m, met, slopes[r - start], user.rows, n)
    item.met[owner] = met


@compiled()
def _move_mean(mean, slopes, rate, rule, table):
    """The step of the constant score; mean: (3,), its value and moments."""
    total = np.float32(0.0)
    for r in range(len(slopes)):
        total += slopes[r]
    age = min(int(mean[3]), table.shape[1] - 1)
    mean[3] += 1
    mean[0], mean[1], mean[2] = moved(
        mean[0], total, mean[1], mean[2], rate, rule.bias_pull, rule.bias_shrink, rule, table[0, age], table[1, age]
    )


def _advance(
    u, i, values, batch_size, first, rates, user, item, mean, bounds, rule, table, owners, losses, errors, slopes
):
    """Take len(rates) steps from batch `first` of the epoch on; losses (C,) are filled with their mean squared errors.

    u, i, values: (n,), in the epoch's order. errors, slopes: a batch's room.
    """
    for c in range(len(rates)):
        start = (first + c) * batch_size
        end = min(start + batch_size, len(u))
        rate = np.float32(rates[c])
        before = np.float32(rates[max(c - 1, 0)])
        for owner in prange(owners):
            if c:
                move_rows(user, owner, owners, before, rule, table)
            _by_user(owner, owners, u, i, values, start, end, user, item, mean[0], bounds, errors, slopes)
        for owner in prange(owners):
            if owners > 1:
                _by_item(owner, owners, u, i, start, end, user, item, slopes)
            move_rows(item, owner, owners, rate, rule, table)
        if rule.biased:
            _move_mean(mean, slopes[: end - start], rate, rule, table)
        total = 0.0
        for r in range(end - start):
            total += errors[r] * errors[r]
        losses[c] = total / (end - start)
    for owner in prange(owners):
        move_rows(user, owner, owners, np.float32(rates[len(rates) - 1]), rule, table)


in_parallel = compiled(parallel=True)(_advance)
alone = compiled()(_advance)
"""The same steps without the two waits of each, which cost more than a second core brings when steps are small."""
