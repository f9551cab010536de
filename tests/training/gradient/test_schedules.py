import itertools
import math

import numpy as np
import pytest

from penchant.training.gradient import schedules


def test_cosine_falls_from_one_to_zero_through_a_half():
    assert [schedules.cosine(x) for x in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0])


def test_one_cycle_starts_low_peaks_at_its_warm_up_and_ends_near_zero():
    curve = schedules.one_cycle(warm_up=0.25, start=0.04, end=1e-5)
    assert [curve(x) for x in (0.0, 0.25, 1.0)] == pytest.approx([0.04, 1.0, 1e-5])
    values = [curve(x) for x in np.linspace(0, 1, 101)]
    assert int(np.argmax(values)) == 25
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(values[:26]))
    assert all(a >= b - 1e-12 for a, b in itertools.pairwise(values[25:]))


def test_sgdr_follows_the_equation_of_the_paper():
    lengths = schedules.cycle_lengths(3, first=1, growth=2)
    assert lengths == [1, 2, 4]
    per_epoch, highest = 10, 0.5
    found = schedules.rates(schedules.sgdr(lengths), highest, 0, 70, 70)
    expected = [
        highest * 0.5 * (1 + math.cos(math.pi * step / (length * per_epoch)))
        for length in lengths
        for step in range(length * per_epoch)
    ]
    assert found == pytest.approx(expected)


def test_rates_of_a_part_of_a_run_are_that_part_of_the_whole():
    whole = schedules.rates(schedules.cosine, 0.1, 0, 20, 20)
    assert np.array_equal(schedules.rates(schedules.cosine, 0.1, 7, 5, 20), whole[7:12])


@pytest.mark.parametrize(("epochs", "expected"), [(1, [1]), (7, [1, 2, 4]), (8, [1, 2, 4, 1]), (5, [1, 2, 2])])
def test_cycles_fill_the_epochs(epochs, expected):
    assert schedules.cycles_within(epochs, 1, 2) == expected


@pytest.mark.parametrize("name", ["constant", "cosine", "one_cycle", "sgdr"])
def test_named_curves_stay_between_zero_and_the_highest_rate(name):
    curve = schedules.named(name, 6, 1, 2)
    values = [curve(x) for x in np.linspace(0, 1, 61)]
    assert min(values) >= 0.0
    assert max(values) == pytest.approx(1.0)
