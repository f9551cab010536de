"""Sums over empty axes are zero for any strides of the operands and any content of memory."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

import penchant
from penchant.foundations.contraction import contract

SOURCE = Path(penchant.__file__).parent


def test_a_sum_over_an_empty_axis_is_zero_where_einsum_reads_outside_its_operands() -> None:
    x = as_strided(np.full(64, np.nan, np.float32), (1, 9, 0), (0, 0, 0))
    y = np.full((1, 9, 1), np.nan, np.float32)[:, :, 1:]
    found = contract("sbk,sbk->sb", x, y)
    np.testing.assert_array_equal(found, np.zeros((1, 9), np.float32))
    assert found.dtype == np.float32


@pytest.mark.parametrize("empty", ["i", "j", "k", "ij", "jk", "ijk"])
def test_any_axis_may_be_empty(empty: str) -> None:
    i, j, k = (0 if axis in empty else size for axis, size in zip("ijk", (2, 3, 4), strict=True))
    found = contract("ij,jk->ki", np.ones((i, j)), np.ones((j, k), np.float32))
    assert found.shape == (k, i)
    assert found.dtype == np.float64
    assert not found.any()


def test_sums_over_something_are_what_the_notation_says() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    np.testing.assert_allclose(contract("ij,jk->ki", a, b), (a @ b).T)


def test_einsum_is_called_in_one_place() -> None:
    callers = [p for p in SOURCE.rglob("*.py") if re.search(r"\beinsum(_path)?\(", p.read_text(encoding="utf-8"))]
    assert [p.name for p in callers] == ["contraction.py"]
