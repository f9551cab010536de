"""A model that tests share is the one that each of them would have trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import penchant as pt
from made_ratings import low_rank
from penchant.training import registry
from trained_once import trained_once


def test_the_same_call_on_the_same_rows_trains_once_and_any_other_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, train = [], registry.train

    def counting(*how: object, **settings: object) -> object:
        trained.append(settings)
        return train(*how, **settings)

    monkeypatch.setattr(registry, "train", counting)
    ratings, counts = low_rank(), []
    other = replace(ratings, values=ratings.values[::-1].copy())
    calls = [
        (ratings, {"seed": 1}), (low_rank(), {"seed": 1}), (ratings, {"seed": 2}), (ratings, {"seed": 1, "epochs": 2}),
        (other, {"seed": 1}), (ratings, {"seed": 1, "validation": other}), (ratings, {"seed": 1, "validation": other}),
    ]  # fmt: skip
    models = []
    for rows, how in calls:
        with trained_once(tmp_path):
            models.append(pt.train(rows, "als", **how))
        counts.append(len(trained))
    assert counts == [1, 1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(models[0].rating_model.items.vectors, models[1].rating_model.items.vectors)
    assert models[0].recommend(100, 5).ids == models[1].recommend(100, 5).ids
    assert models[0].rating_model is not models[1].rating_model
