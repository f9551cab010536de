"""The row kernels against their readable twin, the update of one row in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.data.ratings import Grouped
from penchant.training import row_solver as rows_module
from penchant.training.row_solver import Conditional, RowSolver, ThreadTeam
from penchant.training.row_update import row_update

ROWS, OTHERS = 37, 23


def made_entries(rng: np.random.Generator, count: int = 400) -> Grouped:
    """Entries of 37 rows, of which the last has none and the first has many."""
    cells = rng.choice((ROWS - 1) * OTHERS, size=count, replace=False)
    keys = np.concatenate([cells // OTHERS, np.zeros(OTHERS, int)])
    numbers = np.concatenate([cells % OTHERS, np.arange(OTHERS)])
    keys, numbers = np.unique(np.stack([keys, numbers]), axis=1)
    return Grouped.build(
        keys.astype(np.int32), numbers.astype(np.int32), rng.normal(size=len(keys)).astype(np.float32), ROWS
    )


def spread_prior(rng: np.random.Generator, D: int) -> np.ndarray:
    root = rng.normal(size=(D, D)) / np.sqrt(D)
    return root @ root.T + np.eye(D)


@pytest.mark.parametrize("D", [1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 65])
@pytest.mark.parametrize("biased", [True, False])
def test_every_row_has_the_mean_and_covariance_of_the_half_step(D: int, biased: bool) -> None:
    rng = np.random.default_rng(D)
    entries, other = made_entries(rng), rng.normal(size=(OTHERS, D)).astype(np.float32)
    weights = rng.uniform(0.5, 2, len(entries.values)).astype(np.float32)
    scale = rng.uniform(0.5, 2, ROWS)
    precision, mean = spread_prior(rng, D), rng.normal(size=(ROWS, D))
    out, covariance = np.zeros((ROWS, D), np.float32), np.zeros((ROWS, D, D), np.float32)
    given = Conditional(precision, mean @ precision, scale, weights)
    with ThreadTeam(2) as team:
        RowSolver(entries, D, team, biased).solve(other, given, out, covariance=covariance)
    for row in range(ROWS):
        span = slice(entries.starts[row], entries.starts[row + 1])
        X = other[entries.numbers[span]].astype(np.float64)
        y = entries.values[span].astype(np.float64)
        if biased:
            y, X[:, 0] = y - X[:, 0], 1.0
        root = np.sqrt(weights[span].astype(np.float64))
        want_mean, want_covariance = row_update(
            (X * root[:, None])[None], (y * root)[None], scale[row : row + 1], mean[row : row + 1], precision[None]
        )
        np.testing.assert_allclose(out[row], want_mean[0], atol=2e-4)
        np.testing.assert_allclose(covariance[row], want_covariance[0], atol=2e-4)


@pytest.mark.parametrize("D", [1, 5, 17, 33])
def test_the_variance_of_a_rating_is_that_of_the_covariance(D: int) -> None:
    rng = np.random.default_rng(D)
    entries, other = made_entries(rng), rng.normal(size=(OTHERS, D)).astype(np.float32)
    given = Conditional(spread_prior(rng, D), np.zeros((1, D)), rng.uniform(0.5, 2, ROWS))
    moment = other.T.astype(np.float64) @ other / OTHERS
    out, covariance = np.zeros((ROWS, D), np.float32), np.zeros((ROWS, D, D), np.float32)
    variance = np.zeros(ROWS, np.float32)
    with ThreadTeam(2) as team:
        solver = RowSolver(entries, D, team)
        solver.solve(other, given, out, covariance=covariance)
        solver.solve(other, given, out, moment=moment, variance=variance)
    np.testing.assert_allclose(variance, np.einsum("rde,de->r", covariance, moment), rtol=1e-4)


def test_a_row_of_its_own_prior_is_solved_with_it() -> None:
    rng = np.random.default_rng(3)
    entries, D = made_entries(rng), 6
    other = rng.normal(size=(OTHERS, D)).astype(np.float32)
    precisions = np.stack([spread_prior(rng, D) for _ in range(ROWS)])
    out, alone = np.zeros((ROWS, D), np.float32), np.zeros((ROWS, D), np.float32)
    with ThreadTeam(1) as team:
        solver = RowSolver(entries, D, team)
        solver.solve(other, Conditional(precisions, np.zeros((1, D)), np.ones(1)), out)
        solver.solve(other, Conditional(precisions[7], np.zeros((1, D)), np.ones(1)), alone)
    np.testing.assert_allclose(out[7], alone[7], atol=1e-6)
    assert np.abs(out[8] - alone[8]).max() > 1e-3
    np.testing.assert_array_equal(out[ROWS - 1], 0.0)  # no entry, prior mean zero


def test_noise_turns_means_into_draws_of_the_conditional() -> None:
    """Many copies of one row, each with its own noise, have the row's mean and covariance."""
    rng = np.random.default_rng(5)
    copies, n, D = 20_000, 6, 4
    other = rng.normal(size=(n, D)).astype(np.float32)
    values = rng.normal(size=n).astype(np.float32)
    keys = np.repeat(np.arange(copies), n).astype(np.int32)
    entries = Grouped.build(keys, np.tile(np.arange(n), copies).astype(np.int32), np.tile(values, copies), copies)
    out, covariance = np.zeros((copies, D), np.float32), np.zeros((copies, D, D), np.float32)
    mean = np.zeros_like(out)
    given = Conditional(np.eye(D), np.zeros((1, D)), np.full(1, 2.0))
    noise = rng.standard_normal((copies, D), dtype=np.float32)
    with ThreadTeam(2) as team:
        solver = RowSolver(entries, D, team)
        solver.solve(other, given, mean, covariance=covariance)
        solver.solve(other, given, out, noise=noise)
    np.testing.assert_allclose(out.mean(0), mean[0], atol=0.02)
    np.testing.assert_allclose(np.cov(out.T), covariance[0], atol=0.02)


