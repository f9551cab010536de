"""The regression of every item on all others (EASE), solved through whichever Gramian is the smaller.

minimise  ‖X - XB‖² + λ‖B‖²  with diag B = 0, over X (U, I). With P = (XᵀX + λI)⁻¹ it is B = I - P · diag(1 / diag P)
(Steck 2019, Embarrassingly shallow autoencoders for sparse data, arXiv 1905.03375, equations 5 to 8).

By users: with XXᵀ = Q S Qᵀ and Z = (S + λ)^-½ Qᵀ X (U, I), P = (I - ZᵀZ) / λ (Woodbury 1950), so that
B_ji = z_j · z_i / (1 - |z_i|²) for j ≠ i. No matrix of items by items is made, and one decomposition serves every λ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError
from penchant.models.rows import Floats
from penchant.training.row_solver import ThreadTeam

SAFE = 2e4
"""The condition number up to which the Cholesky factor is of float32: the weights then keep about three digits more
than the order of a list needs. Beyond, it is of float64."""

STRIP = 1024
"""Rows that are copied at a time."""

PIECES = 64
"""Pieces of the Gramian for each thread: its rows differ much in cost."""


def gramian(X: Any, dtype: Any = np.float32) -> NDArray[Any]:
    """The lower triangle of XᵀX (I, I) of a sparse X (U, I); zeros above it."""
    from penchant.training.kernels.gramian import gramian_rows

    by_row = X.tocsr()
    by_row.sort_indices()
    by_column = X.tocsc()
    out = np.zeros((X.shape[1], X.shape[1]), dtype)
    with ThreadTeam() as team:
        pieces = np.array_split(np.arange(X.shape[1]), max(1, min(PIECES * team.threads, X.shape[1])))
        team.run(
            lambda columns: gramian_rows(
                columns, by_column.indptr, by_column.indices, by_column.data,
                by_row.indptr, by_row.indices, by_row.data, out,
            ),
            pieces,
        )  # fmt: skip
    return out


@dataclass(frozen=True)
class DenseWeights:
    """B (I, I), its diagonal exactly zero, and the diagonal of P, (I,)."""

    weights: Floats
    spread: Floats


def dense_weights(gram: NDArray[Any], penalty: float) -> DenseWeights:
    """From the lower triangle of XᵀX, which is overwritten, by a Cholesky factor.

    Raises DataError where the penalty is too small to determine the weights.
    """
    from scipy.linalg import lapack

    if gram.dtype == np.float32 and _condition(gram, penalty) > SAFE:
        gram = gram.astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    single = gram.dtype == np.float32
    factorize, invert = (lapack.spotrf, lapack.spotri) if single else (lapack.dpotrf, lapack.dpotri)
    factor, failed = factorize(gram.T, lower=0, clean=0, overwrite_a=1)
    inverse, failed_too = invert(factor, lower=0, overwrite_c=1)
    if failed or failed_too:
        raise DataError("the interactions do not determine the weights", where="regularization", remedy="Raise it")
    return _weights_from(inverse.T)


def _condition(gram: NDArray[Any], penalty: float) -> float:
    """A bound on the condition number of XᵀX + λI: no eigenvalue exceeds the largest sum of a row."""
    below = gram.sum(axis=1, dtype=np.float64)
    right = gram.sum(axis=0, dtype=np.float64) - gram.diagonal()
    return float((below + right).max(initial=0.0)) / penalty + 1.0


def _weights_from(lower: NDArray[Any]) -> DenseWeights:
    """From the lower triangle of P, in its place where it is float32."""
    spread = lower.diagonal().astype(np.float32)
    weights = lower if lower.dtype == np.float32 else np.empty(lower.shape, np.float32)
    for start in range(0, len(lower), STRIP):
        stop = start + STRIP
        corner = np.tril(lower[start:stop, start:stop])
        lower[start:stop, start:stop] = corner + np.tril(corner, -1).T
        lower[start:stop, stop:] = lower[stop:, start:stop].T
    for start in range(0, len(lower), STRIP):
        np.divide(lower[start : start + STRIP], -spread, out=weights[start : start + STRIP], casting="same_kind")
    np.fill_diagonal(weights, 0.0)
    return DenseWeights(weights, spread)


@dataclass(frozen=True)
class FactoredWeights:
    """B_ji = s_j v_j · v_i for j ≠ i. vectors: v, (I, W). scale: s, (I,). self_weights: s_i v_i · v_i, (I,).

    powers: S, the eigenvalues of XXᵀ, (W,). An item without interactions has a vector of zeros and the scale 0.
    """

    vectors: Floats
    scale: Floats
    self_weights: Floats
    powers: Floats


class ByUsers:
    """The regression through the users' Gramian, for any number of penalties; X (U, I) sparse."""

    def __init__(self, X: Any, dtype: Any = np.float64) -> None:
        from scipy.linalg import eigh

        self.X = X
        powers, self.axes = eigh(gramian(X.T.tocsr(), dtype), lower=True, driver="evd")
        self.powers = np.maximum(powers, 0.0)

    @cached_property
    def _turned(self) -> NDArray[Any]:
        """Xᵀ Q, (I, U)."""
        turned: NDArray[Any] = self.X.T.tocsr().astype(self.axes.dtype) @ self.axes
        return turned

    def weights(self, penalty: float) -> FactoredWeights:
        """The weights with this penalty."""
        z = self._turned / np.sqrt(self.powers + penalty)  # (I, U)
        own = np.square(z).sum(axis=1)
        left = np.maximum(1.0 - own, 1e-9)  # λ P_ii
        vectors = (z / left[:, None]).astype(np.float32)
        scale = np.where(own > 0, left, 0.0)
        return FactoredWeights(vectors, _float32(scale), _float32(own / left), _float32(self.powers))


def _float32(values: NDArray[Any]) -> Floats:
    return values.astype(np.float32)
