"""The orders of epochs, small and large, in one group and in several."""

import numpy as np
import pytest

from made_ratings import low_rank
from penchant.data.epoch_order import epoch_order
from penchant.training.gradient import epoch_sampler
from penchant.training.gradient.epoch_sampler import LARGE, EpochSampler
from penchant.training.gradient.settings import DotBiasSettings

WORLD = low_rank(users=60, items=20, n=700)
TOUCHED = DotBiasSettings(factors=4, sparse_updates=True)


@pytest.fixture
def everything_is_large(monkeypatch):
    monkeypatch.setattr(epoch_sampler, "LARGE", 0)


@pytest.fixture
def small_groups(monkeypatch, everything_is_large):
    """Groups of twelve users."""
    monkeypatch.setattr(epoch_sampler, "NUMBERS_TOGETHER", 12 * (3 * TOUCHED.factors + 4))
    monkeypatch.setattr(epoch_sampler, "RATINGS_TOGETHER", 1)


def slow_twin(n, samples):
    """A shuffle in Python: each position from the last to the first takes one of the elements left."""
    left, order = list(range(n)), []
    for draw in samples:
        chosen, last = int(draw * len(left)), len(left) - 1
        left[chosen], left[last] = left[last], left[chosen]
        order.append(left.pop())
    return order[::-1]


@pytest.mark.parametrize("n", [1, 2, 17, 500])
def test_a_large_order_is_a_fisher_yates_shuffle(n, monkeypatch, everything_is_large):
    monkeypatch.setattr(epoch_sampler, "_DRAWS", 64)
    samples = np.random.default_rng([3, 1]).random(n)
    assert EpochSampler(n).order(3, 1).tolist() == slow_twin(n, samples)


def test_every_row_is_equally_likely_at_every_position(everything_is_large):
    met, four = np.zeros((4, 4)), EpochSampler(4)
    for seed in range(2000):
        met[np.arange(4), four.order(seed, 0)] += 1
    assert met / 2000 == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("groups", [None, np.arange(LARGE + 7) % 3])
def test_a_large_order_visits_every_row_once_and_can_be_repeated(groups):
    large = EpochSampler(LARGE + 7, groups)
    order = large.order(run_seed=5, epoch=2)
    assert order.dtype == np.int32
    assert np.array_equal(np.sort(order), np.arange(LARGE + 7))
    assert np.array_equal(order, large.order(run_seed=5, epoch=2))
    assert not np.array_equal(order, large.order(run_seed=5, epoch=3))
    assert not np.array_equal(order, large.order(run_seed=6, epoch=2))


def test_a_small_order_is_that_of_numpy():
    assert np.array_equal(EpochSampler.of(WORLD, TOUCHED).order(5, 2), epoch_order(len(WORLD), 5, 2))


def groups_in_turn(epoch):
    """The groups of users that an epoch visits one after another, in its order."""
    users = WORLD.user_numbers[EpochSampler.of(WORLD, TOUCHED).order(5, epoch)].tolist()
    first, last = {}, {}
    for at, user in enumerate(users):
        first.setdefault(user, at)
        last[user] = at
    groups, end = [], -1
    for user in sorted(first, key=first.get):
        if first[user] > end:
            groups.append(set())
        groups[-1].add(user)
        end = max(end, last[user])
    return groups


def test_a_large_order_visits_group_after_group(small_groups):
    groups = groups_in_turn(epoch=0)
    assert len(groups) == 5
    assert sum(len(group) for group in groups) == len(np.unique(WORLD.user_numbers))
    assert all(len(group) <= 12 for group in groups)


def test_epochs_have_the_same_groups_in_different_orders(small_groups):
    epochs = [groups_in_turn(epoch) for epoch in range(6)]
    assert all(sorted(map(sorted, groups)) == sorted(map(sorted, epochs[0])) for groups in epochs)
    assert any(groups != epochs[0] for groups in epochs)


def test_groups_are_not_consecutive_numbers(small_groups):
    assert all(max(group) - min(group) > len(group) for group in groups_in_turn(epoch=0))


@pytest.mark.parametrize("name", ["NUMBERS_TOGETHER", "RATINGS_TOGETHER"])
def test_ratings_of_one_group_are_shuffled_together(name, monkeypatch, small_groups):
    monkeypatch.setattr(epoch_sampler, name, 100_000)
    assert len(groups_in_turn(epoch=0)) == 1


def test_where_all_rows_move_everything_is_shuffled_together(small_groups):
    every = DotBiasSettings(factors=4, sparse_updates=False)
    assert np.array_equal(EpochSampler.of(WORLD, every).order(5, 0), EpochSampler(len(WORLD)).order(5, 0))
