"""A new user in the lesson's own modules, the rest frozen."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from penchant.foundations.errors import ModelShapeError
from penchant.lesson.modules import EmbeddingDot, EmbeddingDotBias, EmbeddingNet
from penchant.recommending.fold_in_module import with_new_user
from penchant.training.row_update import row_update

USERS, ITEMS, WIDTH = 30, 30, 3  # as many users as items: size alone does not tell whose a table is


def seeded(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(4)
    for one in module.parameters():
        one.data = torch.randn(one.shape, generator=generator) * 0.7
    return module


def said(module: nn.Module, users: list[int], items: list[int]) -> np.ndarray:
    cats = torch.tensor(list(zip(users, items, strict=True)))
    with torch.no_grad():
        return module.eval()(cats, torch.zeros(len(users), 0)).reshape(-1).numpy()


def test_the_new_row_is_the_row_update_of_a_dot_product() -> None:
    module = seeded(EmbeddingDot(USERS, ITEMS, WIDTH))
    items, ratings = np.array([2, 5, 7, 11]), np.array([4.0, 1.0, 3.0, 5.0])
    grown, number = with_new_user(module, items, ratings, noise=0.8)
    rows = module.u.weight.detach().double()
    mean, precision = rows.mean(dim=0).numpy(), np.diag(1 / (rows.var(dim=0, correction=0).numpy() + 1e-6))
    x = module.m.weight.detach().numpy()[items]
    exact, _ = row_update(x[None], ratings[None], np.array([1 / 0.64]), mean[None], precision[None])
    np.testing.assert_allclose(grown.u.weight.detach().numpy()[number], exact[0], atol=2e-3)


@pytest.mark.parametrize("make", [EmbeddingDot, EmbeddingDotBias, EmbeddingNet])
def test_all_other_rows_stay_unchanged(make: type[nn.Module]) -> None:
    module = seeded(make(USERS, ITEMS, n_factors=WIDTH))
    before = said(module, [0, 9, 29], [1, 2, 3])
    grown, number = with_new_user(module, np.array([0, 4, 8]), np.array([5.0, 4.5, 5.0]))
    assert number == USERS
    np.testing.assert_array_equal(said(grown, [0, 9, 29], [1, 2, 3]), before)
    np.testing.assert_array_equal(said(module, [0, 9, 29], [1, 2, 3]), before)
    errors = np.abs(said(grown, [number] * 3, [0, 4, 8]) - [5.0, 4.5, 5.0])
    mean_user, _ = with_new_user(module, np.array([], int), np.array([]))
    assert errors.mean() < np.abs(said(mean_user, [number] * 3, [0, 4, 8]) - [5.0, 4.5, 5.0]).mean()


def test_a_module_without_tables_of_users_is_refused() -> None:
    class ItemsOnly(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.m = nn.Embedding(4, 1)

        def forward(self, users: Tensor, items: Tensor) -> Tensor:
            return self.m(items)[:, 0]

    with pytest.raises(ModelShapeError, match="no embedding is looked up"):
        with_new_user(ItemsOnly(), np.array([1]), np.array([3.0]))
