"""Explicit least squares against its own normal equations, written out in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from made_ratings import low_rank
from penchant.data.ratings import Ratings
from penchant.foundations.errors import SettingsError
from penchant.recommending.fold_in import infer
from penchant.training.registry import train

FACTORS, LAMBDA, POWER = 3, 2.0, 0.4


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return low_rank(users=40, items=30, n=800, noise=0.3, seed=1)


def loss(ratings: Ratings, mean: float, users: np.ndarray, items: np.ndarray) -> float:
    """The penalised sum of squares that the module's docstring states; rows are [bias, vector]."""
    p, q = users[ratings.user_numbers], items[ratings.item_numbers]
    errors = ratings.values - mean - p[:, 0] - q[:, 0] - (p[:, 1:] * q[:, 1:]).sum(axis=1)
    penalty = 0.0
    for rows, numbers in ((users, ratings.user_numbers), (items, ratings.item_numbers)):
        counts = np.maximum(np.bincount(numbers, minlength=len(rows)), 1)
        penalty += float((LAMBDA * counts**POWER * (rows**2).sum(axis=1)).sum())
    return float((errors.astype(np.float64) ** 2).sum()) + penalty


def rows_of(model: object) -> tuple[float, np.ndarray, np.ndarray]:
    users, items = (side.all_rows().joined[0].astype(np.float64) for side in (model.users, model.items))  # type: ignore[attr-defined]
    return float(model.mean[0]), users, items  # type: ignore[attr-defined]


def test_every_user_row_solves_its_normal_equations(ratings: Ratings) -> None:
    mean, users, items = rows_of(train(ratings, "als", factors=FACTORS, epochs=3))
    for user in range(ratings.n_users):
        mine = ratings.user_numbers == user
        X = np.c_[np.ones(mine.sum()), items[ratings.item_numbers[mine], 1:]]
        y = ratings.values[mine] - mean - items[ratings.item_numbers[mine], 0]
        A = X.T @ X + LAMBDA * mine.sum() ** POWER * np.eye(FACTORS + 1)
        np.testing.assert_allclose(users[user], np.linalg.solve(A, X.T @ y), atol=2e-4)


def test_no_sweep_raises_the_loss(ratings: Ratings) -> None:
    losses = [loss(ratings, *rows_of(train(ratings, "als", factors=FACTORS, epochs=n))) for n in range(1, 8)]
    assert all(after <= before * (1 + 1e-6) for before, after in zip(losses, losses[1:], strict=False))
    assert losses[-1] < losses[0]


def test_folding_a_users_own_ratings_in_gives_the_trained_row(ratings: Ratings) -> None:
    model = train(ratings, "als", factors=FACTORS)
    for user in (0, 7, 39):
        found = infer(model, "users", *model.interactions.row(user))
        np.testing.assert_allclose(found.rows.joined[:, 0], model.users.all_rows().joined[:, user], atol=2e-4)


def test_held_out_ratings_of_a_low_rank_matrix_are_predicted(ratings: Ratings) -> None:
    held = np.arange(len(ratings)) % 10 == 0
    test = ratings.take(held)
    model = train(ratings.take(~held), "als", factors=4, regularization=0.3, validation=test)
    assert model.history[-1]["validation_rmse"] < 0.5 * float(test.values.std())


def test_the_same_seed_gives_the_same_bits_and_resuming_continues(ratings: Ratings) -> None:
    one, two = (train(ratings, "als", factors=FACTORS, epochs=6, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one.users.vectors, two.users.vectors)
    half = train(ratings, "als", factors=FACTORS, epochs=3, seed=5)
    whole = train(ratings, "als", factors=FACTORS, epochs=3, seed=9, resume=half)
    np.testing.assert_allclose(whole.items.vectors, one.items.vectors, atol=1e-3)


def test_without_factors_only_biases_are_learned(ratings: Ratings) -> None:
    model = train(ratings, "als", factors=0)
    assert model.users.vectors.shape == (1, 40, 0)
    assert np.abs(model.users.bias).max() > 0


def test_a_zero_penalty_is_refused(ratings: Ratings) -> None:
    with pytest.raises(SettingsError, match="regularization: 0 must be above 0"):
        train(ratings, "als", regularization=0)
