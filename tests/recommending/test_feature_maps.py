"""Feature maps of models that were trained without features predict rows without ratings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from made_models import made
from penchant.data.features import FeatureTable
from penchant.models.priors import ColdStartOffset, FeatureEffect, HistoryEffect
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Recommender, index_of, main_model
from penchant.recommending.user_state import new_user_state
from penchant.training.feature_maps import (
    OFFSET_WEIGHT,
    PENALTIES,
    weighted_ridge,
    with_cold_start_offsets,
    with_feature_maps,
)

KINDS = ("drama", "war", "music", None)


def world(size: int = 400) -> tuple[TrainedModel, np.ndarray]:
    """A model whose item rows follow from their genre, plus noise; every fourth item has no ratings."""
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


def test_rows_without_ratings_are_set_by_their_features() -> None:
    trained, truth = world()
    mapped = with_feature_maps(trained)
    empty, rated = trained.items.counts == 0, trained.items.counts > 0
    np.testing.assert_allclose(mapped.items.all_rows().joined[0, empty], truth[empty], atol=0.06)
    np.testing.assert_array_equal(mapped.items.vectors[:, rated], trained.items.vectors[:, rated])


def test_a_new_item_is_predicted_from_its_features() -> None:
    trained, _ = world()
    model = Recommender.of(with_feature_maps(trained))
    item = model.fold_in_item(features={"genres": ("war",)})
    assert item.source == "features"
    np.testing.assert_allclose(item.rows["rating"].rows.joined[0, 0], [-0.5, 0, 1, 0], atol=0.06)
    grown = model.with_item(999, features={"genres": ("war",)})
    assert grown.predict("ann", 999).item_source.tolist() == ["features"]
    np.testing.assert_allclose(grown.predict("ann", 999).mean, item.predict("ann").mean, rtol=1e-5)
    assert model.predict("ann", 0).item_source.tolist() == ["features"]  # in the catalogue, without ratings


def test_a_rating_moves_an_item_away_from_its_features() -> None:
    trained, _ = world()
    model = Recommender.of(with_feature_maps(trained))
    states = [model.fold_in_item(features={"genres": ("war",)}, ratings=r) for r in ({}, {"ann": 5.0})]
    assert [s.source for s in states] == ["features", "folded_in"]
    assert states[1].predict("cy").mean[0] > states[0].predict("cy").mean[0] + 0.1
    assert states[1].predict("cy").std[0] < states[0].predict("cy").std[0]


def test_a_model_without_features_is_not_changed() -> None:
    trained = made()
    assert with_feature_maps(trained).items is trained.items


@pytest.mark.parametrize("column", range(2))
def test_ridge_selects_the_penalty_with_the_lowest_cross_validation_error(column: int) -> None:
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


def with_an_offset() -> TrainedModel:
    """The made model, whose history maps move a row by one, so that there is an offset for rows without ratings."""
    trained = made()
    prior = trained.items.prior.with_effect(HistoryEffect(np.ones((3, 4, 3), np.float32)))
    return with_cold_start_offsets(dataclasses.replace(trained, items=dataclasses.replace(trained.items, prior=prior)))


def test_the_offset_of_items_is_in_the_pairs_of_trained_users_with_unrated_items() -> None:
    plain, trained = made(), with_an_offset()
    base = plain.items.rows(np.arange(4)).joined.mean(axis=1)  # (S, D)
    np.testing.assert_allclose(trained.items.rows(np.array([4])).joined[:, 0], 0, atol=1e-6)  # not in the row
    user = trained.users.rows(np.array([2]))
    pairs = trained.scorer.pairs(user, trained.items.rows(np.array([4, 1])))
    slow = trained.mean + user.bias[:, 0] + base[:, 0] + (base[:, 1:] * user.vectors[:, 0]).sum(axis=1)
    np.testing.assert_allclose(pairs[:, 0], slow, rtol=1e-5)
    np.testing.assert_allclose(pairs[:, 1], plain.scorer.pairs(user, plain.items.rows(np.array([1])))[:, 0], rtol=1e-5)
    assert with_cold_start_offsets(plain).items is plain.items


def test_a_row_with_few_ratings_starts_between_the_offset_and_its_history() -> None:
    trained = with_an_offset()
    base = made().items.rows(np.arange(4)).joined.mean(axis=1)
    share = 1 / (1 + OFFSET_WEIGHT["items"])
    blended = (1 - share) * base + share * np.ones((3, 3))
    np.testing.assert_allclose(trained.items.prior.mean_given(None, np.array([2])), blended, rtol=1e-5)


def test_a_folded_in_user_has_no_offset() -> None:
    trained = with_an_offset()
    folded = new_user_state(index_of(Recommender.of(trained)), np.array([0]), np.array([4.0])).main
    plain = dataclasses.replace(folded.rows, covariance=None)
    for number in (4, 99):  # in the catalogue without a rating, and unknown
        expected = trained.clip(trained.mean + plain.bias[:, 0]).mean()  # the row of such an item is zero
        np.testing.assert_allclose(folded.predict(np.array([number])).mean, expected, rtol=1e-5)


@pytest.mark.parametrize("links", ["identity", "sigmoid"])
def test_tables_pairs_and_products_agree_on_the_offset(links: str) -> None:
    trained = with_an_offset()
    scorer = dataclasses.replace(trained.scorer, link=links, low=0.0, high=5.0)  # type: ignore[type-var]
    users, items = trained.users.all_rows(), trained.items.all_rows()
    assert users.cold_start is not None and (users.cold_start != 0).all()
    slow = np.stack([scorer.pairs(users.take(np.array([u])), items).mean(axis=0) for u in range(4)])
    np.testing.assert_allclose(scorer.all_items(users, items), slow, rtol=1e-5)
    stacked = scorer.stacked(items)
    if stacked is not None:
        np.testing.assert_allclose(scorer.from_products(scorer.stacked_users(users) @ stacked.T), slow, rtol=1e-5)


def test_a_known_and_a_folded_in_users_lists_agree_with_their_predictions() -> None:
    model = Recommender.of(with_an_offset())
    ids = main_model(model).items.vocabulary.ids
    for state in (model.fold_in({7: 4.0}), model.fold_in(user="ann")):
        listed, every = state.recommend(5), state.predict(ids)
        score = dict(zip(ids.tolist(), every.mean.tolist(), strict=True))
        np.testing.assert_allclose(listed.scores, [score[item] for item in listed.ids], rtol=1e-6)


def test_an_item_that_a_grown_user_rates_stays_as_it_was_for_the_others() -> None:
    model = Recommender.of(with_an_offset())
    before, after = model.predict("ann", 5).mean, model.with_user("zoe", {5: 4.0}).predict("ann", 5).mean
    np.testing.assert_allclose(after, before, rtol=1e-5)


def test_the_offset_depends_on_the_features() -> None:
    trained, truth = world()
    prior = trained.items.prior.with_effect(HistoryEffect(np.ones((1, 4, 4), np.float32)))
    items = dataclasses.replace(trained.items, prior=prior)
    # the features are encoded, and the model's own map says nothing of them
    mapped = with_feature_maps(dataclasses.replace(trained, items=items)).items
    silent = dataclasses.replace(mapped.prior, mean=prior.mean).with_effect(
        FeatureEffect(np.zeros((1, 3, 4), np.float32))
    )
    found = with_cold_start_offsets(dataclasses.replace(trained, items=dataclasses.replace(mapped, prior=silent)))
    empty = trained.items.counts == 0
    base = found.items.prior.effect(ColdStartOffset).base[0]
    np.testing.assert_allclose(base, trained.items.all_rows().joined[0, ~empty].mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(found.items.all_rows().joined[0, empty] + base, truth[empty], atol=0.06)
