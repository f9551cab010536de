"""The decomposition of feature matrices, and sampling a map."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from penchant.training.bayes import feature_block
from penchant.training.bayes.feature_block import FeatureBlock
from penchant.training.row_solver import ThreadTeam


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (20, 20)])
def test_small_matrices_are_decomposed_exactly(shape: tuple[int, int]) -> None:
    matrix = csr_array(random_array(shape, density=0.4, rng=np.random.default_rng(0), dtype=np.float32))
    with ThreadTeam(1) as team:
        block = FeatureBlock(matrix, 100, team)
    np.testing.assert_allclose((block.left * block.singular) @ block.right.T, matrix.toarray(), atol=5e-3)
    np.testing.assert_allclose(block.left.T @ block.left, np.eye(len(block.singular)), atol=1e-4)


def test_the_subspace_of_a_large_matrix_contains_its_leading_singular_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_block, "_DENSE", 10)
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 80)) + 0.01 * rng.normal(size=(200, 80))
    with ThreadTeam(1) as team:
        block = FeatureBlock(csr_array(matrix.astype(np.float32)), 6, team)
    want = np.linalg.svd(matrix)[1][:6]
    np.testing.assert_allclose(np.sort(block.singular), np.sort(want), rtol=1e-3)
    np.testing.assert_allclose(block.left.T @ block.left, np.eye(6), atol=1e-4)


def test_a_map_is_recovered() -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(400, 5)).astype(np.float32)
    W = rng.normal(size=(5, 3))
    rows = (X @ W + 0.1 * rng.normal(size=(400, 3))).astype(np.float32)
    with ThreadTeam(2) as team:
        block = FeatureBlock(csr_array(X), 10, team)
        maps = []
        for _ in range(50):
            shift = block.draw(rows, np.eye(3) * 100, rng)
            maps.append(block.right @ block.coordinates)
    np.testing.assert_allclose(np.mean(maps, axis=0), W, atol=0.03)
    np.testing.assert_allclose(shift, X @ W, atol=0.2)
