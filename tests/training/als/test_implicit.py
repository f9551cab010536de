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
from penchant.training.als.implicit import ImplicitALSSettings
from penchant.training.als.implicit_loss import ImplicitLoss, width_for
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


def grocery(seed: int = 2) -> tuple[Ratings, Ratings]:
    """Baskets of 166 items whose popularity follows a power law, and what the same users buy next.

    A user buys by popularity and, half of the time, from one of ten groups of items.
    """
    rng = np.random.default_rng(seed)
    users, items, groups = 900, 166, 10
    popular = 1 / np.arange(1, items + 1) ** 0.8
    group, own = rng.integers(0, groups, items), rng.integers(0, groups, users)
    chosen = set()
    for user in range(users):
        liked = popular * (group == own[user])
        chances = 0.5 * popular / popular.sum() + 0.5 * liked / liked.sum()
        chosen |= {(user, int(item)) for item in rng.choice(items, 18, p=chances)}
    u, i = np.array(sorted(chosen)).T
    test = rng.random(len(u)) < 0.2
    return tuple(of_arrays(u[at], i[at], np.ones(at.sum()), users, items) for at in (~test, test))


def recall(scores: np.ndarray, given: Ratings, held: Ratings, n: int = 10) -> float:
    """The share of held interactions among each user's best n that were not given."""
    scores = scores.copy()
    scores[given.user_numbers, given.item_numbers] = -np.inf
    best = np.argsort(-scores, axis=1)[:, :n]
    return float(np.mean([item in best[user] for user, item in zip(held.user_numbers, held.item_numbers, strict=True)]))


def test_the_defaults_do_not_lose_to_popularity_on_few_items() -> None:
    given, held = grocery()
    trained = train(given, "implicit_als")
    assert trained.settings["regularization"] is None
    assert len(trained.facts["regularization_tried"]) >= 3
    scores = trained.users.vectors[0] @ trained.items.vectors[0].T
    popular = np.broadcast_to(given.by_item().counts.astype(float), scores.shape)
    assert recall(scores, given, held) > recall(popular, given, held) + 0.02


@pytest.mark.parametrize(
    ("users", "items", "positive", "factors"),
    [(900, 166, 13_000, 24), (670, 8_400, 80_000, 48), (6_040, 3_706, 900_000, 120), (17_000, 10_000, 90_000, 40)],
)
def test_the_width_fits_the_table(users: int, items: int, positive: int, factors: int) -> None:
    assert width_for(users, items, positive) == factors


def test_settings_that_are_given_are_kept_and_the_others_follow_the_density() -> None:
    open_ = ImplicitLoss.of(ImplicitALSSettings(), 1000, 100, 2000)
    assert open_.unobserved_weight == pytest.approx(16 * 0.02)
    given = ImplicitALSSettings(factors=3, unobserved_weight=0.7, regularization=0.2)
    assert ImplicitLoss.of(given, 1000, 100, 2000) == ImplicitLoss(3, 0.7, 0.2, 1.0)


def test_a_user_without_a_choice_is_shown_what_most_choose() -> None:
    given, _ = grocery()
    model = Recommender.of(train(given, "implicit_als", positive_from=1.0))
    counts = given.by_item().counts
    ranking = model.fold_in({}).recommend(5)
    numbers = [int(one[1:]) for one in ranking.ids]
    assert ranking.source == "prior"
    assert counts[numbers].sum() > 0.9 * np.sort(counts)[-5:].sum()
    assert model.recommend(-5, 5).ids == ranking.ids


def test_what_was_rated_low_alone_is_no_history(camps: Ratings) -> None:
    model = Recommender.of(train(camps, "implicit_als", **SETTINGS, positive_from=4.0))
    nothing = model.fold_in({}).recommend(6)
    assert np.abs(nothing.scores).min() > 0.01
    disliked = model.fold_in({nothing.ids[5]: 1.0})
    assert disliked.source == "prior"
    assert disliked.recommend(5).ids == nothing.ids[:5]
