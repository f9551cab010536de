"""Rows of one side, as scorers take them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.history_rows import HistoryRows

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """B rows of one side, as scorers take them.

    bias: (S, B). vectors: (S, B, K).
    covariance: (S, B, D, D) of [bias, vector], D = 1 + K, for inferred rows (folded in, from features or from the
    prior). None for trained rows, whose uncertainty is in the samples.
    variance: (B,), the variance of the row's ratings beyond the model's noise and samples (may be negative), or None.
    unrated: of items: (B,) bool, True for an item without ratings; None if all have ratings.
    cold_start: of users: (S, B), the offset of their score for an item without ratings, or None.
    numbers: (B,), the numbers of the rows, -1 for a row without one; None if they are not needed.
    history: of an item-item model, the items that the users chose, or on which the items have weights; or None.
    """

    bias: Floats
    vectors: Floats
    covariance: Floats | None = None
    variance: Floats | None = None
    unrated: NDArray[np.bool_] | None = None
    cold_start: Floats | None = None
    numbers: NDArray[Any] | None = None
    history: HistoryRows | None = None

    def __len__(self) -> int:
        return int(self.bias.shape[1])

    @property
    def joined(self) -> Floats:
        """[bias, vector], shape (S, B, D)."""
        return np.concatenate([self.bias[:, :, None], self.vectors], axis=2)

    @classmethod
    def split(cls, joined: NDArray[Any], covariance: NDArray[Any] | None = None) -> Rows:
        """Rows from [bias, vector] of shape (S, B, D)."""
        joined = joined.astype(np.float32, copy=False)
        spread = None if covariance is None else covariance.astype(np.float32, copy=False)
        return cls(joined[:, :, 0], joined[:, :, 1:], spread)

    def sample(self, number: int) -> Rows:
        """The rows of one posterior sample, without their covariance."""
        at = slice(number, number + 1)
        offset = None if self.cold_start is None else self.cold_start[at]
        return Rows(self.bias[at], self.vectors[at], None, self.variance, self.unrated, offset)

    def take(self, at: NDArray[Any]) -> Rows:
        """The rows at the given positions."""
        return Rows(
            self.bias[:, at],
            self.vectors[:, at],
            None if self.covariance is None else self.covariance[:, at],
            None if self.variance is None else self.variance[at],
            None if self.unrated is None else self.unrated[at],
            None if self.cold_start is None else self.cold_start[:, at],
            None if self.numbers is None else self.numbers[at],
            None if self.history is None else self.history.take(at),
        )


def covariance_of(rows: Rows) -> Floats:
    """The rows' covariance (S, B, D, D), zero for trained rows."""
    if rows.covariance is not None:
        return rows.covariance
    samples, count, width = rows.vectors.shape
    return np.zeros((samples, count, width + 1, width + 1), dtype=np.float32)


def pair_offset(users: Rows, items: Rows) -> Floats | None:
    """The cold-start offset of B pairs, (S, B): non-zero for items without ratings only. None without an offset."""
    if users.cold_start is None or items.unrated is None:
        return None
    offset: Floats = users.cold_start * items.unrated
    return offset


def merged(first: Rows, second: Rows, is_first: NDArray[np.bool_]) -> Rows:
    """B rows from two sets: the next row of `first` where is_first (B,) is true, else the next of `second`."""
    samples, width = len(first.bias), first.vectors.shape[2] + 1
    both, size = ((is_first, first), (~is_first, second)), len(is_first)
    joined = np.empty((samples, size, width), np.float32)
    for at, rows in both:
        joined[:, at] = rows.joined
    found = Rows.split(joined)
    if first.covariance is not None or second.covariance is not None:
        covariance = np.zeros((samples, size, width, width), np.float32)
        for at, rows in both:
            covariance[:, at] = covariance_of(rows)
        found = replace(found, covariance=covariance)
    for name in ("variance", "unrated", "cold_start"):
        parts = [(at, getattr(rows, name)) for at, rows in both]
        if any(part is not None for _, part in parts):
            whole = np.zeros(
                (samples, size) if name == "cold_start" else size, bool if name == "unrated" else np.float32
            )
            for at, part in parts:
                if part is not None:
                    whole[..., at] = part
            found = replace(found, **{name: whole})  # type: ignore[arg-type]
    return _identified(found, both)


def _identified(rows: Rows, parts: tuple[tuple[NDArray[np.bool_], Rows], ...]) -> Rows:
    """The rows with the numbers and the histories of the parts that have them."""
    if any(part.numbers is not None for _, part in parts):
        numbers = np.full(len(rows), -1)
        for at, part in parts:
            if part.numbers is not None:
                numbers[at] = part.numbers
        rows = replace(rows, numbers=numbers)
    histories = [part.history.spread(at) for at, part in parts if part.history is not None]
    return replace(rows, history=reduce(HistoryRows.merged, histories)) if histories else rows
