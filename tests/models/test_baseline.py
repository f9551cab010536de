import numpy as np
import pytest

from made_ratings import low_rank, of_arrays
from penchant.models.baseline import damped_biases


def test_biases_solve_the_penalised_least_squares_problem():
    world = low_rank(users=12, items=9, n=70)
    found = damped_biases(world, user_damping=3.0, item_damping=7.0, epochs=300)
    design = np.zeros((70, 21))
    design[np.arange(70), world.user_numbers] = 1.0
    design[np.arange(70), 12 + world.item_numbers] = 1.0
    penalty = np.diag([3.0] * 12 + [7.0] * 9)
    exact = np.linalg.solve(design.T @ design + penalty, design.T @ (world.values - world.values.mean(dtype=float)))
    assert np.concatenate([found.users, found.items]) == pytest.approx(exact, abs=1e-4)


def test_rows_without_ratings_have_no_bias_without_damping():
    world = of_arrays(np.array([0, 0]), np.array([0, 2]), np.array([1.0, 4.0]), 2, 4)
    found = damped_biases(world, user_damping=0.0, item_damping=0.0)
    assert found.users[1] == 0.0
    assert found.items[[1, 3]].tolist() == [0.0, 0.0]
