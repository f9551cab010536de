from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity

from penchant.metrics import beyond_accuracy as beyond

lists = st.lists(st.lists(st.integers(0, 7), unique=True, max_size=4), min_size=1, max_size=6)


def padded(each: list[list[int]], k: int = 4) -> np.ndarray:
    return np.array([row + [-1] * (k - len(row)) for row in each])


@given(lists)
def test_coverage_and_gini_agree_with_the_plain_definitions(each: list[list[int]]) -> None:
    top, counts = padded(each), np.zeros(8)
    for row in each:
        for item in row:
            counts[item] += 1
    assert beyond.catalogue_coverage(top, 8) == pytest.approx((counts > 0).sum() / 8)
    if counts.sum():
        apart = np.abs(counts[:, None] - counts[None, :]).sum() / (2 * 8 * counts.sum())
        assert beyond.gini(top, 8) == pytest.approx(apart)


@given(lists)
def test_diversity_agrees_with_scikit_learns_cosines(each: list[list[int]]) -> None:
    vectors = np.random.default_rng(3).normal(size=(8, 3))
    vectors[2] = 0
    found = beyond.intra_list_diversity(padded(each), vectors)
    for row, diversity in zip(each, found, strict=True):
        if len(row) < 2:
            assert np.isnan(diversity)
            continue
        cosines = cosine_similarity(vectors[row])
        off_diagonal = cosines[~np.eye(len(row), dtype=bool)]
        assert diversity == pytest.approx(1 - off_diagonal.mean())


def test_novelty_is_the_mean_self_information() -> None:
    counts = np.array([8, 4, 1, 0])
    assert beyond.novelty(np.array([[0, 1], [2, 3], [-1, -1]]), counts, 8)[:2].tolist() == [0.5, 3.0]


def test_popularity_bias_compares_with_the_users_own_history() -> None:
    found = beyond.popularity_bias(np.array([[0, 1], [2, -1]]), np.array([30, 10, 5]), np.array([10.0, 5.0]))
    assert found.tolist() == [1.0, 0.0]


def test_one_item_for_all_users_has_the_highest_gini() -> None:
    assert beyond.gini(np.zeros((5, 1), int), 10) == pytest.approx(0.9)
    assert beyond.gini(np.arange(10)[:, None], 10) == pytest.approx(0.0)
