"""Neighbours: by cosine, rated rows only, exact and by index alike."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from made_models import made
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import MissingExtraError
from penchant.models.sides import Side
from penchant.recommending.neighbours import Neighbourhood
from penchant.recommending.recommender import Recommender, main_model


def many_items(size: int) -> Side:
    rng = np.random.default_rng(3)
    side = made(samples=1).items
    prior = dataclasses.replace(
        side.prior, mean=np.zeros((1, 9), np.float32), precision=np.eye(9, dtype=np.float32)[None]
    )
    vectors = rng.normal(size=(1, size, 8)).astype(np.float32)
    ids, bias, counts = Vocabulary(np.arange(size)), np.zeros((1, size), np.float32), np.ones(size, np.int32)
    return Side(ids, bias, vectors, counts, prior)


def test_neighbours_are_the_nearest_by_cosine() -> None:
    model = Recommender.of(made())
    answer = model.similar_items(7, 3)
    flat = main_model(model).items.vectors.transpose(1, 0, 2).reshape(5, -1)[:4]
    cosines = flat @ flat[0] / np.linalg.norm(flat, axis=1) / np.linalg.norm(flat[0])
    assert answer.ids == main_model(model).items.vocabulary.take(1 + np.argsort(-cosines[1:])).tolist()
    assert 5 not in answer.ids  # it has no ratings
    assert len(model.similar_users("ann", 9)) == 3
    assert list(model.similar_items(404).unknown) == [404]


def test_an_index_finds_most_exact_neighbours() -> None:
    near = Neighbourhood(many_items(3000))
    shared = [len(set(near.near(at, 10)[0]) & set(near.near(at, 10, approximate=True)[0])) for at in range(50)]
    assert np.mean(shared) > 9
    assert at_itself_never(near)


def at_itself_never(near: Neighbourhood) -> bool:
    return all(at not in near.near(at, 5, approximate=True)[0] for at in range(50))


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingExtraError, match=r"penchant\[ann\]"):
        Recommender.of(made()).similar_items(7, approximate=True)
