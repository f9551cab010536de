"""Explicit alternating least squares: dot product with biases, each side solved exactly while the other is fixed.

minimise  Σ (r_ui - m - b_u - b_i - p_u·q_i)² + Σ_u λ n_u^ν (b_u² + |p_u|²) + Σ_i λ n_i^ν (b_i² + |q_i|²)

With ν = 1 it is the weighted-λ regularisation of Zhou et al. 2008 (Large-scale parallel collaborative filtering for the
Netflix Prize), equation 4, with biases joined to the rows; with ν = 0, the plain ridge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.settings import Settings, setting
from penchant.metrics.rating_error import rmse
from penchant.models.priors import Prior, flat_prior
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.trained import TrainedModel, assemble
from penchant.training.als.alternating import alternate, starting_vectors
from penchant.training.feature_maps import completed
from penchant.training.resume import check_resume
from penchant.training.row_solver import Conditional, RowSolver, ThreadTeam


@dataclass(frozen=True)
class ALSSettings(Settings):
    """Explicit alternating least squares."""

    factors: int = setting(32, "numbers in each user's and each item's vector (K)", low=0, high=512)
    epochs: int = setting(15, "alternations between users and items", low=1)
    regularization: float = setting(2.0, "the penalty λ on a row's squares", above=0.0)
    regularization_power: float = setting(
        0.4, "the power ν of a row's number of ratings that λ is multiplied by", low=0.0, high=1.0
    )
    init_std: float = setting(0.1, "length of the starting vectors", above=0.0)


def train(
    ratings: Ratings,
    settings: ALSSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Alternate for the asked number of epochs, from random vectors or from those of an earlier model."""
    check_resume(resume, "als", settings.factors)
    mean = np.float32(ratings.mean)
    users, items = _start(ratings, settings, rng, resume)
    with ThreadTeam() as team:
        solvers = [RowSolver(side, settings.factors + 1, team) for side in (ratings.by_user(), ratings.by_item())]
        ridges = [ridge(side, settings) for side in (ratings.by_user(), ratings.by_item())]

        def sweep() -> dict[str, float]:
            _solve(solvers[0], items, ridges[0], mean, users)
            _solve(solvers[1], users, ridges[1], mean, items)
            errors = solvers[1].residuals(items, users, solvers[1].entries.values - mean)
            metrics = {"train_rmse": float(np.sqrt(np.mean(np.square(errors, dtype=np.float64))))}
            if validation is not None and len(validation):
                metrics["validation_rmse"] = _error(validation, mean, users, items)
            return metrics

        history = alternate(sweep, settings.epochs, progress, "least squares")
        _solve(solvers[0], items, ridges[0], mean, users)  # so that a user's row equals their fold-in
    model = _finished(ratings, settings, float(mean), users, items, history)
    return completed(model)


def ridge(side: Grouped, settings: ALSSettings) -> Floats:
    """λ n^ν of each row, shape (N,); a row without ratings counts as having one."""
    by_row = np.maximum(side.counts, 1) ** settings.regularization_power
    return (settings.regularization * by_row).astype(np.float32)


def _start(
    ratings: Ratings, settings: ALSSettings, rng: np.random.Generator, resume: TrainedModel | None
) -> tuple[Floats, Floats]:
    """[bias, vector] of both sides, (U, D) and (I, D)."""
    width = settings.factors + 1
    users = np.zeros((ratings.n_users, width), np.float32)
    items = np.zeros((ratings.n_items, width), np.float32)
    items[:, 1:] = starting_vectors(rng, ratings.n_items, settings.factors, settings.init_std)
    if resume is not None:
        numbers = resume.items.vocabulary.numbers(ratings.items.ids)
        known = numbers >= 0
        items[known] = resume.items.rows(numbers[known]).joined[0]
    return users, items


def _solve(solver: RowSolver, other: Floats, ridges: Floats, mean: np.float32, out: Floats) -> None:
    width = solver.width
    given = Conditional(np.zeros((width, width)), np.zeros((1, width)), np.ones(1), ridge=ridges)
    solver.solve(other, given, out, targets=solver.entries.values - mean)


def _error(validation: Ratings, mean: np.float32, users: Floats, items: Floats) -> float:
    """The RMSE on the validation pairs whose user and item training knows."""
    known = (validation.user_numbers < len(users)) & (validation.item_numbers < len(items))
    p, q = users[validation.user_numbers[known]], items[validation.item_numbers[known]]
    predicted = mean + p[:, 0] + q[:, 0] + (p[:, 1:] * q[:, 1:]).sum(axis=1)
    return rmse(validation.values[known], validation.scale.clip(predicted)) if known.any() else float("nan")


def _finished(
    ratings: Ratings, settings: ALSSettings, mean: float, users: Floats, items: Floats, history: list[dict[str, float]]
) -> TrainedModel:
    """The ridge as a prior: a penalty λ added to squared errors of variance σ² is a Gaussian of precision λ / σ²."""
    spread = max(history[-1]["train_rmse"] if history else 1.0, 1e-3)
    noise = widened(spread, len(ratings), users.size + items.size)
    return assemble(
        ratings,
        kind="als",
        settings=settings.to_json(),
        scorer=DotScorer(np.array([mean], np.float32)),
        user_rows=(users[None, :, 0], users[None, :, 1:]),
        item_rows=(items[None, :, 0], items[None, :, 1:]),
        priors=(_prior(settings, noise), _prior(settings, noise)),
        noise=np.array([noise], np.float32),
        history=history,
    )


def widened(spread: float, n: int, parameters: int) -> float:
    """The spread of a new rating: that of n training ratings, widened for the parameters that were fitted to them."""
    fitted = min(parameters, n / 2)
    return spread * float(np.sqrt(n / (n - fitted)))


def _prior(settings: ALSSettings, noise: float) -> Prior:
    return flat_prior(1, settings.factors, settings.regularization / noise**2, per_rating=settings.regularization_power)
