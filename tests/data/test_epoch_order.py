"""The order of an epoch depends only on the run's seed and the epoch."""

import numpy as np
import pytest

from penchant.data.epoch_order import epoch_order, steps_in


def test_an_epochs_order_has_every_row_once_and_can_be_repeated():
    order = epoch_order(103, run_seed=5, epoch=2)
    assert sorted(order.tolist()) == list(range(103)) and order.dtype == np.int32
    np.testing.assert_array_equal(order, epoch_order(103, run_seed=5, epoch=2))
    assert order.tolist() != epoch_order(103, run_seed=5, epoch=3).tolist()
    assert order.tolist() != epoch_order(103, run_seed=6, epoch=2).tolist()


@pytest.mark.parametrize(("rows", "size", "steps"), [(100, 10, 10), (101, 10, 11), (5, 10, 1)])
def test_an_incomplete_last_batch_counts(rows, size, steps):
    assert steps_in(rows, size) == steps
