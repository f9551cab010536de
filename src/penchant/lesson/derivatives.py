"""Derivatives by finite differences, by the chain rule and by autograd, on a small table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import SettingsError
from penchant.foundations.optional import require
from penchant.lesson.display import Summarized

Array = NDArray[np.float64]
Method = Literal["forward", "central", "complex"]
METHODS: tuple[Method, ...] = ("forward", "central", "complex")


def slopes_by(method: Method, loss: Callable[[Any], Any], at: Array, epsilon: float) -> Array:
    """The loss's derivative by each parameter, (P,), from values of the loss alone.

    forward: (f(x + e) - f(x)) / e, error e · f''/2. central: (f(x + e) - f(x - e)) / 2e, error e² · f'''/6.
    complex: Im f(x + ie) / e, error e² · f'''/6 and no cancellation (Squire and Trapp 1998); the loss must be
    analytic: no absolute values, no complex conjugates.
    """
    if method not in METHODS:
        raise SettingsError(f"{method!r} is not one of {', '.join(METHODS)}", where="method")
    axes = epsilon * np.eye(len(at))
    if method == "forward":
        return np.array([loss(at + axis) - loss(at) for axis in axes]) / epsilon
    if method == "central":
        return np.array([loss(at + axis) - loss(at - axis) for axis in axes]) / (2 * epsilon)
    return np.array([np.imag(loss(at + 1j * axis)) for axis in axes]) / epsilon


def hessian_by_differences(gradient: Callable[[Array], Array], at: Array, epsilon: float) -> Array:
    """The second derivatives, (P, P), as central differences of a gradient, made symmetric."""
    rows = [(gradient(at + axis) - gradient(at - axis)) / (2 * epsilon) for axis in epsilon * np.eye(len(at))]
    return np.asarray((np.array(rows) + np.array(rows).T) / 2)


@dataclass(frozen=True, repr=False)
class DotBiasTable(Summarized):
    """The dot-bias model on one small table: score = bias_u + bias_i + p_u · q_i, loss = mean squared error.

    users, items: (n,) the row and the column of each rating. ratings: (n,). shape: (U, I, K).
    bounds: the ends (low, high) of the sigmoid between score and prediction, or None where the two are the same.
    Parameters form one row of P = (U + I)(K + 1) numbers: user biases, item biases, user vectors, item vectors.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ratings: Array
    shape: tuple[int, int, int]
    bounds: tuple[float, float] | None = None

    @classmethod
    def of(cls, values: Array, factors: int, bounds: tuple[float, float] | None = None) -> DotBiasTable:
        """From a (U, I) table with NaN for blanks."""
        users, items = np.nonzero(~np.isnan(values))
        return cls(users, items, values[users, items], (values.shape[0], values.shape[1], factors), bounds)

    @property
    def size(self) -> int:
        """The number of parameters, P."""
        U, N, K = self.shape
        return (U + N) * (K + 1)

    def parts(self, flat: Any) -> tuple[Any, Any, Any, Any]:
        """User biases (U,), item biases (I,), user vectors (U, K), item vectors (I, K); of an array or a tensor."""
        U, N, K = self.shape
        ends = U, U + N, U + N + U * K
        vectors = flat[ends[1] : ends[2]].reshape(U, K), flat[ends[2] :].reshape(N, K)
        return (flat[: ends[0]], flat[ends[0] : ends[1]], *vectors)

    def scores(self, flat: Any) -> Any:
        """The score of each rated cell, (n,)."""
        user_bias, item_bias, user_vectors, item_vectors = self.parts(flat)
        products = (user_vectors[self.users] * item_vectors[self.items]).sum(-1)
        return user_bias[self.users] + item_bias[self.items] + products

    def predictions(self, flat: Any) -> Any:
        """The predicted rating of each rated cell, (n,)."""
        scores = self.scores(flat)
        if self.bounds is None:
            return scores
        low, high = self.bounds
        return low + (high - low) / (1 + (np.exp(-scores) if isinstance(flat, np.ndarray) else (-scores).exp()))

    def loss(self, flat: Any) -> Any:
        """The mean squared error."""
        ratings = self.ratings if isinstance(flat, np.ndarray) else flat.new_tensor(self.ratings)
        return ((self.predictions(flat) - ratings) ** 2).mean()

    def link_slopes(self, flat: Array) -> tuple[Array, Array]:
        """The prediction's first and second derivative by its score, (n,) each; of a sigmoid s these are s(1-s) and
        s(1-s)(1-2s), times the width of the bounds.
        """
        if self.bounds is None:
            return np.ones(len(self.ratings)), np.zeros(len(self.ratings))
        low, high = self.bounds
        share = (self.predictions(flat) - low) / (high - low)
        first = (high - low) * share * (1 - share)
        return first, first * (1 - 2 * share)

    def score_jacobian(self, flat: Array) -> Array:
        """Each score's derivative by each parameter, (n, P).

        By a bias: 1. By a user's factor: the item's factor at the same place, and the other way round.
        """
        n, rows = len(self.ratings), np.arange(len(self.ratings))
        _, _, user_vectors, item_vectors = self.parts(flat)
        by = [np.zeros((n, *part.shape)) for part in self.parts(flat)]
        by[0][rows, self.users] = 1
        by[1][rows, self.items] = 1
        by[2][rows, self.users] = item_vectors[self.items]
        by[3][rows, self.items] = user_vectors[self.users]
        return np.concatenate([part.reshape(n, -1) for part in by], axis=1)

    def jacobian(self, flat: Array) -> Array:
        """Each prediction's derivative by each parameter, (n, P): the link's slope times the score's."""
        return self.link_slopes(flat)[0][:, None] * self.score_jacobian(flat)

    def gradient(self, flat: Array) -> Array:
        """The loss's derivative by each parameter, (P,): the chain rule, 2/n · Jᵀ error."""
        errors = self.predictions(flat) - self.ratings
        return np.asarray(2 / len(errors) * self.jacobian(flat).T @ errors)

    def hessian(self, flat: Array) -> Array:
        """The loss's second derivatives, (P, P): 2/n · (JᵀJ + Σ error · the prediction's own second derivatives).

        The second derivatives of a prediction come from the link, and from the products of a user's factor and the
        item's factor at the same place (there the score's second derivative is 1; all others are 0).
        """
        errors, scores_by = self.predictions(flat) - self.ratings, self.score_jacobian(flat)
        first, second = self.link_slopes(flat)
        curved = scores_by.T @ ((first**2 + errors * second)[:, None] * scores_by)
        U, N, K = self.shape
        for k in range(K):
            user_at = U + N + self.users * K + k
            item_at = U + N + U * K + self.items * K + k
            np.add.at(curved, (user_at, item_at), errors * first)
            np.add.at(curved, (item_at, user_at), errors * first)
        return np.asarray(2 / len(errors) * curved)

    def by_autograd(self, flat: Array) -> tuple[Array, Array, Array]:
        """Jacobian (n, P), gradient (P,) and Hessian (P, P) by PyTorch, in float64."""
        require("torch", extra="torch", what="autograd")
        import torch
        from torch.autograd import functional

        ask: Any = functional  # its functions have no type annotations
        at = torch.tensor(flat, dtype=torch.float64)
        rows = ask.jacobian(self.predictions, at), ask.jacobian(self.loss, at), ask.hessian(self.loss, at)
        first, second, third = (row.numpy() for row in rows)
        return first, second, third

    def summary(self) -> str:
        U, N, K = self.shape
        return f"{len(self.ratings)} ratings, {U} users, {N} items, {K} factors, {self.size} parameters"


def error_by_epsilon(table: DotBiasTable, at: Array, epsilons: Array) -> dict[Method, Array]:
    """For each method the largest error of its slopes, relative to the largest slope, at each epsilon, (E,).

    There are two regimes: for a large epsilon the curvature between the two points causes the error, for a small one
    the rounding of the subtraction does. The complex step subtracts nothing and has only the first.
    """
    exact = table.gradient(at)

    def worst(method: Method, epsilon: float) -> float:
        return float(np.abs(slopes_by(method, table.loss, at, epsilon) - exact).max() / np.abs(exact).max())

    return {method: np.array([worst(method, float(epsilon)) for epsilon in epsilons]) for method in METHODS}
