"""ELSA against its loss written out, and what it shares with EASE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from made_ratings import of_arrays
from penchant.data.ratings import Ratings
from penchant.recommending.recommender import Recommender, load
from penchant.training.linear.elsa import loss_and_gradient
from penchant.training.registry import train

USERS, ITEMS, CAMPS = 200, 40, 4
HOW = {"factors": 12, "seed": 1}


@pytest.fixture(scope="module")
def camps() -> Ratings:
    """Users who choose half of one camp's items, and a few others."""
    rng = np.random.default_rng(3)
    own = (np.arange(USERS)[:, None] + np.arange(ITEMS)) % CAMPS == 0
    u, i = np.nonzero(rng.random((USERS, ITEMS)) < np.where(own, 0.5, 0.04))
    return of_arrays(u, i, np.full(len(u), 5.0), USERS, ITEMS)


def written_out(x: np.ndarray, A: np.ndarray, c: np.ndarray, penalty: float) -> float:
    """The mean loss with every score and every weight made."""
    weights = A @ A.T
    y = ((x * c) @ weights - x * c) / c
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (x, y)]
    return float(np.mean(np.sum((unit[0] - unit[1]) ** 2, axis=1)) + penalty * np.sum(weights**2))


def test_loss_and_gradient_are_those_written_out() -> None:
    rng = np.random.default_rng(0)
    x = (rng.random((6, 9)) < 0.5) * rng.uniform(0.5, 1.0, (6, 9))
    x[:, 0] = 1.0
    A = rng.standard_normal((9, 3))
    A /= np.linalg.norm(A, axis=1, keepdims=True)
    c, penalty = rng.uniform(0.5, 1.5, 9), 0.01
    loss, gradient = loss_and_gradient(csr_array(x), A, c, penalty)
    assert loss == pytest.approx(written_out(x, A, c, penalty), abs=1e-6)
    for place in np.ndindex(*A.shape):
        along = gradient - (gradient * A).sum(axis=1, keepdims=True) * A
        sideways = np.eye(3)[place[1]] - A[place] * A[place[0]]
        ahead, behind = (A.copy(), A.copy())
        ahead[place[0]] += 1e-6 * sideways
        behind[place[0]] -= 1e-6 * sideways
        slope = (written_out(x, ahead, c, penalty) - written_out(x, behind, c, penalty)) / 2e-6
        assert along[place] == pytest.approx(slope, abs=1e-5)


def test_scores_are_those_of_the_autoencoder_and_the_loss_falls(camps: Ratings) -> None:
    model = train(camps, "elsa", **HOW)
    X = np.zeros((USERS, ITEMS), np.float32)
    X[camps.user_numbers, camps.item_numbers] = 1
    c = 1 / np.sqrt(X.sum(axis=0) + 100)
    A = model.items.vectors[0] * c[:, None]
    np.testing.assert_allclose(np.linalg.norm(A, axis=1), 1.0, atol=1e-5)
    scores = model.scorer.all_items(model.users.rows(np.arange(USERS)), model.items.all_rows())
    np.testing.assert_allclose(scores, ((X * c) @ A @ A.T - X * c) / c, atol=1e-4)
    losses = [one["train_loss"] for one in model.history]
    assert losses[-1] < 0.8 * losses[0]


def test_lists_name_the_rest_of_ones_camp(camps: Ratings) -> None:
    model = Recommender.of(train(camps, "elsa", **HOW))
    found = [int(model.recommend(100 + user, 1).ids[0][1:]) for user in range(40)]
    assert np.mean([(user + item) % CAMPS == 0 for user, item in enumerate(found)]) > 0.9


def test_it_is_saved_folded_in_explained_and_grown(camps: Ratings, tmp_path: Path) -> None:
    model = Recommender.of(train(camps, "elsa", **HOW))
    said = model.fold_in({"i0": 5.0, "i4": 5.0}).explain("i8")
    assert said.total == pytest.approx(said.score, abs=1e-6)
    assert len(said.pulls) == 2
    grown = model.with_user(999, {"i0": 5.0, "i4": 5.0}).with_item("new", ratings={100: 5.0, 104: 5.0, 108: 5.0})
    again = load(grown.save(tmp_path / "model"))
    expected = model.fold_in({"i0": 5.0, "i4": 5.0}).recommend(3)
    for one in (grown, again):
        np.testing.assert_allclose(one.recommend(999, 3, exclude=["new"]).scores, expected.scores, atol=1e-5)
        scores = [one.recommend(user, 1, among=["new"]).scores[0] for user in (112, 113)]
        assert scores[0] > scores[1]
    counts = camps.by_item().counts
    popular = [counts[int(one[1:])] for one in model.fold_in({}).recommend(5).ids]
    assert np.mean(popular) > np.mean(counts)


def test_training_goes_on_from_an_earlier_model(camps: Ratings) -> None:
    first = train(camps, "elsa", **HOW, epochs=20)
    second = train(camps, "elsa", seed=1, epochs=1, learning_rate=1e-4, resume=first)
    np.testing.assert_allclose(second.items.vectors, first.items.vectors, atol=1e-2)
