import dataclasses

import numpy as np
import pytest

from made_models import FACTORS, made
from penchant.foundations.errors import SettingsError
from penchant.models.distillation import distil
from penchant.models.priors import FeatureEffect, HistoryEffect
from penchant.models.rows import Rows
from penchant.models.scorers import DotScorer
from penchant.models.trained import TrainedModel


def means(model: TrainedModel) -> np.ndarray:
    return model.scorer.all_items(model.users.all_rows(), model.items.all_rows())


def test_a_large_enough_width_keeps_all_predictions() -> None:
    model = made()
    small = distil(model, model.samples * FACTORS)
    assert small.samples == 1
    np.testing.assert_allclose(means(small), means(model), atol=1e-4)
    assert small.facts["distilled_largest_error"] < 1e-4


def test_a_smaller_width_has_the_error_of_the_truncated_svd() -> None:
    model = made(samples=6)
    small = distil(model, 2)
    assert small.users.factors == small.items.factors == 2
    biases = model.mean.mean() + model.users.bias.mean(0)[:, None] + model.items.bias.mean(0)
    sizes = np.linalg.svd(means(model) - biases)[1]
    assert np.linalg.norm(means(small) - means(model)) == pytest.approx(np.linalg.norm(sizes[2:]), rel=1e-3)
    facts = small.facts
    assert 0 < facts["distilled_rms_error"] < facts["distilled_largest_error"]


def test_extra_width_is_filled_with_zeros() -> None:
    model = made()
    small = distil(model, 40)
    assert small.users.factors == 40
    np.testing.assert_allclose(means(small), means(model), atol=1e-4)


def test_feature_maps_and_histories_are_distilled_too() -> None:
    """A new item's expected ratings are the same before and after, where width loses nothing."""
    rng = np.random.default_rng(3)
    model = made(samples=2)
    maps = rng.normal(size=(2, 3, FACTORS + 1)).astype(np.float32)
    effects = (FeatureEffect(maps), HistoryEffect(maps[:, :2], np.ones((4, 2), np.float32)))
    prior = dataclasses.replace(model.items.prior, effects=effects)
    model = dataclasses.replace(model, items=dataclasses.replace(model.items, prior=prior))
    features, history = np.array([[1.0, 0.0, 2.0]], np.float32), np.array([0, 2])
    expected = []
    for one in (model, distil(model, 2 * FACTORS)):
        new = Rows.split(one.items.prior.mean_given(features, history)[:, None])
        expected.append(one.scorer.pairs(one.users.all_rows(), new).mean(0))
    np.testing.assert_allclose(expected[1], expected[0], atol=1e-3)


def test_variance_between_samples_becomes_noise() -> None:
    model = made(samples=6)
    assert distil(model, 4).noise[0] > model.noise.mean()


def test_a_nonlinear_link_and_width_zero_are_refused() -> None:
    with pytest.raises(SettingsError, match="plain dot product"):
        distil(made(DotScorer(np.full(3, 3, np.float32), "sigmoid", 0, 5)), 2)
    with pytest.raises(SettingsError, match="width"):
        distil(made(), 0)
