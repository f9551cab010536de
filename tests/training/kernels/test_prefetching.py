"""Asking ahead changes when memory is read, never what is read."""

import numpy as np
import pytest

from penchant.training.kernels.prefetch import reorder


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 1000])
@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_a_column_is_put_into_an_order(n, kind):
    rng = np.random.default_rng(n)
    column, order = rng.integers(0, 9999, n).astype(kind), rng.permutation(n).astype(np.int32)
    out = np.empty_like(column)
    reorder(column, order, out)
    np.testing.assert_array_equal(out, column[order])
