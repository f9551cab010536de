"""Which ratings count as liked."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.data.liked import liked_from


@pytest.mark.parametrize(
    ("values", "lowest"),
    [
        ([1, 2, 3, 4, 5], 3),
        ([1, 2, 3, 4], 2),
        ([0, 0, 0, 0, 1], 1),
        ([0, 1], 1),
        ([0, 1, 1], 1),
        ([1, 1, 1, 2, 5], 2),
        ([4, 4, 4], 4),
    ],
)
def test_the_lowest_liked_rating_separates_where_ratings_differ(values: list[int], lowest: float) -> None:
    assert liked_from(np.array(values, np.float32)) == lowest
