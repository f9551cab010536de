"""Columns as embeddings: they help where ratings are missing, and reach rows that training never met."""

import numpy as np
import pytest

from penchant.data.splitting import cold_items
from penchant.data.synthetic import synthetic
from penchant.foundations.progress import Silent
from penchant.training.gradient.side_columns import SideColumns
from penchant.training.registry import WAYS

WORLD = synthetic(users=150, items=120, ratings=6000, labels=8, noise=0.3, driven=0.95, seed=3)
SPLIT = cold_items(WORLD.ratings, test=0.2, seed=0)
QUICK = {"factors": 6, "epochs": 30, "batch_size": 128, "learning_rate": 0.02, "regularization": 2.0}
WITH = {"dot_bias": {"use_features": True}, "net": {"feature_factors": 4, "dropout": 0.0}}


def train(ratings, name, **settings):
    """The trainer itself: the registry fits maps from columns to any model's rows afterwards."""
    way = WAYS[name]
    return way.train()(ratings, way.settings_class()(**settings), rng=np.random.default_rng(0), progress=Silent())


def cold_error(model):
    """The error on items that training never met, by their columns where the model reads them."""
    test, train_items = SPLIT.test, len(SPLIT.train.items)
    new = np.unique(test.item_numbers[test.item_numbers >= train_items])
    rows = model.items.unmet_rows(test.item_features.take(new), len(new))
    cold = test.item_numbers >= train_items
    users = model.users.rows(test.user_numbers[cold])
    predicted = model.head.pairs(users, rows.take(np.searchsorted(new, test.item_numbers[cold])))[0]
    return float(np.sqrt(np.mean((predicted - test.values[cold]) ** 2)))


def test_columns_in_dot_bias_tell_of_items_without_ratings():
    with_them = train(SPLIT.train, "dot_bias", **QUICK, use_features=True)
    without = train(SPLIT.train, "dot_bias", **QUICK)
    assert with_them.items.maps_features
    assert not without.items.maps_features
    assert cold_error(with_them) < 0.9 * cold_error(without)


def test_rows_hold_their_columns_share():
    model = train(SPLIT.train, "dot_bias", **QUICK, use_features=True)
    columns = SideColumns.of(SPLIT.train)
    share = columns.encoded["items"] @ model.items.prior.feature_map[0]
    assert np.corrcoef(share[:, 0], model.items.bias[0])[0, 1] > 0.5


def test_columns_stand_beside_the_vectors_of_net():
    model = train(SPLIT.train, "net", **(QUICK | WITH["net"]))
    assert model.items.factors == 6 + 4
    assert model.users.factors == 6
    labels = SideColumns.of(SPLIT.train).encoded["items"].toarray()
    same = np.flatnonzero((labels == labels[0]).all(axis=1))
    assert np.allclose(model.items.vectors[0, same, 6:], model.items.vectors[0, 0, 6:], atol=1e-5)


@pytest.mark.parametrize("name", WITH)
def test_a_module_with_columns_predicts_what_the_trained_model_does(name):
    model = train(SPLIT.train, name, **(QUICK | {"epochs": 3, "patience": 0} | WITH[name]))
    few = SPLIT.train.take(np.arange(40))
    pairs = model.head.pairs(model.users.rows(few.user_numbers), model.items.rows(few.item_numbers))[0]
    error = float(np.sqrt(np.mean((model.clip(pairs) - few.values) ** 2)))
    assert error < 1.2 * float(model.noise[0]) + 0.1
