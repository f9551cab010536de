"""Lists: exact, in a defined order, filtered, for one user and for many alike."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_models import made
from penchant.data.features import FeatureTable
from penchant.foundations.errors import CallerError
from penchant.models.scorers import DotScorer
from penchant.recommending.recommender import Recommender, main_model
from penchant.recommending.top_n import top_n
from penchant.training.kernels.top_n_kernels import best_by_product, best_of_table
from recommending.made_scorers import SCORERS

FLOATS = st.sampled_from([-1.0, 0.0, 0.5, 0.5, 2.0, float("nan")])


def with_features(model: Recommender, **columns: Any) -> Recommender:
    kinds = {"genres": "many", "year": "number", "language": "category"}
    table = FeatureTable(columns, {name: kinds[name] for name in columns}, ["Seven", "Three", None, "One", "Five"])  # type: ignore[arg-type,misc]
    return Recommender.of(
        dataclasses.replace(main_model(model), items=dataclasses.replace(main_model(model).items, features=table))
    )


# --- the kernel ---------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_kernel_agrees_with_the_plain_order(data: st.DataObject) -> None:
    width, n = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 12))
    scores = np.array(data.draw(st.lists(FLOATS, min_size=width, max_size=width)), np.float32)
    seen = np.array(sorted(data.draw(st.sets(st.integers(0, width - 1)))), np.int32)
    barred = np.array(data.draw(st.lists(st.booleans(), min_size=width, max_size=width)))
    numbers, best = np.empty((1, n), np.int32), np.empty((1, n), np.float32)
    best_of_table(scores[None].copy(), np.array([0, len(seen)]), seen, barred, numbers, best)
    allowed = ~barred
    allowed[seen] = False
    plain = top_n(scores, n, allowed=allowed)
    assert numbers[0][numbers[0] >= 0].tolist() == plain.tolist()
    np.testing.assert_array_equal(best[0, : len(plain)], scores[plain])
    assert np.isnan(best[0, len(plain) :]).all()


def test_the_best_are_selected_across_tiles() -> None:
    rng = np.random.default_rng(0)
    users = rng.integers(-3, 4, size=(101, 4)).astype(np.float32)  # whole numbers, so that there are many ties
    items = rng.integers(-3, 4, size=(5000, 4)).astype(np.float32)
    counts = rng.integers(0, 60, size=101)
    seen = np.concatenate([np.sort(rng.choice(5000, c, replace=False)) for c in counts]).astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(counts)])
    numbers, scores = np.empty((101, 20), np.int32), np.empty((101, 20), np.float32)
    best_by_product(users, items, starts, seen, np.zeros(0, bool), numbers, scores)
    for b in range(101):
        allowed = np.ones(5000, bool)
        allowed[seen[starts[b] : starts[b + 1]]] = False
        assert numbers[b].tolist() == top_n(users[b] @ items.T, 20, allowed=allowed).tolist()


# --- many users ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCORERS)
def test_lists_for_many_are_the_lists_for_each(name: str) -> None:
    model = Recommender.of(made(SCORERS[name], samples=1))
    table = model.recommend_many(["bob", "zoe", "ann"], 2)
    for user in ("bob", "zoe", "ann"):
        alone, own = model.recommend(user, 2), table.filter(pl.col("user") == user)
        assert own["item"].to_list() == alone.ids
        np.testing.assert_allclose(own["score"], alone.scores, rtol=1e-4)
        assert own["source"].unique().to_list() == [alone.source]
        assert own["rank"].to_list() == [1, 2]


def test_several_samples_of_a_nonlinear_link_are_ranked_by_their_mean() -> None:
    model = Recommender.of(made(DotScorer(np.array([0.1, 0.5, -2], np.float32), "sigmoid", 1, 5)))
    table = model.recommend_many(None, 3)
    for user in ("ann", "bob", "cy", "dee"):
        expected = model.predict(user, [7, 3, 9, 1, 5]).mean
        free = ~np.isin([7, 3, 9, 1, 5], [*_seen(model, user), 5])
        best = np.append(top_n(expected, 3, allowed=free), 4)[:3]  # 5 has no ratings and comes last
        assert table.filter(pl.col("user") == user)["item"].to_list() == np.array([7, 3, 9, 1, 5])[best].tolist()


def _seen(model: Recommender, user: str) -> list[int]:
    trained = main_model(model)
    return trained.items.vocabulary.take(trained.interactions.row(trained.users.vocabulary.number(user))[0]).tolist()


def test_a_small_catalogue_gives_shorter_lists() -> None:
    table = Recommender.of(made()).recommend_many(["ann"], 10)
    assert sorted(table["item"].to_list()) == [1, 5, 9]
    assert Recommender.of(made()).recommend_many([], 10).shape == (0, 5)


def test_lists_are_streamed_to_parquet_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.recommending.list_scoring.BLOCK", 2)
    model = Recommender.of(made())
    path = model.recommend_many(None, 3, to=tmp_path / "lists" / "all.parquet", among=[7, 5, 9])
    assert pl.read_parquet(path).equals(model.recommend_many(None, 3, among=[7, 5, 9]))
    assert [p.name for p in path.parent.iterdir()] == ["all.parquet"]


def test_the_file_format_follows_from_the_name(tmp_path: Path) -> None:
    model = Recommender.of(made())
    path = model.recommend_many(None, 3, to=tmp_path / "lists.csv")
    assert path.read_text().startswith("user,rank,item,score,source\nann,1,")
    assert len(pl.read_csv(path)) == len(model.recommend_many(None, 3))
    for name in ("lists.xlsx", "lists"):
        with pytest.raises(CallerError, match=r"lists\.parquet, lists\.csv or lists\.jsonl"):
            model.recommend_many(None, 3, to=tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["lists.csv"]


def test_ids_of_another_kind_are_named_as_given() -> None:
    trained = made()
    assert Recommender.of(trained).recommend_many(["ann", 12], 1)["user"].to_list() == ["ann", "12"]


# --- filters ------------------------------------------------------------------------------------------------------


def test_where_keeps_items_with_a_value() -> None:
    model = with_features(
        Recommender.of(made()),
        genres=[("Comedy", "Drama"), ("Horror",), None, ("Drama",), ("Horror", "War")],
        year=[1990.0, 2000.0, None, 2005.0, 2010.0],
        language=["en", "fr", "en", None, "de"],
    )
    listed = lambda **where: set(model.recommend("zoe", 9, where=where).ids)  # noqa: E731
    assert listed(genres="Drama") == {7, 1}
    assert listed(genres=["Comedy", "War"]) == {7, 5}
    assert listed(year=(2000, 2009)) == {3, 1}
    assert listed(year=2010.0) == {5}
    assert listed(language="en", genres="Drama") == {7}
    assert listed(genres="Western") == set()
    assert set(model.recommend_many(["zoe"], 9, where={"genres": "Drama"})["item"]) == {7, 1}
    for wrong in ("new", float("nan"), None, (2000, float("nan"))):
        with pytest.raises(CallerError, match=r"where\['year'\]: .* is not a .*Write "):
            model.recommend("zoe", where={"year": wrong})
    with pytest.raises(
        CallerError, match=r"from 2000 to 1990 holds nothing. Write the lower end first: \(1990, 2000\)"
    ):
        model.recommend(0, where={"year": (2000, 1990)})
    with pytest.raises(CallerError, match=r"no feature 'genre'.*genres, language, year"):
        model.recommend("zoe", where={"genre": "Drama"})


def test_unknown_ids_in_filters_are_reported() -> None:
    answer = Recommender.of(made()).recommend("ann", 9, among=[9, 404], exclude=[405])
    assert (answer.ids, list(answer.unknown)) == ([9], [404, 405])


# --- order --------------------------------------------------------------------------------------------------------


def test_diversity_prefers_items_unlike_those_before() -> None:
    trained = made(DotScorer(np.full(1, 3, np.float32)), samples=1)
    vectors = np.array([[[1, 0], [1, 0.01], [0.2, 1], [1, -0.01], [-1, 0]]], np.float32)
    items = dataclasses.replace(trained.items, vectors=vectors, bias=np.array([[0.5, 0.49, 0.3, 0.48, 0]], np.float32))
    users = dataclasses.replace(trained.users, vectors=np.ones_like(trained.users.vectors) * [0.1, 0])
    model = Recommender.of(dataclasses.replace(trained, items=items, users=users))
    assert model.recommend("zoe", 3).ids == [7, 3, 1]
    assert model.recommend("ann", 2, exclude_seen=False, diversity=0.7).ids == [7, 9]
    with pytest.raises(CallerError, match="diversity"):
        model.recommend("ann", diversity=1.0)
    with pytest.raises(CallerError, match="diversity"):
        model.recommend_many(None, diversity=0.5)


@pytest.mark.parametrize("samples", [1, 3])
def test_explore_is_seeded_and_lists_every_item_at_times(samples: int) -> None:
    model = Recommender.of(made(DotScorer(np.full(samples, 3, np.float32)), samples=samples))
    lists = [tuple(model.fold_in({7: 4.0}).recommend(1, explore=seed).ids) for seed in range(60)]
    assert lists == [tuple(model.fold_in({7: 4.0}).recommend(1, explore=seed).ids) for seed in range(60)]
    assert {one for (one,) in lists} == {3, 9, 1, 5}
    known = {tuple(model.recommend("ann", 3, explore=seed).ids) for seed in range(60)}
    assert len(known) > 1
