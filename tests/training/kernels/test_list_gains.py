"""The gain of short lists, beside a sort of every list."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.training.kernels.list_gains import discounted_gains


@pytest.mark.parametrize("places", [1, 3, 10])
def test_the_gains_are_those_of_sorted_lists(places: int) -> None:
    rng = np.random.default_rng(places)
    starts = np.append(0, np.cumsum(rng.integers(0, 25, 40)))
    terms = rng.integers(-2, 3, (starts[-1], 2)).astype(float)  # many equal scores
    gains, weights = rng.random(starts[-1]), np.array([1.0, 0.5])
    discounts, found = 1 / np.log2(np.arange(places) + 2), np.empty(40)
    discounted_gains(terms, weights, gains, starts, discounts, found)
    for user, (first, stop) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        order = np.argsort(-(terms[first:stop] @ weights), kind="stable")[:places]
        assert found[user] == pytest.approx(gains[first:stop][order] @ discounts[: len(order)])
