"""Features as embeddings: they lower the error of rows with few ratings, and predict for rows without ratings."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from made_ratings import rmse_of
from penchant.data.splitting import cold_items
from penchant.data.synthetic import synthetic
from penchant.models.priors import FeatureEffect
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.registry import train

WORLD = synthetic(users=150, items=120, ratings=6000, labels=8, noise=0.3, driven=0.95, seed=3)
SPLIT = cold_items(WORLD.ratings, test=0.2, seed=0)
QUICK = {"factors": 6, "epochs": 30, "batch_size": 128, "learning_rate": 0.02, "regularization": 2.0}
WITH = {"dot_bias": {}, "net": {"feature_factors": 4, "dropout": 0.0}}


@cache
def with_features():
    """dot_bias with features, trained once."""
    return train(SPLIT.train, "dot_bias", **QUICK)


def cold_error(model):
    """The error on items without training ratings, predicted from their features if the model uses them."""
    test, train_items = SPLIT.test, len(SPLIT.train.items)
    new = np.unique(test.item_numbers[test.item_numbers >= train_items])
    rows = model.items.new_rows(test.item_features.take(new), len(new))
    cold = test.item_numbers >= train_items
    users = model.users.rows(test.user_numbers[cold])
    predicted = model.scorer.pairs(users, rows.take(np.searchsorted(new, test.item_numbers[cold])))[0]
    return float(np.sqrt(np.mean((predicted - test.values[cold]) ** 2)))


def test_features_predict_items_without_ratings():
    model = with_features()
    bare = dataclasses.replace(SPLIT.train, item_features=None)
    assert model.items.maps_features
    assert cold_error(model) < 0.9 * cold_error(train(bare, "dot_bias", **QUICK))


def test_feature_embeddings_lower_the_error_of_items_with_few_ratings():
    """In dot_bias they are trained together with the rows, not fitted afterwards."""
    rng = np.random.default_rng(0)
    held = rng.permutation(len(WORLD.ratings))[:4500]
    train_rows, test_rows = np.delete(np.arange(len(WORLD.ratings)), held), held
    few, test = WORLD.ratings.take(train_rows), WORLD.ratings.take(test_rows)
    errors = [rmse_of(train(few, "dot_bias", **QUICK, use_features=use), test) for use in (True, False)]
    assert errors[0] < 0.97 * errors[1]


def test_item_biases_contain_the_feature_effect():
    model = with_features()
    columns = FeatureEmbeddings.of(SPLIT.train)
    share = columns.encoded["items"] @ model.items.prior.effect(FeatureEffect).weights[0]
    assert np.corrcoef(share[:, 0], model.items.bias[0])[0, 1] > 0.5


def test_feature_vectors_are_appended_to_the_vectors_of_net():
    model = train(SPLIT.train, "net", **(QUICK | {"epochs": 5} | WITH["net"]))
    assert model.items.factors == 6 + 4
    assert model.users.factors == 6
    labels = FeatureEmbeddings.of(SPLIT.train).encoded["items"].toarray()
    same = np.flatnonzero((labels == labels[0]).all(axis=1))
    assert np.allclose(model.items.vectors[0, same, 6:], model.items.vectors[0, 0, 6:], atol=1e-5)


@pytest.mark.parametrize("name", WITH)
def test_a_trained_model_with_features_predicts_its_training_rows(name):
    model = train(SPLIT.train, name, **(QUICK | {"epochs": 3, "patience": 0} | WITH[name]))
    few = SPLIT.train.take(np.arange(40))
    pairs = model.scorer.pairs(model.users.rows(few.user_numbers), model.items.rows(few.item_numbers))[0]
    error = float(np.sqrt(np.mean((model.clip(pairs) - few.values) ** 2)))
    assert error < 1.2 * float(model.noise[0]) + 0.1


@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_use_features_false_leaves_features_out(model: str) -> None:
    settings = QUICK | {"epochs": 2}
    without = train(SPLIT.train, model, **settings, use_features=False)
    assert not without.users.maps_features
    assert not without.items.maps_features
    assert train(SPLIT.train, model, **settings).items.maps_features
