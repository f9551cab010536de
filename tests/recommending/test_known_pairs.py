"""The kernel for pairs of trained rows gives what the readable computation gives."""

from __future__ import annotations

import numpy as np
import pytest
from tests.worlds import small_ratings

import penchant as pt
from penchant.models.pair_predictions import score_pairs
from penchant.recommending.known_pairs import known_pairs
from penchant.recommending.predictions import predict_numbers


@pytest.fixture(scope="module")
def trained():
    return pt.train(small_ratings(), "bayes", samples=7, burn_in=5, seed=0).rating_model


def test_mean_and_spread_are_those_of_gathered_rows(trained) -> None:
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, len(trained.users), 5000), rng.integers(0, len(trained.items), 5000)
    found = known_pairs(trained, users, items)
    want = score_pairs(trained, trained.users.rows(users), trained.items.rows(items))
    assert found is not None
    np.testing.assert_allclose(found.mean, want.mean, atol=1e-5)
    np.testing.assert_allclose(found.std, want.std, atol=1e-5)


def test_a_pair_has_the_same_answer_alone_and_among_others(trained) -> None:
    users, items = np.arange(40) % len(trained.users), np.arange(40) % len(trained.items)
    users[3], items[5] = -1, -1  # unknown rows take the other way
    together = predict_numbers(trained, users, items)
    for at in (0, 3, 5, 39):
        alone = predict_numbers(trained, users[at : at + 1], items[at : at + 1])
        np.testing.assert_allclose(alone.mean[0], together.mean[at], atol=1e-5)
        assert alone.source[0] == together.source[at]


def test_a_network_and_a_sigmoid_take_the_readable_way() -> None:
    bounded = pt.train(small_ratings(), "dot_bias", epochs=1, seed=0).rating_model
    assert bounded.scorer.linear or known_pairs(bounded, np.zeros(1, int), np.zeros(1, int)) is None
