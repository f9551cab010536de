"""Items have a life: put, patched, hidden, ended, deleted, one or many at a time; what others need is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from penchant.recommending.recommender import index_of
from penchant.service.retraining import retrain
from penchant.service.version_store import VersionStore
from service.made_service import LOVES_SPACE, Value, made_service
from service.test_switching import until

PATH = "/v1/items/9001"
WHOLE = {"title": "Starship Reborn (2026)", "features": {"genres": ["Sci-Fi"]}}


def scored(made: Value) -> dict[str, float]:
    answer = made.client.post("/v1/recommendations", json={"ratings": LOVES_SPACE, "n": 100}).json()
    return {line["item"]: line["score"] for line in answer["items"]}


def listed(made: Value) -> list[str]:
    return list(scored(made))


def test_put_adds_and_replaces(made: Value) -> None:
    write = made.headers("write")
    assert made.client.put(PATH, json=WHOLE, headers=write).status_code == 201
    assert made.client.get(PATH).json()["features"] == {"genres": ["Sci-Fi"]}
    again = made.client.put(PATH, json={"title": "Another"}, headers=write)
    assert (again.status_code, again.json()["title"], again.json()["tags"]) == (200, "Another", [])
    assert made.client.get("/v1/items", params={"search": "reborn"}).json()["total"] == 0
    assert made.client.put(PATH, json={}, headers=write).status_code == 422


def test_patch_changes_what_is_sent(made: Value) -> None:
    write = made.headers("write")
    changed = made.client.patch("/v1/items/5", json={"title": "Starship, renamed"}, headers=write).json()
    assert (changed["title"], changed["tags"]) == ("Starship, renamed", ["Sci-Fi", "Adventure"])
    made.client.patch("/v1/items/5", json={"features": {"genres": ["Romance"]}}, headers=write)
    assert made.client.get("/v1/items/5").json()["tags"] == ["Romance"]
    assert made.client.get("/v1/items/5").json()["title"] == "Starship, renamed"
    romance = made.service.live.model.recommend("new", 60, where={"genres": "Romance"}).ids
    assert 5 in romance
    restored = made.client.patch("/v1/items/5", json={"title": None, "features": None}, headers=write).json()
    assert restored["title"] == "The Starship 4 (1974)"
    assert restored["tags"] == ["Sci-Fi", "Adventure"]
    assert made.client.patch(PATH, json={"title": "x"}, headers=write).status_code == 404


def test_a_hidden_item_is_in_no_list_and_comes_back(made: Value) -> None:
    first, write = listed(made)[0], made.headers("write")
    hidden = made.client.patch(f"/v1/items/{first}", json={"hidden": True}, headers=write).json()
    assert hidden["listed"] is False
    assert first not in listed(made)
    assert made.client.get("/v1/items", params={"search": hidden["title"]}).json()["total"] == 0
    assert first not in made.client.get("/map/points").json()["ids"]
    for path in (f"/v1/items/{n}" for n in range(1, 10)):
        assert first not in [near["item"] for near in made.client.get(path).json()["neighbours"]]
    asked = made.client.post("/v1/questions", json={"n": 60}).json()["items"]
    assert first not in [line["item"] for line in asked]
    assert made.client.get(f"/v1/items/{first}").status_code == 200
    made.client.patch(f"/v1/items/{first}", json={"hidden": False}, headers=write)
    assert listed(made)[0] == first


def test_an_item_ends_by_itself(made: Value) -> None:
    write, first = made.headers("write"), listed(made)[0]
    soon = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
    made.client.patch(f"/v1/items/{first}", json={"available_until": soon}, headers=write)
    until(lambda: first not in listed(made))
    assert made.client.get(f"/v1/items/{first}").json()["listed"] is False
    made.client.patch(f"/v1/items/{first}", json={"available_until": None}, headers=write)
    assert first in listed(made)


@pytest.mark.parametrize("path", ["/v1/items/5", PATH])
def test_a_deleted_item_is_gone_until_it_is_put_again(made: Value, path: str) -> None:
    write, item = made.headers("write"), path.rpartition("/")[2]
    made.client.put(path, json=WHOLE, headers=write)
    assert item in listed(made)
    assert made.client.delete(path, headers=write).status_code == 204
    assert made.client.get(path).status_code == 404
    assert made.client.delete(path, headers=write).status_code == 404
    assert made.client.put(f"/v1/users/7/ratings/{item}", json={"rating": 4}, headers=write).status_code == 404
    assert item not in listed(made)
    assert made.client.put(path, json=WHOLE, headers=write).status_code == 201
    assert made.client.get(path).json()["listed"] is True
    assert item in listed(made)


def test_many_changes_have_an_outcome_each(made: Value) -> None:
    rows = [
        {"change": "put", "item": "9001", **WHOLE},
        {"change": "patch", "item": "9001", "hidden": True},
        {"change": "put", "item": "9002"},
        {"change": "patch", "item": "no such", "hidden": True},
        {"change": "put", "item": "9003", "title": "x", "features": {"genre": ["Sci-Fi"]}},
        {"change": "delete", "item": "1"},
    ]
    found = made.client.post("/v1/item-changes", json={"changes": rows}, headers=made.headers("write")).json()
    assert [one["status"] for one in found["outcomes"]] == [201, 200, 422, 404, 422, 204]
    assert (found["done"], found["refused"]) == (3, 3)
    assert "Did you mean 'genres'?" in found["outcomes"][4]["detail"]
    assert made.client.get(PATH).json()["hidden"] is True
    assert made.client.get("/v1/items/1").status_code == 404


@pytest.mark.parametrize("features", [{"year": 1990}, {"genres": 7.5}])
def test_features_that_the_model_cannot_hold_are_refused(made: Value, features: dict) -> None:
    refused = made.client.put(PATH, json={**WHOLE, "features": features}, headers=made.headers("write"))
    assert refused.status_code == 422
    assert made.client.get(PATH).status_code == 404


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "2030-01-01T00:00:00"])
def test_times_that_cannot_be_kept_are_refused(made: Value, time: str) -> None:
    body = {**WHOLE, "available_until": time}
    assert made.client.put(PATH, json=body, headers=made.headers("write")).status_code == 422


def test_adding_an_item_keeps_what_was_computed(made: Value) -> None:
    """Nothing is made anew: users folded in, questions, and what lists are made from; they have one row more."""
    before, old = listed(made), made.service.live
    made.client.post("/v1/questions", json={"ratings": LOVES_SPACE})
    main = index_of(old.model).main
    stacked, elicitation = main.stacked, main.elicitation
    made.client.put(PATH, json=WHOLE, headers=made.headers("write"))
    live = made.service.live
    fresh = vars(index_of(live.model).main)
    assert live.states is old.states
    assert live.questions is old.questions
    assert fresh["elicitation"] is elicitation
    np.testing.assert_array_equal(fresh["stacked"][:-1], stacked)
    assert [item for item in listed(made) if item != "9001"] == before


def test_a_grown_model_answers_like_one_that_was_made_so(tmp_path: Path) -> None:
    with made_service(tmp_path / "model") as made:
        write = made.headers("write")
        for number in range(9001, 9006):
            made.client.put(f"/v1/items/{number}", json=WHOLE, headers=write)
        made.client.patch("/v1/items/9003", json={"features": {"genres": ["Romance"]}}, headers=write)
        grown = scored(made)
    with made_service(tmp_path / "model") as again:  # all at once, when the model is loaded
        assert scored(again) == grown
    assert set(map(str, range(9001, 9006))) <= set(grown)


def test_a_rating_of_an_item_to_come_counts_once_it_is_there(made: Value) -> None:
    body = {"ratings": {**LOVES_SPACE, "9001": 5}}
    assert made.client.post("/v1/recommendations", json=body).json()["unknown"] == ["9001"]
    made.client.put(PATH, json=WHOLE, headers=made.headers("write"))
    answer = made.client.post("/v1/recommendations", json={**body, "n": 100}).json()
    assert answer["unknown"] == []
    assert "9001" not in [line["item"] for line in answer["items"]]


def test_retraining_knows_the_changes(made: Value) -> None:
    write = made.headers("write")
    made.client.put(PATH, json=WHOLE, headers=write)
    made.client.put("/v1/items/9002", json=WHOLE, headers=write)
    made.client.delete("/v1/items/9002", headers=write)
    made.client.patch("/v1/items/5", json={"title": "Renamed"}, headers=write)
    made.client.patch("/v1/items/6", json={"hidden": True}, headers=write)
    retrain(VersionStore(made.folder), made.service.database, seed=0, keep=3, force=True)
    until(lambda: made.service.live.version == "0001")
    items = made.service.live.trained.rating_model.items
    assert 9001 in items.vocabulary
    assert 9002 not in items.vocabulary
    assert items.title(items.vocabulary.number(5)) == "Renamed"
    assert "6" not in listed(made)
    assert made.client.get("/v1/items/9002").status_code == 404
