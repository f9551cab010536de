"""Who can read what: stored ratings never influence an answer to a caller who may not read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penchant.service.retraining import retrain
from penchant.service.version_store import VersionStore
from service.made_service import LOVES_SPACE, Value
from waiting import until

LIST = "/v1/users/{}/recommendations"


def store(made: Value, user: str, ratings: dict[str, float]) -> None:
    for item, rating in ratings.items():
        url = f"/v1/users/{user}/ratings/{item}"
        assert made.client.put(url, json={"rating": rating}, headers=made.headers("write")).status_code == 200


def unsigned(made: Value, user: str) -> dict:
    answer = made.client.get(LIST.format(user), params={"n": 60})
    assert answer.status_code == 200
    return {**answer.json(), "user": None}


def test_stored_ratings_do_not_change_what_is_answered_without_a_key(made: Value) -> None:
    before = {user: unsigned(made, user) for user in ("1", "ann", "never-seen")}
    unrated = next(line["item"] for line in before["1"]["items"])
    for user in ("1", "ann"):
        store(made, user, {**LOVES_SPACE, unrated: 0.5})
    assert {user: unsigned(made, user) for user in before} == before
    assert before["ann"] == before["never-seen"]
    signed = made.client.get(LIST.format("ann"), params={"n": 60}, headers=made.headers("read")).json()
    assert signed["source"] == "folded_in"
    assert signed["items"] != before["ann"]["items"]


def test_a_version_trained_on_stored_ratings_keeps_them_private(made: Value) -> None:
    for user in ("1", "ann"):
        store(made, user, LOVES_SPACE)
    retrain(VersionStore(made.folder), made.service.database, seed=0, keep=3, force=True)
    until(lambda: made.service.live.version == "0001")
    assert "ann" in made.service.live.part.users.vocabulary
    unknown = unsigned(made, "never-seen")
    assert unsigned(made, "ann") == unknown
    assert unsigned(made, "1") == unknown
    assert unsigned(made, "3")["source"] == "known"


def test_seen_items_are_not_given_away(made: Value) -> None:
    asked = {"exclude_seen": False}
    for user in ("1", "ann"):
        assert made.client.get(LIST.format(user), params=asked).status_code == 401
        assert made.client.get(LIST.format(user), params=asked, headers=made.headers("read")).status_code == 200
        body = {"user": user, "items": ["5"]}
        assert made.client.post("/v1/predictions", json=body).status_code == 401
        assert made.client.post("/v1/predictions", json=body, headers=made.headers("read")).status_code == 200
    _, mine = made.visitor()
    assert made.client.get(LIST.format("me"), params=asked, headers=mine).status_code == 200
    assert made.client.get(LIST.format("1"), params=asked, headers=mine).status_code == 401


@pytest.mark.parametrize("spelling", ["01", "%201", "1%20", "001", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_user_has_one_spelling_in_every_route(made: Value, spelling: str) -> None:
    write = made.headers("write")
    assert made.client.put(f"/v1/users/{spelling}/ratings/05", json={"rating": 0.5}, headers=write).json() == {
        "user": "1", "item": "5", "rating": 0.5,
    }  # fmt: skip
    for path in ("ratings", "export", "recommendations", "questions"):
        said = [made.client.get(f"/v1/users/{one}/{path}", headers=write).json() for one in ("1", spelling)]
        assert said[0] == said[1]
    assert made.client.get(f"/v1/users/{spelling}/recommendations").json()["user"] == "1"
    assert made.client.delete(f"/v1/users/{spelling}/ratings/005", headers=write).status_code == 200
    assert made.client.delete(f"/v1/users/{spelling}", headers=write).status_code == 204
    assert made.client.get("/v1/users/1/ratings", headers=write).json()["ratings"] == []


def test_an_unknown_user_has_one_spelling_too(made: Value) -> None:
    store(made, "0999", {"5": 2.0})
    for one in ("999", "0999", " 999"):
        kept = made.client.get(f"/v1/users/{one}/ratings", headers=made.headers("read")).json()
        assert (kept["user"], [line["item"] for line in kept["ratings"]]) == ("999", ["5"])


def test_a_visitors_list_is_not_opened_by_another_spelling(made: Value) -> None:
    user, _ = made.visitor()
    for one in (user, f"%20{user}", f"{user}%20"):
        assert made.client.get(f"/v1/users/{one}/recommendations").status_code == 401


@pytest.mark.parametrize("header", ["Bearer pk_000000000000_wrong", "Bearer pk_", "Bearer not-a-token", "Bearer "])
def test_a_wrong_key_or_token_is_401_on_every_route(made: Value, header: str) -> None:
    document = made.client.get("/v1/openapi.json").json()
    bodies = {
        "/v1/recommendations": {}, "/v1/predictions": {"items": ["1"]}, "/v1/explanations": {"item": "1"},
        "/v1/questions": {}, "/v1/items": {"item": "77", "title": "New"}, "/v1/model/switch": {},
        "/v1/items/{item_id}": {"title": "New"}, "/v1/users/{user_id}/recommendations": {},
        "/v1/item-changes": {"changes": [{"change": "delete", "item": "1"}]}, "/v1/lists": {"users": ["1"]},
        "/v1/events": {"events": [{"user": "1", "item": "1", "rating": 3}]},
        "/v1/outcomes": {"outcomes": [{"list_id": "0" * 32, "item": "1", "kind": "shown"}]},
    }  # fmt: skip
    checked = 0
    for path, operations in document["paths"].items():
        for method in operations:
            if path.startswith("/health/"):
                continue
            url = path.format(user_id="1", item_id="5")
            body = bodies.get(path) or ({"rating": 3} if method == "put" else None)
            answer = made.client.request(
                method, url, headers={"Authorization": header, "Content-Type": "application/json"},
                content=None if body is None and path not in bodies else json.dumps(body or {}),
            )  # fmt: skip
            assert answer.status_code == 401, (method, path, answer.text)
            assert "not in use" in answer.json()["detail"] or "pk_" not in header, (method, path)
            checked += 1
    assert checked >= 28


def test_erasing_reaches_training_in_any_spelling(made: Value) -> None:
    assert made.client.delete("/v1/users/02", headers=made.headers("write")).status_code == 204
    retrain(VersionStore(made.folder), made.service.database, seed=0, keep=3, force=True)
    until(lambda: made.service.live.version == "0001")
    assert "2" not in made.service.live.part.users.vocabulary


def test_the_guide_says_who_can_read_what() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "serving.md").read_text()
    assert "## Who can read what" in guide
