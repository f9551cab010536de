"""Explicit alternating least squares: dot product with biases, each side solved exactly while the other is fixed.

minimise  Σ (r_ui - m - b_u - b_i - p_u·q_i)² + Σ_u n_u^ν (β_U b_u² + λ |p_u|²) + Σ_i n_i^ν (β_I b_i² + λ |q_i|²)

With ν = 1 it is the weighted-λ regularisation of Zhou et al. 2008 (Large-scale parallel collaborative filtering for the
Netflix Prize), equation 4, with biases joined to the rows; with ν = 0, the plain ridge. A vector's square is in rating
units and an error's in their square, so λ is stated in standard deviations of a rating. A bias is in rating units
itself: β is the damping that fits the ratings (`bias_variances`), divided by the mean n^ν of its side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.settings import Settings, setting
from penchant.metrics.rating_error import rmse
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.trained import TrainedModel, assemble
from penchant.training.als.alternating import alternate, starting_vectors
from penchant.training.als.leave_one_out import FittedSide, leave_one_out_error
from penchant.training.als.penalties import BiasVariances, bias_variances
from penchant.training.feature_maps import completed
from penchant.training.resume import check_resume
from penchant.training.row_solver import Conditional, RowSolver, ThreadTeam


@dataclass(frozen=True)
class ALSSettings(Settings):
    """Explicit alternating least squares."""

    factors: int = setting(32, "numbers in each user's and each item's vector (K)", low=0, high=512)
    epochs: int = setting(15, "alternations between users and items", low=1)
    regularization: float = setting(
        4.0, "the penalty λ on a vector's squares, in standard deviations of a rating around its biases", above=0.0
    )
    regularization_power: float = setting(
        0.3, "the power ν of a row's number of ratings that its penalties are multiplied by", low=0.0, high=1.0
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
    mean, variances = np.float32(ratings.mean), bias_variances(ratings)
    users, items = _start(ratings, settings, variances, rng, resume)
    with ThreadTeam() as team:
        solvers = [RowSolver(side, settings.factors + 1, team) for side in (ratings.by_user(), ratings.by_item())]
        dampings = (variances.user_damping, variances.item_damping)
        given = [
            penalties(one.entries, settings, damping, variances.noise)
            for one, damping in zip(solvers, dampings, strict=True)
        ]

        def sweep() -> dict[str, float]:
            _solve(solvers[0], items, given[0], mean, users)
            _solve(solvers[1], users, given[1], mean, items)
            errors = solvers[1].residuals(items, users, solvers[1].entries.values - mean)
            metrics = {"train_rmse": float(np.sqrt(np.mean(np.square(errors, dtype=np.float64))))}
            if validation is not None and len(validation):
                metrics["validation_rmse"] = _error(validation, mean, users, items)
            return metrics

        history = alternate(sweep, settings.epochs, progress, "least squares")
        _solve(solvers[0], items, given[0], mean, users)  # so that a user's row equals their fold-in
        sides = (FittedSide(solvers[0], given[0], users, items), FittedSide(solvers[1], given[1], items, users))
        noise = max(leave_one_out_error(ratings, *sides, float(mean)), 1e-3)
    return completed(_assembled(ratings, settings, float(mean), sides, noise, history))


def penalties(side: Grouped, settings: ALSSettings, damping: float, noise: float) -> Conditional:
    """What rows are solved under, in units of a rating's variance.

    damping: of the biases. noise: the standard deviation of a rating around its biases. A row's penalties grow with
    n^ν; dividing the weight of its ratings by n^ν comes to the same row. A row without ratings counts as having one.
    """
    growth = np.maximum(side.counts, 1) ** settings.regularization_power
    rated = growth[side.counts > 0]
    diagonal = np.full(settings.factors + 1, settings.regularization * noise)
    diagonal[0] = damping / rated.mean()
    return Conditional(np.diag(diagonal), np.zeros((1, len(diagonal))), (1 / growth).astype(np.float32))


def _start(
    ratings: Ratings,
    settings: ALSSettings,
    variances: BiasVariances,
    rng: np.random.Generator,
    resume: TrainedModel | None,
) -> tuple[Floats, Floats]:
    """[bias, vector] of both sides, (U, D) and (I, D): damped biases and random vectors of items."""
    width = settings.factors + 1
    users = np.zeros((ratings.n_users, width), np.float32)
    items = np.zeros((ratings.n_items, width), np.float32)
    items[:, 0] = variances.item_biases
    items[:, 1:] = starting_vectors(rng, ratings.n_items, settings.factors, settings.init_std)
    if resume is not None:
        numbers = resume.items.vocabulary.numbers(ratings.items.ids)
        known = numbers >= 0
        items[known] = resume.items.rows(numbers[known]).joined[0]
    return users, items


def _solve(solver: RowSolver, other: Floats, given: Conditional, mean: np.float32, out: Floats) -> None:
    solver.solve(other, given, out, targets=solver.entries.values - mean)


def _error(validation: Ratings, mean: np.float32, users: Floats, items: Floats) -> float:
    """The RMSE on the validation pairs whose user and item training knows."""
    known = (validation.user_numbers < len(users)) & (validation.item_numbers < len(items))
    p, q = users[validation.user_numbers[known]], items[validation.item_numbers[known]]
    predicted = mean + p[:, 0] + q[:, 0] + (p[:, 1:] * q[:, 1:]).sum(axis=1)
    return rmse(validation.values[known], validation.scale.clip(predicted)) if known.any() else float("nan")


def _assembled(
    ratings: Ratings,
    settings: ALSSettings,
    mean: float,
    sides: tuple[FittedSide, FittedSide],
    noise: float,
    history: list[dict[str, float]],
) -> TrainedModel:
    users, items = sides
    return assemble(
        ratings,
        kind="als",
        settings=settings.to_json(),
        scorer=DotScorer(np.array([mean], np.float32)),
        user_rows=(users.rows[None, :, 0], users.rows[None, :, 1:]),
        item_rows=(items.rows[None, :, 0], items.rows[None, :, 1:]),
        priors=(_prior(users.given, settings, noise), _prior(items.given, settings, noise)),
        noise=np.array([noise], np.float32),
        history=history,
    )


def _prior(given: Conditional, settings: ALSSettings, noise: float) -> Prior:
    """A penalty λ added to squared errors of variance σ² is a Gaussian prior of precision λ / σ²."""
    precision = np.asarray(given.precision, np.float32)[None] / np.float32(noise**2)
    return Prior(np.zeros(precision.shape[:2], np.float32), precision, per_rating=settings.regularization_power)
