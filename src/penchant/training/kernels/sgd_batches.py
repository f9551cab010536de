"""Mini-batch gradient descent for m + b_u + b_i + p_u · q_i: the same steps as PyTorch's, fused, on several threads.

Rows have owners: row n belongs to thread n mod T, which alone sums its gradient, in the batch's order, and alone moves
it. So the bits do not depend on the number of threads. A step has two phases with a wait between them:

    by user   move own users along the last batch's gradients; then errors, and own users' gradients, of this batch
    by item   own items' gradients of this batch; then move own items

Users move one phase late because the items' gradients still need them as they were.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from penchant.training.kernels.sgd_rows import FAST, move_rows, moved


@njit(cache=True, nogil=True, fastmath=FAST, inline="always")
def _meet(stamp, grad, bias_grad, touched, met, n, owner, step):
    """The first mention of row n in a batch clears its gradient."""
    if stamp[n] != step:
        stamp[n] = step
        for k in range(grad.shape[1]):
            grad[n, k] = np.float32(0.0)
        bias_grad[n] = np.float32(0.0)
        touched[owner, met[owner]] = n
        met[owner] += 1


@njit(cache=True, nogil=True, fastmath=FAST)
def _by_user(owner, owners, u, i, values, start, end, user, item, mean, bounds, step, errors, slopes):
    """Errors and slopes of own users' ratings, and the gradients of own users."""
    P, Q, bu, bi, grad, bias_grad = user.vectors, item.vectors, user.bias, item.bias, user.grad, user.bias_grad
    stamp, touched, met = user.stamp, user.touched, user.met
    met[owner] = 0
    share, width = np.float32(2.0 / (end - start)), bounds[1] - bounds[0]
    for r in range(start, end):
        n, m = u[r], i[r]
        if n % owners != owner:
            continue
        _meet(stamp, grad, bias_grad, touched, met, n, owner, step)
        score = np.float32(0.0)
        for k in range(P.shape[1]):
            score += P[n, k] * Q[m, k]
        score += mean + bu[n] + bi[m]
        slope = np.float32(1.0)
        if width > 0:
            squeezed = np.float32(1.0) / (np.float32(1.0) + np.exp(-score))
            score = bounds[0] + width * squeezed
            slope = width * squeezed * (np.float32(1.0) - squeezed)
        error = score - values[r]
        slope *= share * error
        errors[r - start] = error
        slopes[r - start] = slope
        for k in range(P.shape[1]):
            grad[n, k] += slope * Q[m, k]
        bias_grad[n] += slope


@njit(cache=True, nogil=True, fastmath=FAST)
def _by_item(owner, owners, u, i, start, end, user, item, step, slopes):
    """The gradients of own items."""
    P, grad, bias_grad, stamp, touched, met = (
        user.vectors,
        item.grad,
        item.bias_grad,
        item.stamp,
        item.touched,
        item.met,
    )
    met[owner] = 0
    for r in range(start, end):
        n, m = u[r], i[r]
        if m % owners != owner:
            continue
        _meet(stamp, grad, bias_grad, touched, met, m, owner, step)
        slope = slopes[r - start]
        for k in range(P.shape[1]):
            grad[m, k] += slope * P[n, k]
        bias_grad[m] += slope


@njit(cache=True, nogil=True, fastmath=FAST)
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
    u, i, values, batch_size, first, rates, user, item, mean, bounds, rule, table, owners, done, losses, errors, slopes
):
    """Take len(rates) steps from batch `first` of the epoch on; losses (C,) are filled with their mean squared errors.

    u, i, values: (n,), in the epoch's order. done: steps taken before in the whole run. errors, slopes: a batch's room.
    """
    for c in range(len(rates)):
        start = (first + c) * batch_size
        end = min(start + batch_size, len(u))
        step, rate = done + c + 1, np.float32(rates[c])
        before = np.float32(rates[max(c - 1, 0)])
        for owner in prange(owners):
            if c:
                move_rows(user, owner, owners, step - 1, before, rule, table)
            _by_user(owner, owners, u, i, values, start, end, user, item, mean[0], bounds, step, errors, slopes)
        for owner in prange(owners):
            _by_item(owner, owners, u, i, start, end, user, item, step, slopes)
            move_rows(item, owner, owners, step, rate, rule, table)
        if rule.biased:
            _move_mean(mean, slopes[: end - start], rate, rule, table)
        total = 0.0
        for r in range(end - start):
            total += errors[r] * errors[r]
        losses[c] = total / (end - start)
    for owner in prange(owners):
        move_rows(user, owner, owners, done + len(rates), np.float32(rates[len(rates) - 1]), rule, table)


in_parallel = njit(cache=True, nogil=True, parallel=True, fastmath=FAST)(_advance)
alone = njit(cache=True, nogil=True, fastmath=FAST)(_advance)
"""The same steps without the two waits of each, which cost more than a second core brings when steps are small."""
