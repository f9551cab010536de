"""The spreadsheet's Solver in Python: factors whose products come closest to the crosstab's ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.rng import generator
from penchant.foundations.settings import Settings, setting
from penchant.foundations.threads import limit_blas
from penchant.lesson.crosstab import Crosstab
from penchant.lesson.display import Summarized

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SolverSettings(Settings):
    """The factors, and the length of the search."""

    factors: int = setting(5, "how many numbers each user and each item has", low=1)
    bias: bool = setting(False, "whether each user and each item also has a bias, a number that is added")
    iterations: int = setting(500, "how many iterations at most", low=1)
    seed: int = setting(42, "of the random initial values", low=0)
    init_high: float = setting(1.0, "initial values are uniform from 0 to this; 1 is RAND()", above=0)


@dataclass(frozen=True, repr=False)
class Factors(Summarized):
    """The cells that the solver changes.

    user_vectors: (U, K). item_vectors: (I, K). user_bias: (U,). item_bias: (I,); zeros where there are no biases.
    """

    user_vectors: Array
    item_vectors: Array
    user_bias: Array
    item_bias: Array

    def predictions(self) -> Array:
        """Every user's predicted rating of every item, (U, I)."""
        return self.user_vectors @ self.item_vectors.T + self.user_bias[:, None] + self.item_bias

    def flat(self, bias: bool) -> Array:
        """All cells in one row, the biases last and only where they are in use."""
        parts = (self.user_vectors, self.item_vectors, *((self.user_bias, self.item_bias) if bias else ()))
        return np.concatenate([part.ravel() for part in parts])

    def summary(self) -> str:
        return f"{len(self.user_vectors)} users, {len(self.item_vectors)} items, {self.user_vectors.shape[1]} factors"


@dataclass(frozen=True, repr=False)
class Solution(Summarized):
    """The result of a solver run.

    start, factors: the cells before and after. rmse: over the rated cells. trace: (T + 1,) the RMSE at the start and
    after each of the T iterations. message: the reason for the end.
    """

    start: Factors
    factors: Factors
    rmse: float
    trace: Array
    message: str
    settings: SolverSettings

    def summary(self) -> str:
        return f"RMSE {self.rmse:.4f} after {len(self.trace) - 1} iterations, from {self.trace[0]:.4f}"


def initial_factors(table: Crosstab, settings: SolverSettings) -> Factors:
    """The lesson's initial values: uniform random numbers; biases are zero where the model has none."""
    rng = generator(settings.seed)
    cells = table.values.shape
    vectors = [rng.uniform(0, settings.init_high, (size, settings.factors)) for size in cells]
    biases = [rng.uniform(0, settings.init_high, size) if settings.bias else np.zeros(size) for size in cells]
    return Factors(*vectors, *biases)


def rmse(table: Crosstab, factors: Factors) -> float:
    """The spreadsheet's objective: the root mean squared error over the rated cells."""
    errors = (factors.predictions() - table.values)[table.rated]
    return float(np.sqrt((errors**2).mean()))


def slopes(table: Crosstab, factors: Factors) -> Factors:
    """The RMSE's derivative by every cell; at an RMSE of exactly 0 all are 0."""
    errors = np.where(table.rated, factors.predictions() - table.values, 0.0)
    size = np.sqrt((errors**2).sum() * table.rated.sum())  # rmse · n: d rmse / d prediction = error / (n · rmse)
    share = errors / size if size > 0 else errors
    return Factors(share @ factors.item_vectors, share.T @ factors.user_vectors, share.sum(axis=1), share.sum(axis=0))


def solve(table: Crosstab, settings: SolverSettings | None = None, **changes: Any) -> Solution:
    """Minimise the RMSE over the factor cells by L-BFGS-B (Byrd et al. 1995), a quasi-Newton descent as Excel's GRG is.

    changes: single settings, such as factors=3, that replace those of `settings`.
    A user or item without a rating keeps its initial values, since no error depends on them.
    """
    from scipy.optimize import minimize

    settings = SolverSettings.from_json({**(settings or SolverSettings()).to_json(), **changes})
    start = initial_factors(table, settings)
    trace = [rmse(table, start)]

    def objective(flat: Array) -> tuple[float, Array]:
        at = _unflat(flat, table, settings)
        return rmse(table, at), slopes(table, at).flat(settings.bias)

    def note(intermediate_result: Any) -> None:
        trace.append(float(intermediate_result.fun))

    options = {"maxiter": settings.iterations, "maxfun": 50 * (settings.iterations + 1), "ftol": 1e-12, "gtol": 1e-8}
    with limit_blas():
        end = minimize(
            objective, start.flat(settings.bias), jac=True, method="L-BFGS-B", callback=note, options=options
        )
    factors = _unflat(end.x, table, settings)
    return Solution(start, factors, rmse(table, factors), np.array(trace), str(end.message), settings)


def _unflat(flat: Array, table: Crosstab, settings: SolverSettings) -> Factors:
    U, both = len(table.values), sum(table.values.shape)
    vectors, biases = flat[: both * settings.factors].reshape(both, -1), flat[both * settings.factors :]
    biases = biases if settings.bias else np.zeros(both)
    return Factors(vectors[:U], vectors[U:], biases[:U], biases[U:])