def test_long_rows_are_split_without_changing_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    entries, D = made_entries(rng), 9
    other = rng.normal(size=(OTHERS, D)).astype(np.float32)
    given = Conditional(np.eye(D), np.zeros((1, D)), np.ones(1))
    whole, split = np.zeros((ROWS, D), np.float32), np.zeros((ROWS, D), np.float32)
    with ThreadTeam(2) as team:
        RowSolver(entries, D, team).solve(other, given, whole)
        monkeypatch.setattr(rows_module, "LONG", 5)
        RowSolver(entries, D, team).solve(other, given, split)
    np.testing.assert_allclose(split, whole, atol=1e-5)


def test_the_number_of_threads_does_not_change_a_bit() -> None:
    rng = np.random.default_rng(9)
    entries, D = made_entries(rng), 17
    other = rng.normal(size=(OTHERS, D)).astype(np.float32)
    noise = rng.standard_normal((ROWS, D), dtype=np.float32)
    answers = []
    for threads in (1, 2, 5):
        out = np.zeros((ROWS, D), np.float32)
        with ThreadTeam(threads) as team:
            RowSolver(entries, D, team).solve(
                other, Conditional(np.eye(D), np.ones((1, D)), np.ones(1)), out, noise=noise
            )
        answers.append(out)
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])


@pytest.mark.parametrize("biased", [True, False])
def test_residuals_are_targets_less_predictions(biased: bool) -> None:
    rng = np.random.default_rng(11)
    entries, D = made_entries(rng), 5
    own, other = (rng.normal(size=(n, D)).astype(np.float32) for n in (ROWS, OTHERS))
    with ThreadTeam(2) as team:
        found = RowSolver(entries, D, team, biased).residuals(own, other)
    at = np.repeat(np.arange(ROWS), entries.counts)
    first = 1 if biased else 0
    predicted = (own[at, first:] * other[entries.numbers, first:]).sum(1)
    if biased:
        predicted += own[at, 0] + other[entries.numbers, 0]
    np.testing.assert_allclose(found, entries.values - predicted, atol=1e-5)


def test_a_singular_system_gives_a_finite_answer() -> None:
    """Two equal regressors, and next to no prior."""
    entries = Grouped.build(np.zeros(4, np.int32), np.arange(4, dtype=np.int32), np.ones(4, np.float32), 1)
    other = np.full((4, 3), 1e4, np.float32)
    out = np.zeros((1, 3), np.float32)
    with ThreadTeam(1) as team:
        given = Conditional(np.eye(3) * 1e-6, np.zeros((1, 3)), np.ones(1))
        RowSolver(entries, 3, team, biased=False).solve(other, given, out)
    assert np.isfinite(out).all()
