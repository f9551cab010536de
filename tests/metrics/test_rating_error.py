from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from penchant.foundations.errors import DataError
from penchant.metrics import rating_error

rating = st.floats(-10, 10, allow_nan=False, width=32)
pairs = st.lists(st.tuples(rating, rating, st.floats(0.125, 4)), min_size=1, max_size=40)


@given(pairs)
def test_errors_agree_with_scikit_learn(rows: list[tuple[float, float, float]]) -> None:
    truth, predicted, _ = map(np.array, zip(*rows, strict=True))
    assert rating_error.rmse(truth, predicted) == pytest.approx(root_mean_squared_error(truth, predicted))
    assert rating_error.mae(truth, predicted) == pytest.approx(mean_absolute_error(truth, predicted))


@given(pairs)
def test_log_likelihood_and_coverage_agree_with_scipy(rows: list[tuple[float, float, float]]) -> None:
    truth, mean, std = map(np.array, zip(*rows, strict=True))
    assert rating_error.log_likelihood(truth, mean, std) == pytest.approx(norm.logpdf(truth, mean, std).mean())
    low, high = norm.interval(0.9, mean, std)
    surely = (np.abs(truth - low) > 1e-9) & (np.abs(truth - high) > 1e-9)
    inside = (low <= truth) & (truth <= high)
    np.testing.assert_array_equal(rating_error.covered(truth, mean, std, level=0.9)[surely], inside[surely])


def test_coverage_of_a_gaussian_is_nominal() -> None:
    rng = np.random.default_rng(1)
    mean, std = rng.normal(3, 1, 40_000), rng.uniform(0.2, 2, 40_000)
    truth = rng.normal(mean, std)
    for level in (0.5, 0.8, 0.95):
        assert rating_error.interval_coverage(truth, mean, std, level=level) == pytest.approx(level, abs=0.01)


def test_calibration_bins_find_a_shift_and_hold_all_pairs() -> None:
    rng = np.random.default_rng(2)
    predicted = rng.uniform(1, 5, 5_000)
    guess, actual, counts = rating_error.calibration_bins(predicted - 0.5, predicted, bins=10)
    assert counts.sum() == 5_000 and len(counts) == 10
    np.testing.assert_allclose(actual, guess - 0.5)


def test_equal_predictions_share_a_bin() -> None:
    guess, actual, counts = rating_error.calibration_bins([1.0, 2.0, 3.0, 4.0], [3.0] * 4, bins=4)
    assert (guess.tolist(), actual.tolist(), counts.tolist()) == ([3.0], [2.5], [4])


@pytest.mark.parametrize(
    ("truth", "predicted", "message"),
    [
        ([[1.0], [2.0]], [1.0, 2.0], r"\(2, 1\) do not match predictions of shape \(2,\)"),
        ([1.0, 2.0], [1.0], "shape"),
        ([], [], "no rating"),
        ([1.0, 2.0], [1.0, np.nan], "1 of 2 predictions"),
    ],
)
def test_invalid_arrays_are_refused(truth: list[float], predicted: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        rating_error.rmse(truth, predicted)


def test_a_spread_of_zero_and_a_level_of_one_are_refused() -> None:
    with pytest.raises(DataError, match="not above 0"):
        rating_error.log_likelihood([1.0], [1.0], [0.0])
    with pytest.raises(DataError, match="level"):
        rating_error.covered([1.0], [1.0], [1.0], level=1.0)
