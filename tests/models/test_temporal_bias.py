import numpy as np

from penchant.models.priors.temporal_bias import TemporalBias, TemporalBiasLevel


def made() -> TemporalBias:
    """Two samples; user 0 rated in spans 5 and 6 of ten seconds, user 3 in span 5."""
    level = TemporalBiasLevel(
        10,
        np.array([0, 0, 3], np.int32),
        np.array([5, 6, 5]),
        np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]], np.float32),
        np.array([0.2, 0.4], np.float32),
    )
    return TemporalBias((level,))


def test_known_spans_have_a_shift_and_unknown_ones_a_variance() -> None:
    users, times = np.array([0, 0, 3, 3, 0, 2, 7]), np.array([50, 69, 59, 60, 49, 50, 10**12])
    shift, variance = made().shift(users, times)
    np.testing.assert_allclose(shift, [[1, 2, 3, 0, 0, 0, 0], [5, 6, 7, 0, 0, 0, 0]])
    np.testing.assert_allclose(variance, [0, 0, 0, 0.3, 0.3, 0.3, 0.3], rtol=1e-6)


def test_without_times_the_shift_is_zero_with_a_variance() -> None:
    shift, variance = made().shift(np.array([0, 3]), None)
    assert not shift.any()
    np.testing.assert_allclose(variance, 0.3, rtol=1e-6)


def test_an_empty_level_finds_no_span() -> None:
    empty = TemporalBiasLevel(
        10, np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((1, 0), np.float32), np.ones(1, np.float32)
    )
    assert empty.find(np.array([0]), np.array([5])).tolist() == [-1]


def test_arrays_and_back_and_one_sample_alone() -> None:
    temporal_bias = made()
    again = TemporalBias.from_arrays(temporal_bias.to_arrays())
    users, times = np.array([0, 3]), np.array([50, 50])
    np.testing.assert_array_equal(again.shift(users, times)[0], temporal_bias.shift(users, times)[0])
    np.testing.assert_array_equal(temporal_bias.samples(slice(1, 2)).shift(users, times)[0], [[5, 7]])
