"""A block of features of one side, the linear map from them to the prior mean of the rows, and how to sample it."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from penchant.training.bayes.conditionals import Array, draw_on_grid
from penchant.training.row_solver import Floats, ThreadTeam

_STRENGTHS = np.linspace(np.log(1e-2), np.log(1e5), 200)
"""The grid of the log strength of a map."""

_DENSE = 1200
"""A matrix with at most this many rows or columns is decomposed exactly, as a dense matrix."""

_ROUNDS = 4
"""Rounds of the subspace iteration; more rounds change the subspace very little."""

_PIECE = 4096
"""Rows in one piece of a product. Pieces of fixed size keep the order of sums independent of the number of threads."""


class FeatureBlock:
    """The term X W of the prior mean of rows (N, D), with features X (N, F) sparse and the map W (F, D) unknown.

    The rows of W are Gaussian with mean zero and precision `strength` times the precision of the side's rows, as in
    Macau (Simm et al. 2017, section 2.2). In the singular basis X = U diag(s) V' all directions are then independent,
    and one decomposition serves every sample. Only the `rank` largest singular values are kept.
    """

    def __init__(self, matrix: Any, rank: int, team: ThreadTeam) -> None:
        self.team = team
        self.left, self.singular, self.right = _decomposed(matrix, rank)
        self.coordinates: Array = np.zeros((len(self.singular), 0))
        self.strength = 1.0

    def fresh(self) -> FeatureBlock:
        """A block of the same features in its initial state, for another chain."""
        other = copy(self)
        other.coordinates, other.strength = np.zeros((len(self.singular), 0)), 1.0
        return other

    def draw(self, rows: Floats, precision: Array, rng: np.random.Generator) -> Floats:
        """Sample the strength and the map jointly, and return X W, (N, D).

        rows: (N, D), less all other terms of their prior mean. The strength is sampled with the map integrated out,
        then the map given the strength.
        """
        seen = self._project(rows)  # U' rows, (r, D)
        power = self.singular**2
        size = ((seen @ precision) * seen).sum(axis=1)
        growth = 1.0 + power / np.exp(_STRENGTHS)[:, None]
        log_density = -0.5 * (seen.shape[1] * np.log(growth) + size / growth).sum(axis=1)
        self.strength = float(np.exp(draw_on_grid(_STRENGTHS, log_density, rng)))
        spread = np.linalg.inv(np.linalg.cholesky(precision))  # a root of the rows' covariance
        total = power + self.strength
        noise = rng.standard_normal(seen.shape) @ spread
        self.coordinates = self.singular[:, None] * seen / total[:, None] + noise / np.sqrt(total)[:, None]
        return self.shift()

    def shift(self) -> Floats:
        """X W of the current map, (N, D)."""
        scaled = (self.singular[:, None] * self.coordinates).astype(np.float32)
        out = np.empty((len(self.left), scaled.shape[1]), np.float32)

        def multiply(at: int) -> None:
            np.matmul(self.left[at : at + _PIECE], scaled, out=out[at : at + _PIECE])

        self.team.run(multiply, range(0, len(out), _PIECE))
        return out

    def scatter(self) -> Array:
        """The scatter matrix of the map's rows, (D, D), for the conditional of the precision."""
        product: Array = self.strength * self.coordinates.T @ self.coordinates
        return product

    def _project(self, rows: Floats) -> Array:
        parts = np.zeros((-(-len(rows) // _PIECE), len(self.singular), rows.shape[1]), np.float32)

        def multiply(p: int) -> None:
            span = slice(p * _PIECE, (p + 1) * _PIECE)
            np.matmul(self.left[span].T, rows[span], out=parts[p])

        self.team.run(multiply, range(len(parts)))
        return parts.sum(axis=0, dtype=np.float64)


def _decomposed(matrix: Any, rank: int) -> tuple[Floats, Array, Floats]:
    """The leading singular vectors and values of a sparse matrix: (N, r), (r,) and (F, r), r at most `rank`.

    A small matrix is decomposed exactly. A large one is projected to a subspace, found by subspace iteration from a
    fixed random start (Halko, Martinsson and Tropp 2011, algorithm 4.4), and the projection is decomposed exactly. The
    sampler is therefore exact for the projected features.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    work = matrix if tall else matrix.T.tocsr()
    size = work.shape[1]
    span = None if size <= _DENSE or rank >= size - 1 else _leading_subspace(work, rank)
    reached = work.toarray() if span is None else np.asarray(work @ span)
    exact = reached.astype(np.float64)
    power, turn = np.linalg.eigh(exact.T @ exact)
    kept = np.flatnonzero(power > 1e-6 * max(power.max(initial=0.0), 1e-12))[-rank:]
    singular, turn = np.sqrt(power[kept]), turn[:, kept]
    far = (reached @ turn.astype(np.float32)) / singular.astype(np.float32)
    near = turn if span is None else span @ turn
    left, right = (far, near) if tall else (near, far)
    return left.astype(np.float32), singular, right.astype(np.float32)


def _leading_subspace(matrix: Any, rank: int) -> Floats:
    """An orthonormal basis (F, 1.1 · rank) that approximately spans the leading right singular vectors."""
    across = matrix.T.tocsr()
    basis = np.random.default_rng(0).standard_normal((matrix.shape[1], rank + rank // 10), dtype=np.float32)
    for _ in range(_ROUNDS):
        basis = _orthonormal(across @ (matrix @ basis))
    return _orthonormal(basis)  # a second time, because a badly conditioned basis is not yet orthonormal after rounding


def _orthonormal(columns: Floats) -> Floats:
    """An orthonormal basis of the same span, by the Cholesky factor of the Gramian."""
    exact = columns.astype(np.float64)
    root = np.linalg.cholesky(exact.T @ exact)
    basis: Floats = np.linalg.solve(root, exact.T).T.astype(np.float32)
    return np.ascontiguousarray(basis)
