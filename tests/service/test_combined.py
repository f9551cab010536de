"""A rating model and a choice model with a ranker, served as one: exact explanations, events, and items that come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from penchant.recommending.ranker import LOG_CHOICE, LOG_LIKE, LOG_NEIGHBOURS, Liking, Ranker
from penchant.recommending.recommender import Recommender, index_of, main_model
from penchant.recommending.train_parts import train
from penchant.service.training_table import Collected, together
from service.made_service import LOVES_SPACE, Value, made_model, made_service

WEIGHTS = {LOG_CHOICE: 1.0, LOG_LIKE: 0.7, LOG_NEIGHBOURS: 0.2, "log_popularity_30": 0.1}
WHOLE = {"title": "Starship Reborn (2026)", "features": {"genres": ["Sci-Fi"]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ratings = together(main_model(made_model()), Collected([], set(), []))
    times = np.arange(len(ratings), dtype=np.int64) * 20_000
    ratings = replace(ratings, timestamps=times)
    rating, choice = train(ratings, "als", seed=0, settings={"factors": 3, "epochs": 4}), train(ratings, "ease", seed=0)
    assert rating.rating_model is not None
    liking = Liking.of(rating.rating_model.interactions.values, rating.rating_model.scale)
    ranker = Ranker(WEIGHTS, {LOG_CHOICE: 1.0}, liking)
    whole = Recommender(rating.rating_model, choice.choice_model, ranker)
    return whole.save(tmp_path_factory.mktemp("combined") / "model")


@pytest.fixture
def whole(folder: Path, tmp_path: Path) -> Iterator[Value]:
    with made_service(folder, database=f"sqlite:///{tmp_path / 'ratings.db'}") as made:
        yield made


def test_an_explanation_is_the_exact_split_of_the_score_in_the_list(whole: Value) -> None:
    read = whole.headers("read")
    for line in whole.client.get("/v1/users/1/recommendations?n=5", headers=read).json()["items"]:
        why = whole.client.get(f"/v1/users/1/explanations/{line['item']}", headers=read).json()
        assert why["by"] == "combined"
        assert {term["name"]: term["weight"] for term in why["terms"]} == WEIGHTS
        assert sum(term["amount"] for term in why["terms"]) == pytest.approx(why["score"], abs=1e-6)
        assert why["score"] == pytest.approx(line["score"], abs=1e-4)
        assert (why["p_like"], why["p_choose"]) == pytest.approx((line["p_like"], line["p_choose"]), abs=1e-5)
        assert set(why["parts"]) == {"rating", "choice"}
        for part in why["parts"].values():
            whole_part = sum(part[name] for name in ("mean", "user_bias", "item_bias", "prior", "rest"))
            assert whole_part + sum(one["pull"] for one in part["because"]) == pytest.approx(part["score"], abs=1e-3)
    one = whole.client.get("/v1/users/1/explanations/5?by=choice", headers=read).json()
    assert list(one["parts"]) == ["choice"]


def scored(made: Value) -> dict[str, float]:
    body = {"ratings": LOVES_SPACE, "n": 100}
    return {one["item"]: one["score"] for one in made.client.post("/v1/recommendations", json=body).json()["items"]}


def test_items_that_come_later_are_as_those_that_were_there_at_the_start(whole: Value, folder: Path) -> None:
    before, index = scored(whole), index_of(whole.service.live.model)
    assert {"times", "static_terms", "neighbours", "seen"} <= vars(index).keys() | {"seen"}
    write = whole.headers("write")
    for number in (9001, 9002, 9003):
        whole.client.put(f"/v1/items/{number}", json=WHOLE, headers=write)
    whole.client.patch("/v1/items/9002", json={"features": {"genres": ["Romance"]}}, headers=write)
    whole.client.patch("/v1/items/3", json={"hidden": True}, headers=write)
    fresh = index_of(whole.service.live.model)
    assert fresh.times.n_items == 63
    assert fresh.neighbours is not None
    grown = scored(whole)
    assert set(grown) == (set(before) | {"9001", "9002", "9003"}) - {"3"}
    with made_service(folder, database=whole.service.settings.database) as again:
        assert scored(again) == pytest.approx(grown, rel=1e-6)


def test_a_choice_without_a_rating_moves_the_list(whole: Value) -> None:
    read, write = whole.headers("read"), whole.headers("write")
    path, chosen = "/v1/users/ann/recommendations?n=10&by=choice", ["31", "32", "33", "34"]
    before = whole.client.get(path, headers=read).json()["items"]
    rows = [{"user": "ann", "item": item, "kind": "choice"} for item in chosen]
    assert whole.client.post("/v1/events", json={"events": rows}, headers=write).json()["refused"] == 0
    after = whole.client.get(path, headers=read).json()["items"]
    as_the_library = whole.service.live.model.fold_in(chosen=chosen).recommend(10, by="choice").ids
    assert [int(line["item"]) for line in after] == as_the_library
    assert after != before
    assert not {line["item"] for line in after} & set(chosen)


def test_trending_and_windows_work_with_times(whole: Value) -> None:
    for params in ({"order": "trending"}, {"order": "latest"}, {"window": 30}):
        found = whole.client.get("/v1/popular", params={"n": 3, **params})
        assert len(found.json()["items"]) == 3
