"""Implicit least squares against its loss and its normal equations, written out in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from made_ratings import of_arrays
from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
from penchant.recommending.recommender import Recommender
from penchant.training.registry import train

USERS, ITEMS, CAMPS = 60, 40, 4
SETTINGS: dict[str, Any] = {"factors": 6, "regularization": 0.02, "unobserved_weight": 0.3, "regularization_power": 0.5}


@pytest.fixture(scope="module")
def camps() -> Ratings:
    """Everyone chooses most of their own camp's items, and rates one item of another camp with 1."""
    rng = np.random.default_rng(3)
    rows = []
    for user in range(USERS):
        own = np.arange(user % CAMPS, ITEMS, CAMPS)
        rows += [(user, item, rng.choice([4.0, 5.0])) for item in rng.permutation(own)[:7]]
        rows.append((user, (user + 1) % CAMPS, 1.0))
    u, i, values = np.array(rows).T
    return of_arrays(u, i, values, USERS, ITEMS)


def loss(ratings: Ratings, trained: TrainedModel, confidence: str = "equal") -> float:
    """The loss of the module's docstring, over every pair."""
    alpha, power = SETTINGS["unobserved_weight"], SETTINGS["regularization_power"]
    P, Q = trained.users.vectors[0].astype(np.float64), trained.items.vectors[0].astype(np.float64)
    scores = P @ Q.T
    weights = np.zeros_like(scores)
    weights[ratings.user_numbers, ratings.item_numbers] = ratings.values if confidence == "values" else 1.0
    total = float((weights * (1 - scores) ** 2).sum() + alpha * (scores**2).sum())
    for rows, axis, others in ((P, 1, ITEMS), (Q, 0, USERS)):
        counts = np.maximum((weights > 0).sum(axis=axis), 1)
        total += float((SETTINGS["regularization"] * (counts + alpha * others) ** power * (rows**2).sum(axis=1)).sum())
    return total


@pytest.mark.parametrize("confidence", ["equal", "values"])
@pytest.mark.parametrize("solver", ["exact", "blocks", "cg"])
def test_no_sweep_raises_the_loss(camps: Ratings, confidence: str, solver: str) -> None:
    how = {"solver": solver, "block": 2, "confidence": confidence}
    models = [train(camps, "implicit_als", **SETTINGS, epochs=n, **how) for n in range(1, 6)]
    losses = [loss(camps, model, confidence) for model in models]
    assert all(after <= before * (1 + 1e-6) for before, after in zip(losses, losses[1:], strict=False))


@pytest.mark.parametrize("solver", ["blocks", "cg"])
def test_every_solver_reaches_the_loss_of_the_exact_one(camps: Ratings, solver: str) -> None:
    whole, other = (
        train(camps, "implicit_als", **SETTINGS, epochs=60, block=2, solver=one) for one in ("exact", solver)
    )
    assert loss(camps, other) == pytest.approx(loss(camps, whole), rel=1e-3)


def test_every_user_row_solves_its_normal_equations(camps: Ratings) -> None:
    trained = train(camps, "implicit_als", **SETTINGS, epochs=4)
    Q = trained.items.vectors[0].astype(np.float64)
    alpha, power = SETTINGS["unobserved_weight"], SETTINGS["regularization_power"]
    for user in range(USERS):
        chosen = Q[camps.item_numbers[camps.user_numbers == user]]
        ridge = SETTINGS["regularization"] * (len(chosen) + alpha * ITEMS) ** power
        A = chosen.T @ chosen + alpha * Q.T @ Q + ridge * np.eye(Q.shape[1])
        np.testing.assert_allclose(trained.users.vectors[0, user], np.linalg.solve(A, chosen.sum(axis=0)), atol=1e-4)


def test_the_form_of_hu_has_no_penalty_on_positive_pairs(camps: Ratings) -> None:
    trained = train(camps, "implicit_als", **SETTINGS, epochs=4, form="hu", confidence="values")
    Q, alpha = trained.items.vectors[0].astype(np.float64), SETTINGS["unobserved_weight"]
    for user in (0, 23):
        mine = camps.user_numbers == user
        weights = np.full(ITEMS, alpha)
        weights[camps.item_numbers[mine]] += camps.values[mine]
        wanted = np.zeros(ITEMS)
        wanted[camps.item_numbers[mine]] = 1.0
        ridge = SETTINGS["regularization"] * (mine.sum() + alpha * ITEMS) ** SETTINGS["regularization_power"]
        A = (Q.T * weights) @ Q + ridge * np.eye(Q.shape[1])
        expected = np.linalg.solve(A, (Q.T * weights) @ wanted)
        np.testing.assert_allclose(trained.users.vectors[0, user], expected, atol=1e-4)


@pytest.mark.parametrize("more", [{}, {"positive_from": 4.0}, {"confidence": "logarithm"}, {"form": "hu"}])
def test_fold_in_of_training_interactions_gives_the_trained_row(camps: Ratings, more: dict[str, Any]) -> None:
    trained = train(camps, "implicit_als", **SETTINGS, **more)
    for user in (0, 11, 59):
        found = infer(trained, "users", *trained.interactions.row(user))
        np.testing.assert_allclose(found.rows.vectors[:, 0], trained.users.vectors[:, user], atol=1e-4)
        assert np.abs(found.rows.bias).max() < 1e-6


def test_lists_start_with_the_same_group_and_leave_out_disliked_items(camps: Ratings) -> None:
    model = Recommender.of(train(camps, "implicit_als", **SETTINGS, positive_from=4.0))
    for user in range(0, USERS, 7):
        answer = model.recommend(camps.users.ids[user], n=3)
        camp = {camps.items.ids[i] for i in range(user % CAMPS, ITEMS, CAMPS)}
        assert set(answer.ids) <= camp
        assert camps.items.ids[(user + 1) % CAMPS] not in answer.ids


def test_no_positive_interactions_are_refused(camps: Ratings) -> None:
    with pytest.raises(
        DataError,
        match=r"positive_from: no rating reaches 9.0, so there is no positive interaction. Ratings go up to 5",
    ):
        train(camps, "implicit_als", positive_from=9.0)
