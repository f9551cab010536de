import numpy as np

from penchant.models.priors.temporal_bias import TemporalBias, TemporalBiasLevel


def made() -> TemporalBias:
    """Two samples; user 0 has been here in spans 5 and 6 of ten seconds, user 3 in stretch 5."""
    level = TemporalBiasLevel(
        10,
        np.array([0, 0, 3], np.int32),
        np.array([5, 6, 5]),
        np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]], np.float32),
        np.array([0.2, 0.4], np.float32),
    )
    return TemporalBias((level,))


def test_known_occasions_shift_and_unknown_ones_are_uncertain() -> None:
    users, times = np.array([0, 0, 3, 3, 0, 2, 7]), np.array([50, 69, 59, 60, 49, 50, 10**12])
    shift, variance = made().shift(users, times)
    np.testing.assert_allclose(shift, [[1, 2, 3, 0, 0, 0, 0], [5, 6, 7, 0, 0, 0, 0]])
    np.testing.assert_allclose(variance, [0, 0, 0, 0.3, 0.3, 0.3, 0.3], rtol=1e-6)


def test_without_times_nothing_is_known_of_the_occasion() -> None:
    shift, variance = made().shift(np.array([0, 3]), None)
    assert not shift.any()
    np.testing.assert_allclose(variance, 0.3, rtol=1e-6)


def test_a_level_without_occasions_knows_none() -> None:
    empty = TemporalBiasLevel(
        10, np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((1, 0), np.float32), np.ones(1, np.float32)
    )
    assert empty.find(np.array([0]), np.array([5])).tolist() == [-1]


def test_arrays_and_back_and_one_draw_alone() -> None:
    temporal_bias = made()
    again = TemporalBias.from_arrays(temporal_bias.to_arrays())
    users, times = np.array([0, 3]), np.array([50, 50])
    np.testing.assert_array_equal(again.shift(users, times)[0], temporal_bias.shift(users, times)[0])
    np.testing.assert_array_equal(temporal_bias.samples(slice(1, 2)).shift(users, times)[0], [[5, 7]])
