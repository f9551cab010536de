"""Synthetic ratings have the distributions and parameters that they state."""

import numpy as np
import pytest

from penchant.data.synthetic import synthetic
from penchant.data.synthetic_pairs import FEW_CELLS, sample_pairs
from penchant.foundations.errors import DataError
from worlds import dense_world, featured_world, small_ratings


@pytest.mark.parametrize(("users", "items", "count"), [(300, 80, 4000), (80, 300, 4000), (4000, 3000, 200_000)])
def test_pairs_are_distinct_and_contain_every_user_and_item(users, items, count):
    rng = np.random.default_rng(0)
    u, i = sample_pairs(users, items, count, rng)
    assert (users * items <= FEW_CELLS) == (users < 4000), "both ways of sampling are tested"
    assert len(np.unique(u.astype(np.int64) * items + i)) == len(u) == count
    assert np.bincount(u, minlength=users).min() >= 1 and np.bincount(i, minlength=items).min() >= 1
    popularity = np.sort(np.bincount(i))[::-1]
    assert popularity[: items // 10].sum() > 0.3 * count, "a tenth of the items has a third of the ratings"


def test_errors_of_the_expected_ratings_are_the_noise():
    world = dense_world()
    ratings = world.ratings
    rest = ratings.values - world.expected(ratings.user_numbers, ratings.item_numbers)
    assert abs(float(rest.mean())) < 0.03
    assert float(rest.std()) == pytest.approx(world.noise, rel=0.05)
    products = (world.user_vectors[ratings.user_numbers] * world.item_vectors[ratings.item_numbers]).sum(axis=1)
    assert float(products.std()) == pytest.approx(0.8, rel=0.25)


def test_the_same_seed_gives_the_same_ratings():
    first, again, other = dense_world(), dense_world(), dense_world(seed=8)
    assert first.ratings.values.tobytes() == again.ratings.values.tobytes()
    assert first.ratings.values.tobytes() != other.ratings.values.tobytes()


def test_a_scale_clips_and_rounds():
    ratings = small_ratings()
    assert set(np.unique(ratings.values)) <= set(np.arange(1, 5.5, 0.5))
    assert (ratings.scale.low, ratings.scale.high, ratings.scale.step, ratings.scale.declared) == (1, 5, 0.5, True)
    assert ratings.timestamps is not None and len(np.unique(ratings.timestamps)) > 600


def test_labels_explain_the_items_parameters():
    world = featured_world(items=400, ratings=5000)
    has_label = np.zeros((400, 6))
    for item, labels in enumerate(world.ratings.item_features.columns["labels"]):
        assert 1 <= len(labels) <= 3
        has_label[item, [int(label.split()[1]) for label in labels]] = len(labels) ** -0.5
    truth = np.column_stack([world.item_bias, world.item_vectors])
    solution = np.linalg.lstsq(has_label, truth, rcond=None)[0]
    explained = 1 - ((truth - has_label @ solution) ** 2).sum() / (truth**2).sum()
    assert 0.8 < explained < 0.97
    np.testing.assert_allclose(solution[:, 0], world.label_bias * 0.9**0.5, atol=0.1)


def test_counts_are_higher_for_pairs_with_a_higher_fit():
    world = dense_world(counts=True)
    ratings = world.ratings
    assert ratings.values.min() == 1 and np.all(ratings.values == np.round(ratings.values))
    users, items = np.divmod(np.arange(150 * 100), 100)
    fit_of_all = world.expected(users, items) - world.mean
    fit_of_sampled = world.expected(ratings.user_numbers, ratings.item_numbers) - world.mean
    assert fit_of_sampled.mean() > fit_of_all.mean() + 0.1
    assert np.corrcoef(fit_of_sampled, ratings.values)[0, 1] > 0.5


@pytest.mark.parametrize("sizes", [{"ratings": 10}, {"ratings": 400_000}, {"users": 1}])
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(DataError, match="do not fit"):
        synthetic(**sizes)
