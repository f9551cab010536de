"""One chain of the sampler: a sweep draws everything once, each from its full conditional."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.training.bayes.conditionals import Array, noise_precision, row_noise, row_noise_shape
from penchant.training.bayes.sampled_side import SampledSide, second_moment
from penchant.training.rows import Conditional, Floats


@dataclass(frozen=True)
class Draw:
    """What is kept of one sweep, in the units of the standardised ratings.

    users, items: (U, D) and (I, D) rows; one side's are conditional means given the other side's draws, which has
    the same expected predictions as its draws and scatters far less (Rao and Blackwell).
    spread: (N,), the variance of a rating that those means leave out, or None when it was not asked for.
    means, precisions, maps: of users and items, as in `SampledSide`. noise: (U,) variances of the users' ratings.
    """

    users: Floats
    items: Floats
    spread: Array | None
    means: tuple[Array, Array]
    precisions: tuple[Array, Array]
    maps: tuple[list[Array], list[Array]]
    noise: Array


class Chain:
    """The state of one chain, over active users and items only.

    Ratings are y = r - mean, divided by their standard deviation; y = b_u + b_i + p_u · q_i + noise of precision
    alpha times the user's factor.
    """

    def __init__(self, users: SampledSide, items: SampledSide, *, user_noise: bool, rng: np.random.Generator) -> None:
        self.users, self.items, self.rng = users, items, rng
        self.user_noise = user_noise
        self.alpha = 1.5
        self.factors = np.ones(len(users.rows))
        self.shape = 4.0
        self.mean_items = len(items.rows) >= len(users.rows)

    def sweep(self) -> float:
        """Draw everything once; returns the root mean square of the residuals."""
        self.users.draw_prior(self.rng)
        self.users.draw_rows(self.items.rows, self._users_given(), None, self.rng)
        self.items.draw_prior(self.rng)
        self.items.draw_rows(self.users.rows, self._items_given(), None, self.rng)
        return self._draw_noise()

    def _users_given(self) -> Conditional:
        return self.users.given(self.alpha * self.factors, None)

    def _items_given(self) -> Conditional:
        weights = None
        if self.user_noise:
            weights = self.factors.astype(np.float32)[self.items.solver.entries.numbers]
        return self.items.given(np.full(1, self.alpha), weights)

    def _draw_noise(self) -> float:
        squares = np.square(self.users.solver.residuals(self.users.rows, self.items.rows), dtype=np.float64)
        by_user = sums_by_row(squares, self.users.solver.entries.starts)
        counts = self.users.solver.entries.counts
        self.alpha = noise_precision(float(self.factors @ by_user), len(squares), self.rng)
        if self.user_noise:
            self.factors = row_noise(self.alpha * by_user, counts, self.shape, self.rng)
            self.shape = row_noise_shape(self.factors, self.rng)
        return float(np.sqrt(squares.mean()))

    def keep(self, *, spread: bool) -> Draw:
        """The present state as a draw. spread: also find what the conditional means leave out of the variance."""
        meant, other = (self.items, self.users) if self.mean_items else (self.users, self.items)
        given = self._items_given() if self.mean_items else self._users_given()
        size, width = meant.rows.shape
        covariance = np.empty((size, width, width), np.float32) if spread else None
        expected = meant.expected_rows(other.rows, given, None, covariance)
        left_out = None
        if covariance is not None:
            left_out = covariance.reshape(size, -1) @ second_moment(other.rows).ravel()
        return Draw(
            self.users.rows.copy() if self.mean_items else expected,
            expected if self.mean_items else self.items.rows.copy(),
            left_out,
            (self.users.mean, self.items.mean),
            (self.users.precision, self.items.precision),
            ([b.coordinates for b in self.users.blocks], [b.coordinates for b in self.items.blocks]),
            1.0 / (self.alpha * self.factors),
        )


def sums_by_row(values: Array, starts: NDArray[np.int64]) -> Array:
    """The sum of each row's entries, (N,); zero for an empty row."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    sums: Array = totals[starts[1:]] - totals[starts[:-1]]
    return sums
