"""Features speak for rows that were never rated, in every model that was trained without them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from made_models import made
from penchant.data.features import FeatureTable
from penchant.models.rows import Rows
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Model
from penchant.training.feature_maps import (
    OFFSET_WEIGHT,
    PENALTIES,
    weighted_ridge,
    with_cold_start_offsets,
    with_feature_maps,
)

KINDS = ("drama", "war", "music", None)


def world(size: int = 400) -> tuple[TrainedModel, np.ndarray]:
    """A model whose item rows are what their kind says, plus noise; every fourth item was never rated."""
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 4, size)
    truth = np.array([[0.5, 1, 0, 0], [-0.5, 0, 1, 0], [0.0, 0, 0, 1], [0.2, 0, 0, 0]])[kind]
    rows = (truth + 0.1 * rng.normal(size=truth.shape))[None].astype(np.float32)
    counts = np.where(np.arange(size) % 4 == 0, 0, 50).astype(np.int32)
    side = made(samples=1).items
    prior = dataclasses.replace(
        side.prior, mean=np.zeros((1, 4), np.float32), precision=np.eye(4, dtype=np.float32)[None]
    )
    table = FeatureTable({"genres": [(KINDS[k],) if KINDS[k] else () for k in kind]}, {"genres": "many"})
    items = Side(type(side.vocabulary)(np.arange(size)), rows[:, :, 0], rows[:, :, 1:], counts, prior, features=table)
    trained = made(samples=1)
    users = dataclasses.replace(trained.users, vectors=np.ones((1, 4, 3), np.float32), prior=dataclasses.replace(prior))
    return dataclasses.replace(trained, users=users, items=items), truth


def test_rows_never_rated_go_where_their_features_say() -> None:
    trained, truth = world()
    mapped = with_feature_maps(trained)
    empty, rated = trained.items.counts == 0, trained.items.counts > 0
    np.testing.assert_allclose(mapped.items.all_rows().joined[0, empty], truth[empty], atol=0.06)
    np.testing.assert_array_equal(mapped.items.vectors[:, rated], trained.items.vectors[:, rated])


def test_a_new_item_is_answered_from_its_features() -> None:
    trained, _ = world()
    model = Model(with_feature_maps(trained))
    arrival = model.fold_in_item(features={"genres": ("war",)})
    assert arrival.source == "features"
    np.testing.assert_allclose(arrival.rows.joined[0, 0], [-0.5, 0, 1, 0], atol=0.06)
    grown = model.with_item(999, features={"genres": ("war",)})
    assert grown.predict("ann", 999).item_source.tolist() == ["features"]
    np.testing.assert_allclose(grown.predict("ann", 999).mean, arrival.predict("ann").mean, rtol=1e-5)
    assert model.predict("ann", 0).item_source.tolist() == ["features"]  # in the catalogue, never rated


def test_a_rating_moves_an_item_away_from_its_features() -> None:
    trained, _ = world()
    model = Model(with_feature_maps(trained))
    says = [model.fold_in_item(features={"genres": ("war",)}, ratings=r) for r in ({}, {"ann": 5.0})]
    assert [s.source for s in says] == ["features", "folded_in"]
    assert says[1].predict("cy").mean[0] > says[0].predict("cy").mean[0] + 0.1
    assert says[1].predict("cy").std[0] < says[0].predict("cy").std[0]


def test_a_model_without_features_stays_as_it_is() -> None:
    trained = made()
    assert with_feature_maps(trained).items is trained.items


@pytest.mark.parametrize("column", range(2))
def test_ridge_takes_the_penalty_of_least_cross_validation_error(column: int) -> None:
    rng = np.random.default_rng(4)
    x, weights = rng.normal(size=(40, 6)), rng.uniform(0.1, 1, 40)
    y = np.stack([x @ rng.normal(size=6) + rng.normal(size=40), rng.normal(size=40)], axis=1)
    mean, slopes = weighted_ridge(x, y, weights)
    best = min(PENALTIES, key=lambda penalty: slow_error(x, y[:, column], weights, penalty)[0])
    _, intercept, plain = slow_error(x, y[:, column], weights, best)
    np.testing.assert_allclose(slopes[:, column], plain, atol=1e-8)
    assert mean[column] == pytest.approx(intercept)


def slow_error(x: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty: float) -> tuple[float, float, np.ndarray]:
    """Generalised cross-validation from the hat matrix, with the intercept as one more column."""
    design = np.column_stack([np.ones(len(x)), x])
    shrink = np.diag([0.0] + [penalty] * x.shape[1])
    solve = np.linalg.solve(design.T @ (design * weights[:, None]) + shrink, design.T * weights)
    fitted = solve @ y
    errors = weights @ (y - design @ fitted) ** 2
    freedom = len(x) - np.trace(design @ solve)
    return errors / freedom**2, fitted[0], fitted[1:]


def test_a_row_without_a_history_starts_where_those_that_are_rated_lie() -> None:
    trained = made()
    shift = np.ones((3, 4, 3), np.float32)  # whoever rated an item moves it by one
    prior = dataclasses.replace(trained.items.prior, history_map=shift)
    told = with_cold_start_offsets(dataclasses.replace(trained, items=dataclasses.replace(trained.items, prior=prior)))
    mean = trained.items.rows(np.arange(4)).joined.mean(axis=1)
    np.testing.assert_allclose(told.items.prior.means(None, 1)[:, 0], mean, rtol=1e-5)
    np.testing.assert_allclose(told.items.rows(np.array([4])).joined[:, 0], mean, rtol=1e-5)
    share = 1 / (1 + OFFSET_WEIGHT["items"])  # one rating in, the row's own history begins to count
    blended = (1 - share) * mean + share * np.ones((3, 3))
    np.testing.assert_allclose(told.items.prior.mean_given(None, np.array([2])), blended, rtol=1e-5)
    assert with_cold_start_offsets(trained).items is trained.items


def with_a_debut() -> TrainedModel:
    """The made model, whose last item nobody rated and stands higher by its debut."""
    trained = made()
    prior = dataclasses.replace(trained.items.prior, history_map=np.ones((3, 4, 3), np.float32))
    return with_cold_start_offsets(dataclasses.replace(trained, items=dataclasses.replace(trained.items, prior=prior)))


def test_somebody_folded_in_meets_what_nobody_rated_without_its_debut() -> None:
    trained = with_a_debut()
    model = Model(trained)
    newcomer = model.fold_in_numbers(np.array([0]), np.array([4.0]))
    bare = Side.new_rows(
        dataclasses.replace(trained.items, prior=dataclasses.replace(trained.items.prior, debut=None)), None, 1
    )
    expected = trained.clip(trained.scorer.pairs(newcomer.rows, bare).mean(axis=0))
    for number in (4, 99):  # in the catalogue without a rating, and never heard of
        np.testing.assert_allclose(newcomer.predict_numbers(np.array([number])).mean, expected, rtol=1e-5)
    np.testing.assert_allclose(
        newcomer.predict_numbers(np.array([1])).mean, _pair(trained, newcomer.rows, 1), rtol=1e-5
    )
    silent = model.fold_in()  # and without a rating of one's own, with it
    np.testing.assert_allclose(silent.predict_numbers(np.array([4])).mean, _pair(trained, silent.rows, 4), rtol=1e-5)


def _pair(trained: TrainedModel, user: Rows, item: int) -> np.ndarray:
    return trained.clip(trained.scorer.pairs(user, trained.items.rows(np.array([item]))).mean(axis=0))


def test_a_newcomers_list_agrees_with_their_predictions() -> None:
    model = Model(with_a_debut())
    newcomer = model.fold_in_numbers(np.array([0]), np.array([4.0]))
    listed = newcomer.recommend(5)
    every = newcomer.predict(model.trained.items.vocabulary.ids)
    best = np.argsort(-every.mean[1:], kind="stable")
    assert list(listed.items) == list(model.trained.items.vocabulary.ids[1:][best])
    np.testing.assert_allclose(listed.scores, every.mean[1:][best], rtol=1e-6)


def test_a_debut_follows_the_features() -> None:
    trained, truth = world()
    prior = dataclasses.replace(trained.items.prior, history_map=np.ones((1, 4, 4), np.float32))
    items = dataclasses.replace(trained.items, prior=prior)
    # the features are encoded, and the model's own map says nothing of them
    mapped = with_feature_maps(dataclasses.replace(trained, items=items)).items
    silent = dataclasses.replace(mapped.prior, mean=prior.mean, feature_map=np.zeros_like(mapped.prior.feature_map))
    told = with_cold_start_offsets(dataclasses.replace(trained, items=dataclasses.replace(mapped, prior=silent)))
    empty = trained.items.counts == 0
    np.testing.assert_allclose(told.items.all_rows().joined[0, empty], truth[empty], atol=0.06)
    assert told.items.prior.debut is not None
    usual = told.items.prior.debut.usual[0]
    np.testing.assert_allclose(usual, trained.items.all_rows().joined[0, ~empty].mean(axis=0), atol=1e-5)
    newcomers = told.for_newcomers.items.all_rows().joined[0, empty]
    np.testing.assert_allclose(newcomers, told.items.all_rows().joined[0, empty] - usual, atol=1e-5)
