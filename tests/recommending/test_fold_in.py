"""Fold-in: the row update against plain algebra, links against a general minimizer, and folded-in users."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.optimize import minimize

from made_models import made
from penchant.foundations.errors import CallerError
from penchant.models.priors import HistoryEffect
from penchant.models.rows import Rows
from penchant.models.scorers import SideName
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
from penchant.recommending.recommender import Recommender, index_of, main_model
from penchant.recommending.user_state import new_user_state
from penchant.training.row_update import row_update
from recommending.made_scorers import SCORERS

RNG = np.random.default_rng(11)
GIVEN = np.array([4.5, 2.0, 3.5], np.float32)


def slow_row(trained: TrainedModel, of: SideName, others: Rows, values: np.ndarray) -> np.ndarray:
    """The row of the first sample that minimizes the same penalized sum of squares, by a general minimizer."""
    prior = (trained.users if of == "users" else trained.items).prior
    mean, precision = prior.mean[0].astype(float), prior.precision[0].astype(float)

    def cost(row: np.ndarray) -> float:
        own = Rows.split(row[None, None])
        expected = trained.scorer.pairs(own, others) if of == "users" else trained.scorer.pairs(others, own)
        errors = values - expected[0].astype(float)
        return float(errors @ errors / trained.noise[0] ** 2 + (row - mean) @ precision @ (row - mean)) / 2

    return minimize(cost, mean, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-8, "maxiter": 5000}).x


def test_the_row_update_is_the_posterior_of_a_linear_regression() -> None:
    x, y = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(2, 4))
    root = RNG.normal(size=(2, 3, 3))
    precision, mean, noise = root @ root.transpose(0, 2, 1) + np.eye(3), RNG.normal(size=(2, 3)), np.array([0.5, 2.0])
    found, covariance = row_update(x, y, noise, mean, precision)
    for s in range(2):
        inverse = np.linalg.inv(precision[s] + noise[s] * x[s].T @ x[s])
        np.testing.assert_allclose(covariance[s], inverse, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found[s], inverse @ (precision[s] @ mean[s] + noise[s] * x[s].T @ y[s]), rtol=1e-4)


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("of", ["users", "items"])
def test_a_folded_in_row_minimizes_the_penalized_error(name: str, of: SideName) -> None:
    trained = made(SCORERS[name], samples=1)
    others = (trained.items if of == "users" else trained.users).rows(np.array([0, 1, 2]))
    rows = infer(trained, of, np.array([0, 1, 2]), GIVEN).rows
    np.testing.assert_allclose(rows.joined[0, 0], slow_row(trained, of, others, GIVEN), atol=0.005)


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("of", ["users", "items"])
def test_linearize_gives_the_derivative(name: str, of: SideName) -> None:
    trained, step = made(SCORERS[name], samples=1), 1e-2
    users, items = trained.users.rows(np.array([0, 1])), trained.items.rows(np.array([2, 3]))
    _, slopes = trained.scorer.linearize(users, items, of)
    for d in range(3):
        ends = []
        for sign in (step, -step):
            moved = (users if of == "users" else items).joined.copy()
            moved[:, :, d] += sign
            own = Rows.split(moved)
            ends.append(trained.scorer.pairs(own, items) if of == "users" else trained.scorer.pairs(users, own))
        np.testing.assert_allclose(slopes[:, :, d], (ends[0] - ends[1]) / (2 * step), atol=2e-3)


def test_ratings_of_users_with_low_noise_have_more_weight() -> None:
    trained = made(samples=1)
    variance = np.array([0.0, 0.5, 2.0, 0.1], np.float32)
    noisy = dataclasses.replace(trained, users=dataclasses.replace(trained.users, variance=variance))
    rated = trained.users.counts > 0
    spread = float(np.mean(np.square(noisy.noise))) + variance
    weights = 1 / spread / np.mean(1 / spread[rated])
    others, prior = noisy.users.rows(np.array([0, 1, 2])), noisy.items.prior
    rows = infer(noisy, "items", np.array([0, 1, 2]), GIVEN).rows
    x = np.concatenate([np.ones((3, 1)), others.vectors[0]], axis=1)
    y = GIVEN - noisy.scorer.pairs(others, Rows.split(np.zeros((1, 1, 3))))[0]
    precise = weights[:3] / noisy.noise[0] ** 2
    inverse = np.linalg.inv(prior.precision[0] + (x.T * precise) @ x)
    slow = inverse @ (prior.precision[0] @ prior.mean[0] + (x.T * precise) @ y)
    np.testing.assert_allclose(rows.joined[0, 0], slow, rtol=1e-3, atol=1e-5)


def test_the_variance_of_new_users_is_added_to_the_spread() -> None:
    trained = made(samples=1)
    unsure = dataclasses.replace(trained.users, prior=dataclasses.replace(trained.users.prior, variance=0.7))
    for ratings in (np.empty(0, np.float32), GIVEN[:2]):
        plain, wider = (
            new_user_state(index_of(Recommender.of(one)), np.arange(len(ratings)), ratings)
            .main.predict(np.array([2]))
            .std
            for one in (trained, dataclasses.replace(trained, users=unsure))
        )
        np.testing.assert_allclose(wider**2 - plain**2, 0.7, rtol=1e-4)


def test_each_sample_is_folded_in_separately() -> None:
    trained = made()
    others = trained.items.rows(np.array([0, 2]))
    together = infer(trained, "users", np.array([0, 2]), GIVEN[:2]).rows
    for s in range(3):
        x = np.concatenate([np.ones((1, 2, 1)), others.vectors[s : s + 1]], axis=2)
        y = GIVEN[:2] - trained.mean[s] - others.bias[s]
        alone, _ = row_update(x, y[None], np.ones(1), np.zeros((1, 3)), trained.users.prior.precision[:1])
        np.testing.assert_allclose(together.joined[s, 0], alone[0], rtol=1e-4)


def test_a_prior_per_rating_grows_with_the_ratings() -> None:
    trained = made()
    users = dataclasses.replace(trained.users, prior=dataclasses.replace(trained.users.prior, per_rating=True))
    weighted = dataclasses.replace(trained, users=users)
    others = trained.items.rows(np.array([0, 2]))
    rows = infer(weighted, "users", np.array([0, 2]), GIVEN[:2]).rows
    x = np.concatenate([np.ones((3, 2, 1)), others.vectors], axis=2)
    y = GIVEN[:2] - trained.mean[:, None] - others.bias
    doubled, _ = row_update(x, y, np.ones(3), users.prior.mean, 2 * users.prior.precision)
    np.testing.assert_allclose(rows.joined[:, 0], doubled, rtol=1e-4)


def test_a_history_shifts_the_prior_mean() -> None:
    trained = made()
    shift = RNG.normal(size=(3, 5, 3)).astype(np.float32)
    prior = trained.users.prior.with_effect(HistoryEffect(shift))
    np.testing.assert_allclose(
        prior.mean_given(None, np.array([1, 4])), (shift[:, 1] + shift[:, 4]) / np.sqrt(2), rtol=1e-5
    )


def test_the_selection_of_asked_items_is_not_used_as_history() -> None:
    trained = made()
    shift = RNG.normal(size=(3, 5, 3)).astype(np.float32)
    prior = trained.users.prior.with_effect(HistoryEffect(shift))
    model_with_history = Recommender.of(
        dataclasses.replace(trained, users=dataclasses.replace(trained.users, prior=prior))
    )
    ratings = {7: 5.0, 9: 2.0}
    asked = model_with_history.fold_in(ratings, asked=[7, 9, 404])
    np.testing.assert_allclose(
        asked.main.rows.joined, Recommender.of(trained).fold_in(ratings).main.rows.joined, rtol=1e-5
    )
    assert not np.allclose(asked.main.rows.joined, model_with_history.fold_in(ratings).main.rows.joined)
    np.testing.assert_allclose(asked.explain(5).rest, 0.0, atol=1e-5)


def test_more_ratings_lower_the_spread() -> None:
    model = Recommender.of(made())
    spread = [model.fold_in(dict.fromkeys(ids, 4.0)).predict(5).std[0] for ids in ([], [7], [7, 3, 9, 1])]
    assert spread == sorted(spread, reverse=True)


# --- folded-in users ---------------------------------------------------------------------------------------------


def test_a_user_state_has_its_source_and_the_model_is_not_changed() -> None:
    model = Recommender.of(made())
    before = main_model(model).items.vectors.copy(), main_model(model).users.vectors.copy()
    state = model.fold_in({7: 5.0, 404: 1.0})
    assert (state.source, list(state.unknown), state.numbers.tolist()) == ("folded_in", [404], [0])
    assert model.fold_in({}).source == "prior"
    np.testing.assert_array_equal(before[0], main_model(model).items.vectors)
    np.testing.assert_array_equal(before[1], main_model(model).users.vectors)


def test_rated_items_are_left_out_of_lists() -> None:
    model = Recommender.of(made())
    assert set(model.fold_in({7: 5.0, 3: 2.0}).recommend(5).ids) == {9, 1, 5}
    assert len(model.fold_in({7: 5.0}).recommend(5, exclude_seen=False)) == 5


def test_lists_for_known_unknown_and_folded_in_users() -> None:
    model = Recommender.of(made())
    assert model.recommend("ann").source == "known"
    unknown = model.recommend("zoe", 2)
    assert (unknown.source, list(unknown.unknown), unknown.asked) == ("prior", ["zoe"], "zoe")
    assert model.fold_in({7: 5.0}).recommend().source == "folded_in"
    assert model.fold_in({7: 5.0}, user="zoe").recommend().source == "folded_in"


def test_new_ratings_are_added_to_those_of_a_known_user() -> None:
    model = Recommender.of(made())
    stored = dict(zip([7, 3], main_model(model).interactions.row(0)[1].tolist(), strict=True))
    added = model.fold_in({9: 5.0, 3: 1.0}, user="ann").recommend(5)
    alone = model.fold_in({**stored, 3: 1.0, 9: 5.0}).recommend(5)
    assert added.ids == alone.ids == [i for i in alone.ids if i in {1, 5}]
    np.testing.assert_allclose(added.scores, alone.scores, rtol=1e-5)


def test_a_rating_that_is_no_number_is_refused() -> None:
    with pytest.raises(CallerError, match="no finite number"):
        Recommender.of(made()).fold_in({7: float("nan")})


def test_a_list_of_length_zero_is_refused() -> None:
    with pytest.raises(CallerError, match="at least one"):
        Recommender.of(made()).recommend("ann", 0)
