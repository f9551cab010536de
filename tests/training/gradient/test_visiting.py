"""The order of an epoch, small and large."""

import numpy as np
import pytest

from penchant.data.batches import epoch_order
from penchant.training.gradient import visiting
from penchant.training.gradient.visiting import LARGE, visiting_order


@pytest.fixture
def everything_is_large(monkeypatch):
    monkeypatch.setattr(visiting, "LARGE", 0)


def slow_twin(n, draws):
    """From the last place to the first: each takes one of the elements that are left."""
    left, order = list(range(n)), []
    for draw in draws:
        chosen, last = int(draw * len(left)), len(left) - 1
        left[chosen], left[last] = left[last], left[chosen]
        order.append(left.pop())
    return order[::-1]


@pytest.mark.parametrize("n", [1, 2, 17, 500])
def test_a_large_order_is_the_textbooks_shuffle(n, monkeypatch, everything_is_large):
    monkeypatch.setattr(visiting, "_DRAWS", 64)
    draws = np.random.default_rng([3, 1]).random(n)
    assert visiting_order(n, 3, 1).tolist() == slow_twin(n, draws)


def test_a_large_order_visits_every_row_once_and_can_be_repeated():
    order = visiting_order(LARGE + 7, run_seed=5, epoch=2)
    assert order.dtype == np.int32
    assert np.array_equal(np.sort(order), np.arange(LARGE + 7))
    assert np.array_equal(order, visiting_order(LARGE + 7, run_seed=5, epoch=2))
    assert not np.array_equal(order, visiting_order(LARGE + 7, run_seed=5, epoch=3))
    assert not np.array_equal(order, visiting_order(LARGE + 7, run_seed=6, epoch=2))


def test_every_row_is_as_likely_at_every_place(everything_is_large):
    met = np.zeros((4, 4))
    for seed in range(2000):
        met[np.arange(4), visiting_order(4, seed, 0)] += 1
    assert met / 2000 == pytest.approx(0.25, abs=0.05)


def test_a_small_order_is_numpys():
    assert np.array_equal(visiting_order(1000, 5, 2), epoch_order(1000, 5, 2))
