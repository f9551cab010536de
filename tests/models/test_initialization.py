import numpy as np
import pytest

from penchant.models import initialization as start


@pytest.mark.parametrize("factors", [1, 5, 50, 300])
@pytest.mark.parametrize(
    "make",
    [
        lambda k: start.spread_start(0.3, k),
        lambda k: start.mean_start(3.5, 0.2, k),
        lambda k: start.mean_start(0.0, 1.0, k),
    ],
)
def test_dot_products_have_the_derived_moments(factors, make):
    entries = make(factors)
    rng = np.random.default_rng(0)
    left, right = (entries.draw(rng, 20_000, factors).astype(np.float64) for _ in range(2))
    dots = (left * right).sum(axis=1)
    mean, deviation = start.dot_moments(entries, factors)
    assert dots.mean() == pytest.approx(mean, abs=5 * deviation / len(dots) ** 0.5)
    assert dots.std() == pytest.approx(deviation, rel=0.08)


def test_set_spread_and_mean_hold_for_any_width():
    for factors in (1, 7, 64, 512):
        assert start.dot_moments(start.spread_start(0.3, factors), factors) == pytest.approx((0.0, 0.3))
        assert start.dot_moments(start.mean_start(3.5, 0.2, factors), factors) == pytest.approx((3.5, 0.2))


def test_the_uniform_initialization_of_the_lesson_gives_scores_near_zero():
    mean, deviation = start.dot_moments(start.uniform_start(0.05), 50)
    rng = np.random.default_rng(0)
    dots = (rng.uniform(0, 0.05, (20_000, 50)) * rng.uniform(0, 0.05, (20_000, 50))).sum(axis=1)
    assert (dots.mean(), dots.std()) == pytest.approx((mean, deviation), rel=0.03)
    assert mean == pytest.approx(0.03125)


def test_layers_keep_the_variance_and_the_output_has_the_stated_spread():
    rng = np.random.default_rng(1)
    inputs = 0.3 * rng.standard_normal((500, 100))
    outputs = []
    for _ in range(40):
        hidden = np.maximum(inputs @ start.layer_start(rng, 100, 200), 0)
        outputs.append(hidden @ start.output_start(rng, 200, 0.3**2, 0.1))
    assert (hidden**2).mean() == pytest.approx(0.3**2, rel=0.1)
    assert np.std(outputs) == pytest.approx(0.1, rel=0.1)


def test_logit_is_the_inverse_of_the_sigmoid():
    assert 1 / (1 + np.exp(-start.logit(0.7))) == pytest.approx(0.7)
