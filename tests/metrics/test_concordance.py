"""Concordant pairs: by hand, against a slow implementation, and against the AUC."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from penchant.foundations.errors import DataError
from penchant.metrics.concordance import concordant_pairs

made = st.lists(st.tuples(st.integers(0, 3), st.sampled_from((0.5, 3.0, 3.5, 5.0)), st.integers(-2, 2)), max_size=40)


def slow(truth: np.ndarray, scores: np.ndarray, owners: np.ndarray, n_users: int) -> tuple[np.ndarray, np.ndarray]:
    right, pairs = np.zeros(n_users), np.zeros(n_users)
    for a, b in combinations(range(len(truth)), 2):
        if owners[a] == owners[b] and truth[a] != truth[b]:
            pairs[owners[a]] += 1
            agreement = np.sign(truth[a] - truth[b]) * np.sign(scores[a] - scores[b])
            right[owners[a]] += (1 + agreement) / 2
    return right, pairs


def test_counted_by_hand() -> None:
    """User 0 has five differing pairs: three right, one tied, one wrong. User 2 has one, wrong. User 1 has none."""
    owners = np.array([0, 2, 0, 1, 0, 2, 0])
    truth = np.array([5.0, 1.0, 3.0, 4.0, 3.0, 2.0, 1.0])
    scores = np.array([0.9, 0.5, 0.9, 0.1, 0.2, 0.4, 0.3])
    found = concordant_pairs(truth, scores, owners, 4)
    assert found.parts.tolist() == [3.5, 0.0, 0.0, 0.0]
    assert found.weights.tolist() == [5.0, 0.0, 1.0, 0.0]
    assert found.value == pytest.approx(3.5 / 6)


@given(made)
def test_agrees_with_a_slow_implementation(rows: list[tuple[int, float, int]]) -> None:
    owners = np.array([row[0] for row in rows], dtype=np.int32)
    truth, scores = (np.array([row[at] for row in rows], dtype=np.float32) for at in (1, 2))
    found = concordant_pairs(truth, scores, owners, 5)
    right, pairs = slow(truth, scores, owners, 5)
    np.testing.assert_array_equal(found.parts, right)
    np.testing.assert_array_equal(found.weights, pairs)


def test_with_two_rating_values_of_one_user_it_is_the_auc() -> None:
    rng = np.random.default_rng(0)
    liked, scores = rng.integers(0, 2, size=200), rng.integers(0, 30, size=200) / 7
    found = concordant_pairs(liked, scores, np.zeros(200, dtype=int), 1)
    assert found.value == pytest.approx(roc_auc_score(liked, scores))


def test_constant_scores_give_one_half_and_increasing_functions_of_the_truth_give_one() -> None:
    rng = np.random.default_rng(1)
    truth, owners = rng.integers(1, 11, size=300) / 2, rng.integers(0, 9, size=300)
    shifts = rng.normal(size=9)[owners]  # the order of one user's items is all that is asked
    assert concordant_pairs(truth, np.full(300, 3.5), owners, 9).value == 0.5
    assert concordant_pairs(truth, np.exp(truth), owners, 9).value == 1.0
    assert concordant_pairs(truth, truth + 100 * shifts, owners, 9).value == 1.0
    assert concordant_pairs(truth, -truth, owners, 9).value == 0.0


def test_nan_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="1 of 2 scores"):
        concordant_pairs([1, 2], [np.nan, 1.0], np.zeros(2, int), 1)
    with pytest.raises(DataError, match="shapes differ"):
        concordant_pairs([1, 2], [1.0], np.zeros(2, int), 1)
