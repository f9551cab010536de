"""Held-out interactions, the score of lists that are to find them, and the climb to the best penalty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from penchant.training.held_out import climb, held_out_ndcg, hold_out


def test_the_climb_finds_the_top_of_a_parabola() -> None:
    found = climb(lambda penalty: -((np.log10(penalty) - 3.2) ** 2), 100.0, (1.0, 1e5))
    assert np.log10(found.penalty) == pytest.approx(3.2)
    assert climb(lambda penalty: -penalty, 100.0, (1.0, 1e5)).penalty == pytest.approx(1.0)
    assert climb(lambda penalty: 0.0, 100.0, (1.0, 1e5)).penalty == pytest.approx(100.0)


def test_what_is_held_out_is_a_share_of_each_sampled_users_items() -> None:
    X = random_array((30, 40), density=0.2, rng=np.random.default_rng(4), format="csr")
    kept, held = hold_out(X, np.random.default_rng(0))
    assert ((kept + held) != X).nnz == 0
    assert held.nnz + kept.nnz == X.nnz
    counts = np.diff(X.indptr)
    np.testing.assert_array_equal(np.diff(held.indptr), np.where(counts > 1, np.maximum(1, np.round(0.15 * counts)), 0))


def test_the_score_of_held_out_items_is_ndcg() -> None:
    scores = np.array([[9.0, 5.0, 7.0, 1.0]], np.float32)
    given, held = csr_array([[1.0, 0, 0, 0]]), csr_array([[0, 1.0, 0, 1.0]])
    gains = 1 / np.log2([2, 3, 4])
    expected = (gains[1] + gains[2]) / (gains[0] + gains[1])
    assert held_out_ndcg(scores, given, held) == pytest.approx(expected)
