"""The solver: its slopes are true, it finds what is there, and keeps what no rating depends on."""

import dataclasses

import numpy as np
import pytest

import penchant as pt
from lesson.tables import ratings_of
from penchant.foundations.errors import SettingsError
from penchant.lesson.crosstab import CrosstabSettings, crosstab
from penchant.lesson.solver import Factors, SolverSettings, initial_factors, rmse, slopes, solve


def low_rank_table(users=8, items=9, rank=2, blanks=0.2, seed=0):
    rng = np.random.default_rng(seed)
    values = 3 + rng.normal(size=(users, rank)) @ rng.normal(size=(rank, items)) * 0.5
    values[rng.random(values.shape) < blanks] = np.nan
    return crosstab(ratings_of(values), CrosstabSettings(users=users, items=items))


def test_rmse_is_the_sum_over_rated_cells_written_out():
    table = low_rank_table()
    factors = initial_factors(table, SolverSettings(factors=3, bias=True))
    squares = [
        (
            table.values[u, i]
            - factors.user_vectors[u] @ factors.item_vectors[i]
            - factors.user_bias[u]
            - factors.item_bias[i]
        )
        ** 2
        for u, i in np.argwhere(table.rated)
    ]
    assert rmse(table, factors) == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-14)


def test_slopes_are_the_central_differences():
    table = low_rank_table()
    factors = initial_factors(table, SolverSettings(factors=2, bias=True))
    exact = slopes(table, factors)
    for name in ("user_vectors", "item_vectors", "user_bias", "item_bias"):
        for at in np.ndindex(getattr(factors, name).shape):
            moved = []
            for epsilon in (1e-5, -1e-5):
                changed = getattr(factors, name).copy()
                changed[at] += epsilon
                moved.append(rmse(table, dataclasses.replace(factors, **{name: changed})))
            assert getattr(exact, name)[at] == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-8), (name, at)


def test_a_table_of_low_rank_is_found_exactly():
    assert solve(low_rank_table(), factors=3, iterations=3000).rmse < 1e-4


def test_a_table_of_biases_needs_no_more_than_biases():
    values = np.add.outer([0.5, 1.0, 2.0], [1.0, 2.0, 3.0])
    table = crosstab(ratings_of(values), CrosstabSettings(users=3, items=3))
    assert solve(table, factors=1, bias=True, iterations=2000).rmse < 1e-3


def test_the_trace_falls_from_the_start_to_the_result():
    solution = solve(low_rank_table(), factors=1)
    assert solution.trace[0] == rmse(low_rank_table(), solution.start)
    assert (np.diff(solution.trace) <= 0).all()
    assert solution.trace[-1] == pytest.approx(solution.rmse, rel=1e-12)


def test_iterations_limit_the_trace():
    assert len(solve(low_rank_table(), iterations=3).trace) == 4


def test_a_user_without_ratings_keeps_its_start():
    values = low_rank_table(blanks=0.0).values
    table = crosstab(ratings_of(values), CrosstabSettings(users=8, items=9))
    blank = table.values.copy()
    blank[3] = np.nan
    solution = solve(dataclasses.replace(table, values=blank), bias=True)
    np.testing.assert_array_equal(solution.factors.user_vectors[3], solution.start.user_vectors[3])
    assert solution.factors.user_bias[3] == solution.start.user_bias[3]
    assert (solution.factors.user_vectors[2] != solution.start.user_vectors[2]).all()


def test_slopes_at_a_perfect_fit_are_zero_and_not_a_division_by_it():
    table = crosstab(ratings_of([[2.0]]), CrosstabSettings(users=1, items=1))
    perfect = Factors(np.array([[1.0]]), np.array([[2.0]]), np.zeros(1), np.zeros(1))
    assert slopes(table, perfect).flat(True).tolist() == [0.0] * 4


def test_the_same_seed_gives_the_same_bits_and_another_seed_another_start():
    one, two, other = (solve(low_rank_table(), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.factors.item_vectors, two.factors.item_vectors)
    assert (one.start.item_vectors != other.start.item_vectors).any()


def test_settings_are_checked_by_name():
    with pytest.raises(SettingsError, match="factors"):
        solve(low_rank_table(), factors=0)
    with pytest.raises(SettingsError, match="no setting 'factor'"):
        solve(low_rank_table(), factor=3)


def test_the_lessons_corner_is_fitted_as_closely_as_the_lesson_fitted_it():
    table = crosstab(pt.movielens())
    plain, biased = solve(table), solve(table, bias=True)
    assert plain.rmse < 0.42
    assert biased.rmse < 0.36
