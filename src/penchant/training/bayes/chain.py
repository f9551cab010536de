"""One chain of the Gibbs sampler: a sweep samples every variable once, from its full conditional."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.training.bayes.conditionals import Array, noise_precision, row_noise, row_noise_shape
from penchant.training.bayes.held_ratings import HeldRatings
from penchant.training.bayes.ordered_latent import OrderedLatent
from penchant.training.bayes.sampled_side import SampledSide
from penchant.training.bayes.temporal_bias_sampler import TemporalBiasState, total_shift
from penchant.training.row_solver import Conditional, Floats


@dataclass(frozen=True)
class Sample:
    """One posterior sample, in units of the standardised ratings.

    users, items: (U, D) and (I, D) rows. The rows of one side are conditional means given the sampled rows of the other
    side: they have the same expected predictions with less variance (Rao-Blackwell).
    spread: (N,), the variance of a rating that these means leave out, or None if it was not computed.
    means, precisions, maps: of users and items, as in `SampledSide`. noise: (U,) variances of the users' ratings.
    temporal_bias: the biases and their precision for each level of it. cutpoints: (C - 1,) of an ordered-probit link,
    or None.
    """

    users: Floats
    items: Floats
    spread: Floats | None
    means: tuple[Array, Array]
    precisions: tuple[Array, Array]
    maps: tuple[list[Array], list[Array]]
    noise: Array
    temporal_bias: list[tuple[Array, float]]
    cutpoints: Array | None = None


class Chain:
    """The state of one chain, over active users and items only.

    Ratings are standardised: y = (r - mean) / standard deviation. The model is y = b_u + b_i + p_u · q_i + noise; the
    noise precision is alpha times the user's factor. temporal_bias: levels of temporal biases, which are subtracted
    from y; ratings are in the order of the users' entries. latent: with an ordered-probit link, the latent values used
    in place of y, with noise precision 1. levels: (C,), the rating levels of that link.

    held: ratings that the rows do not learn from, while the chain burns in; else None. noise: the variance of the
    noise that held-back ratings showed, or None.
    """

    def __init__(
        self,
        users: SampledSide,
        items: SampledSide,
        *,
        user_noise: bool,
        rng: np.random.Generator,
        temporal_bias: list[TemporalBiasState] | None = None,
        latent: OrderedLatent | None = None,
        levels: Array | None = None,
    ) -> None:
        self.users, self.items, self.rng = users, items, rng
        self.temporal_bias = temporal_bias or []
        self.latent, self.levels = latent, levels
        self._to_items = _positions(users.solver.entries.rows, items.solver.entries.rows)
        self.user_noise = user_noise and latent is None
        self.alpha = 1.5 if latent is None else 1.0
        self.factors = np.ones(len(users.rows))
        self.shape = 4.0
        self.rating_error = 1.0
        self.mean_items = len(items.rows) >= len(users.rows)
        self.held: HeldRatings | None = None
        self.noise: float | None = None

    def sweep(self) -> float:
        """Sample everything once; returns the root mean square of the residuals."""
        self.users.draw_prior(self.rng)
        self.users.draw_rows(self.items.rows, self._users_given(), self._users_targets(), self.rng)
        self.items.draw_prior(self.rng)
        self.items.draw_rows(self.users.rows, self._items_given(), self._items_targets(), self.rng)
        residuals = self.users.solver.residuals(self.users.rows, self.items.rows, self._users_targets())
        if self.latent is not None:
            return self._draw_latent(self.latent, residuals)
        return self._draw_noise(self._draw_temporal_bias(residuals.astype(np.float64)))

    def _users_given(self) -> Conditional:
        return self.users.given(self.alpha * self.factors, None if self.held is None else self.held.weights)

    def _items_given(self) -> Conditional:
        weights = None if self.held is None else self.held.weights[self._to_items]
        if self.user_noise:
            factors = self.factors.astype(np.float32)[self.items.solver.entries.numbers]
            weights = factors if weights is None else factors * weights
        return self.items.given(np.full(1, self.alpha), weights)

    def _users_targets(self) -> Floats | None:
        """Regression targets in the users' order: latent values, or ratings less temporal biases; None for ratings."""
        if self.latent is not None:
            return self.latent.values
        values = self.users.solver.entries.values
        return values - total_shift(self.temporal_bias) if self.temporal_bias else None

    def _items_targets(self) -> Floats | None:
        targets = self._users_targets()
        return None if targets is None else targets[self._to_items]

    def _draw_temporal_bias(self, residuals: Array) -> Array:
        """Sample the biases of every level, and return the new residuals."""
        precisions = np.repeat(self.alpha * self.factors, self.users.solver.entries.counts)
        for level in self.temporal_bias:
            residuals = residuals + level.shift()
            level.draw(residuals, precisions, self.rng)
            residuals = residuals - level.shift()
        return residuals

    def _draw_latent(self, latent: OrderedLatent, residuals: Floats) -> float:
        """Sample cut points and latent values, and return the RMSE of the expected ratings."""
        assert self.levels is not None
        scores = latent.values.astype(np.float64) - residuals
        latent.draw(scores, self.rng)
        self.rating_error = float(np.sqrt(latent.squared_error(scores, self.levels)))
        return self.rating_error

    def _draw_noise(self, residuals: Array) -> float:
        if self.held is not None:
            self.held.record(residuals)
        squares = residuals**2
        by_user = sums_by_row(squares, self.users.solver.entries.starts)
        counts = self.users.solver.entries.counts
        self.alpha = noise_precision(float(self.factors @ by_user), len(squares), self.rng, self.noise)
        if self.user_noise:
            self.factors = row_noise(self.alpha * by_user, counts, self.shape, self.rng)
            self.shape = row_noise_shape(self.factors, self.rng)
        return float(np.sqrt(squares.mean()))

    def keep(self, *, spread: bool) -> Sample:
        """The current state as a Sample. spread: also compute the variance that the conditional means leave out."""
        meant, other = (self.items, self.users) if self.mean_items else (self.users, self.items)
        given = self._items_given() if self.mean_items else self._users_given()
        if self.latent is not None:  # the expectation of a non-linear link at the mean row is not the mean expectation
            return self._as_sample(self.users.rows.copy(), self.items.rows.copy(), None)
        targets = self._items_targets() if self.mean_items else self._users_targets()
        left_out = np.empty(len(meant.rows), np.float32) if spread else None
        expected = meant.expected_rows(other.rows, given, targets, left_out)
        if self.mean_items:
            return self._as_sample(self.users.rows.copy(), expected, left_out)
        return self._as_sample(expected, self.items.rows.copy(), left_out)

    def _as_sample(self, users: Floats, items: Floats, spread: Floats | None) -> Sample:
        noise = 1.0 / (self.alpha * self.factors)
        if self.latent is not None:
            noise = np.full(len(self.factors), self.rating_error**2)
        return Sample(
            users,
            items,
            spread,
            (self.users.mean, self.items.mean),
            (self.users.precision, self.items.precision),
            ([b.coordinates for b in self.users.blocks], [b.coordinates for b in self.items.blocks]),
            noise,
            [(level.biases, level.precision) for level in self.temporal_bias],
            None if self.latent is None else self.latent.cutpoints,
        )


def sums_by_row(values: Array, starts: NDArray[np.int64]) -> Array:
    """The sum of each row's entries, (N,); zero for an empty row."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    sums: Array = totals[starts[1:]] - totals[starts[:-1]]
    return sums


def _positions(of: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of the wanted rows stands in `of`, both orders of the same n rows."""
    place = np.empty(len(of), np.int64)
    place[of] = np.arange(len(of))
    return place[wanted]
