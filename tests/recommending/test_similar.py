"""Neighbours: by cosine, rated rows only, exact and by index alike."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from made_models import made
from penchant.data.movielens import movielens
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import MissingExtraError
from penchant.models.sides import Side
from penchant.recommending.neighbours import SHRINKAGE, Neighbourhood
from penchant.recommending.recommender import Recommender, main_model
from penchant.training import registry

STAR_WARS = 260


def many_items(size: int) -> Side:
    rng = np.random.default_rng(3)
    side = made(samples=1).items
    prior = dataclasses.replace(
        side.prior, mean=np.zeros((1, 9), np.float32), precision=np.eye(9, dtype=np.float32)[None]
    )
    vectors = rng.normal(size=(1, size, 8)).astype(np.float32)
    ids, bias, counts = Vocabulary(np.arange(size)), np.zeros((1, size), np.float32), np.ones(size, np.int32)
    return Side(ids, bias, vectors, counts, prior)


def test_neighbours_are_the_nearest_by_shrunk_cosine() -> None:
    model = Recommender.of(made())
    answer, items = model.similar_items(7, 3), main_model(model).items
    flat = items.vectors.transpose(1, 0, 2).reshape(5, -1)[:4]
    cosines = flat @ flat[0] / np.linalg.norm(flat, axis=1) / np.linalg.norm(flat[0])
    support = np.minimum(items.counts[:4], items.counts[0])
    shrunk = (cosines * support / (support + SHRINKAGE))[1:]
    assert answer.ids == items.vocabulary.take(1 + np.argsort(-shrunk)).tolist()
    np.testing.assert_allclose(answer.scores, np.sort(shrunk)[::-1], rtol=1e-5)
    assert answer.support is not None
    assert [line["support"] for line in answer.to_json()["items"]] == answer.support.tolist()
    assert 5 not in answer.ids  # nobody rated it, so its place is only its features'
    assert len(model.similar_users("ann", 9)) == 3
    assert list(model.similar_items(404).unknown) == [404]


def test_the_support_is_that_of_the_row_with_fewer_ratings() -> None:
    side = many_items(6)
    near = Neighbourhood(dataclasses.replace(side, counts=np.array([40, 1, 3, 40, 200, 0], np.int32)))
    found = near.near(0, 9)
    assert dict(zip(found.numbers.tolist(), found.support.tolist(), strict=True)) == {1: 1, 2: 3, 3: 40, 4: 40}
    rests = near.towards(near.directions[0], 9)  # a direction from features alone rests on no rating of its own
    assert dict(zip(rests.numbers.tolist(), rests.support.tolist(), strict=True)) == {0: 40, 1: 1, 2: 3, 3: 40, 4: 200}


def test_of_equal_cosines_the_one_with_more_ratings_comes_first() -> None:
    side = many_items(3)
    vectors = np.ones((1, 3, 8), np.float32)
    near = Neighbourhood(dataclasses.replace(side, vectors=vectors, counts=np.array([50, 1, 50], np.int32)))
    found = near.near(0, 2)
    assert found.numbers.tolist() == [2, 1]
    np.testing.assert_allclose(found.similarities, [50 / (50 + SHRINKAGE), 1 / (1 + SHRINKAGE)], rtol=1e-5)


@pytest.mark.parametrize("name", ["als", "ease"])
def test_films_with_one_or_two_ratings_are_not_close_to_star_wars(name: str) -> None:
    answer = Recommender.of(registry.train(movielens(), name)).similar_items(STAR_WARS, 10)
    assert answer.support is not None
    assert min(answer.support) > 2
    assert {1196, 1210} <= set(answer.ids)  # the other two films of the trilogy


def test_an_index_finds_nearly_all_exact_neighbours() -> None:
    near = Neighbourhood(many_items(3000))
    shared = [len(_found(near, at) & _found(near, at, approximate=True)) for at in range(50)]
    assert np.mean(shared) > 9
    assert at_itself_never(near)


def _found(near: Neighbourhood, at: int, *, approximate: bool = False) -> set[int]:
    return set(near.near(at, 10, approximate=approximate).numbers.tolist())


def at_itself_never(near: Neighbourhood) -> bool:
    return all(at not in _found(near, at, approximate=True) for at in range(50))


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingExtraError, match=r"penchant\[ann\]"):
        Recommender.of(made()).similar_items(7, approximate=True)
