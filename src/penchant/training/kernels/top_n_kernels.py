"""The best n items of many users: a product in tiles that fit the cache, each selected from while it is warm.

Order: higher scores first, equal scores by lower item number, then scores that are not a number by item number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

USERS, ITEMS = 48, 2048
"""Rows and columns of one tile of scores: 384 KB, which stays in a core's second cache beside the factors."""

STRIDE = 32
"""Scores compared with the worst of the best at once."""


@njit(nogil=True, cache=True)
def best_by_product(users: Any, items: Any, starts: Any, seen: Any, barred: Any, numbers: Any, scores: Any) -> None:
    """For each user row (B, W) the n items (I, W) with the highest products, into numbers and scores (B, n).

    starts (B + 1,), seen: each user's item numbers to leave out, rising. barred: (I,), items to leave out for all, or
    (0,). Where fewer than n items are left, numbers end in -1 and scores in NaN.
    """
    tile = np.empty((USERS, ITEMS), np.float32)
    n = numbers.shape[1]
    cursors = np.empty(USERS, np.int64)
    for first in range(0, len(users), USERS):
        height = min(USERS, len(users) - first)
        found = np.zeros(height, np.int64)
        cursors[:height] = starts[first : first + height]
        for left in range(0, len(items), ITEMS):
            width = min(ITEMS, len(items) - left)
            block = tile if height * width == tile.size else np.empty((height, width), np.float32)
            np.dot(users[first : first + height], items[left : left + width].T, block)
            for row in range(height):
                b = first + row
                cursors[row] = _bar(block[row], left, seen, cursors[row], starts[b + 1], barred)
                found[row] = _merge(block[row], left, n, found[row], numbers[b], scores[b])
        for row in range(height):
            b = first + row
            _fill(found[row], len(items), seen[starts[b] : starts[b + 1]], barred, numbers[b], scores[b])


@njit(nogil=True, cache=True)
def best_of_table(table: Any, starts: Any, seen: Any, barred: Any, numbers: Any, scores: Any) -> None:
    """The same from scores that are already there, (B, I); they are overwritten where items are left out."""
    n = numbers.shape[1]
    for b in range(len(table)):
        _bar(table[b], 0, seen, starts[b], starts[b + 1], barred)
        found = _merge(table[b], 0, n, 0, numbers[b], scores[b])
        _fill(found, table.shape[1], seen[starts[b] : starts[b + 1]], barred, numbers[b], scores[b])


@njit(nogil=True, cache=True)
def best_of_one(user: Any, items: Any, barred: Any, numbers: Any, scores: Any) -> None:
    """The same for one user (W,), into numbers and scores (n,): no thread but this one takes part."""
    row = np.empty(len(items), np.float32)
    products_of_one(user, items, row)
    none = np.empty(0, np.int32)
    _bar(row, 0, none, 0, 0, barred)
    _fill(_merge(row, 0, len(numbers), 0, numbers, scores), len(items), none, barred, numbers, scores)


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def products_of_one(user: Any, items: Any, out: Any) -> None:
    """The products of one user row (W,) with all items (I, W), into (I,), by this thread alone."""
    for i in range(len(items)):
        total = np.float32(0.0)
        for w in range(len(user)):
            total += user[w] * items[i, w]
        out[i] = total


@njit(nogil=True, cache=True)
def _bar(row: Any, left: int, seen: Any, at: int, stop: int, barred: Any) -> int:
    """Put the left-out items of this stretch behind all others; the place in `seen` where the next stretch begins."""
    end = left + len(row)
    while at < stop and seen[at] < end:
        row[seen[at] - left] = -np.inf
        at += 1
    if len(barred):
        for j in range(len(row)):
            if barred[left + j]:
                row[j] = -np.inf
    return at


@njit(nogil=True, cache=True)
def _merge(row: Any, left: int, n: int, found: int, numbers: Any, scores: Any) -> int:
    """Let the scores of items left, left + 1, ... into the best n so far; how many there are now."""
    worst = scores[n - 1] if found == n else np.float32(-np.inf)
    for start in range(0, len(row), STRIDE):
        stop = min(start + STRIDE, len(row))
        hits = 0
        for j in range(start, stop):
            hits += row[j] > worst
        if hits:
            for j in range(start, stop):
                if row[j] > worst:
                    found = _insert(row[j], left + j, n, found, numbers, scores)
                    if found == n:
                        worst = scores[n - 1]
    return found


@njit(nogil=True, cache=True)
def _insert(score: Any, number: int, n: int, found: int, numbers: Any, scores: Any) -> int:
    at = min(found, n - 1)
    while at > 0 and scores[at - 1] < score:
        scores[at], numbers[at] = scores[at - 1], numbers[at - 1]
        at -= 1
    scores[at], numbers[at] = score, number
    return min(found + 1, n)


@njit(nogil=True, cache=True)
def _fill(found: int, size: int, seen: Any, barred: Any, numbers: Any, scores: Any) -> None:
    """Where fewer than n scores were numbers, the items that may stand in the list follow by number, then -1."""
    n = len(numbers)
    best = found
    for number in range(size if found < n else 0):
        if found == n:
            break
        at = np.searchsorted(seen, number)
        out = (at < len(seen) and seen[at] == number) or (len(barred) > 0 and barred[number])
        for k in range(best):
            out = out or numbers[k] == number
        if not out:
            numbers[found], scores[found] = number, np.nan
            found += 1
    numbers[found:], scores[found:] = -1, np.nan
