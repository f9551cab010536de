"""Explicit least squares against its own normal equations, written out in NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made_ratings import low_rank
from penchant.data import splitting
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.evaluation.report.evaluate import evaluate
from penchant.foundations.errors import SettingsError
from penchant.recommending.fold_in import infer
from penchant.recommending.recommender import Recommender
from penchant.training.als.penalties import bias_variances
from penchant.training.registry import train

USER_STD, ITEM_STD = 0.5, 0.7
FACTORS, LAMBDA, POWER = 3, 4.0, 0.3


def sparse_world(*, noise: float, vectors: float, per_user: int = 6, users: int = 2_000, items: int = 400) -> Ratings:
    """Ratings with biases of known spread and vectors in two dimensions, each user with about as many ratings."""
    rng = np.random.default_rng(3)
    cells = rng.choice(users * items, users * per_user, replace=False)
    u, i = (cells // items).astype(np.int32), (cells % items).astype(np.int32)
    p, q = rng.normal(0, vectors**0.5, (users, 2)), rng.normal(0, vectors**0.5, (items, 2))
    values = 3 + rng.normal(0, USER_STD, users)[u] + rng.normal(0, ITEM_STD, items)[i] + (p[u] * q[i]).sum(axis=1)
    values += rng.normal(0, noise, len(cells))
    vocabularies = Vocabulary([f"u{n}" for n in range(users)]), Vocabulary([f"i{n}" for n in range(items)])
    return Ratings(u, i, values.astype(np.float32), *vocabularies, Scale(-10.0, 16.0, declared=True))


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return low_rank(users=40, items=30, n=800, noise=0.3, seed=1)


def diagonals(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """The penalties of a user's and of an item's [bias, vector], before they grow with the row's ratings."""
    found, diagonals = bias_variances(ratings), []
    sides = ((ratings.user_numbers, found.user_damping), (ratings.item_numbers, found.item_damping))
    for numbers, damping in sides:
        growth = np.unique(numbers, return_counts=True)[1] ** POWER
        diagonals.append(np.array([damping / growth.mean(), *[LAMBDA * found.noise] * FACTORS]))
    return diagonals[0], diagonals[1]


def loss(ratings: Ratings, mean: float, users: np.ndarray, items: np.ndarray) -> float:
    """The penalised sum of squares that the module's docstring states; rows are [bias, vector]."""
    p, q = users[ratings.user_numbers], items[ratings.item_numbers]
    errors = ratings.values - mean - p[:, 0] - q[:, 0] - (p[:, 1:] * q[:, 1:]).sum(axis=1)
    penalty = 0.0
    sides = ((users, ratings.user_numbers), (items, ratings.item_numbers))
    for (rows, numbers), diagonal in zip(sides, diagonals(ratings), strict=True):
        counts = np.maximum(np.bincount(numbers, minlength=len(rows)), 1)
        penalty += float(counts**POWER @ (rows**2 @ diagonal))
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
        A = X.T @ X + mine.sum() ** POWER * np.diag(diagonals(ratings)[0])
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
    model = train(ratings.take(~held), "als", factors=4, regularization=0.8, validation=test)
    assert model.history[-1]["validation_rmse"] < 0.55 * float(test.values.std())


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


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_the_variances_of_biases_are_those_of_the_world(noise: float) -> None:
    ratings = sparse_world(noise=noise, vectors=0.0)
    found = bias_variances(ratings)
    assert found.noise == pytest.approx(noise, rel=0.05)
    assert found.user_damping == pytest.approx(noise**2 / USER_STD**2, rel=0.2)
    assert found.item_damping == pytest.approx(noise**2 / ITEM_STD**2, rel=0.2)


def test_ratings_that_are_all_equal_train_and_predict_themselves() -> None:
    ratings = sparse_world(noise=0.5, vectors=0.3)
    model = train(replace(ratings, values=np.full(len(ratings), 3.0, np.float32)), "als", factors=2)
    predicted = Recommender.of(model).predict(ratings.users.ids[0], ratings.items.ids[0])
    assert predicted.mean[0] == pytest.approx(3.0, abs=1e-3) and 0 < predicted.std[0] < 0.1


@pytest.mark.parametrize(("vectors", "per_user"), [(0.0, 4), (0.3, 4), (0.5, 40)])
def test_als_is_no_worse_than_the_baseline_and_its_intervals_hold(vectors: float, per_user: int) -> None:
    """From tables of four ratings a user to dense ones, with taste and without."""
    ratings = sparse_world(noise=0.8, vectors=vectors, per_user=per_user)
    split = splitting.random(ratings, test=0.25, seed=0)
    als, baseline = (
        evaluate(Recommender.of(train(split.train, name)), split, plots=False, ranking=False)
        for name in ("als", "baseline")
    )
    assert als["rmse"].value <= baseline["rmse"].value * 1.002
    assert 0.88 <= als["within_90%"].value <= 0.92
