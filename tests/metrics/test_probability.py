"""Reliability of predicted probabilities, on made truths."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.foundations.errors import DataError
from penchant.metrics.probability import reliability


def test_bins_are_of_equal_width_and_empty_ones_are_left_out() -> None:
    found = reliability([True, False, True, True], [0.05, 0.08, 0.95, 1.0])
    np.testing.assert_allclose(found.predicted, [0.065, 0.975])
    np.testing.assert_allclose(found.observed, [0.5, 1.0])
    assert found.counts.tolist() == [2, 2]
    assert found.gap == pytest.approx((0.435 + 0.025) / 2)
    assert found.to_json()[1] == {"predicted": pytest.approx(0.975), "observed": 1.0, "rows": 2}


def test_true_probabilities_have_a_small_gap_and_shifted_ones_their_shift() -> None:
    rng = np.random.default_rng(0)
    probability = rng.uniform(0.2, 0.8, 100_000)
    happened = rng.random(100_000) < probability
    assert reliability(happened, probability).gap < 0.01
    assert reliability(happened, probability + 0.15).gap == pytest.approx(0.15, abs=0.01)


@pytest.mark.parametrize(
    ("happened", "probability"), [([], []), ([True], [0.5, 0.5]), ([True], [1.1]), ([True], [np.nan])]
)
def test_what_is_no_probability_is_refused(happened: list[bool], probability: list[float]) -> None:
    with pytest.raises(DataError):
        reliability(happened, probability)
