"""What people are answered: known, stored, anonymous, unheard of."""

from __future__ import annotations

import pytest

from service.made_service import LOVES_SPACE, PER_CAMP, Value


def ids(answer: dict) -> list[int]:
    return [int(line["item"]) for line in answer["items"]]


def test_a_known_user_is_answered_from_training(made: Value) -> None:
    answer = made.client.get("/v1/users/1/recommendations", params={"n": 5}).json()
    assert answer["source"] == "known"
    assert len(answer["items"]) == 5
    assert ids(answer) == made.service.live.model.recommend(1, 5).ids


def test_an_unknown_user_gets_a_flagged_list(made: Value) -> None:
    answer = made.client.get("/v1/users/new-user/recommendations")
    assert answer.status_code == 200
    assert answer.json()["source"] == "prior"
    assert len(answer.json()["items"]) == 10


def test_ratings_in_the_body_are_folded_in(made: Value) -> None:
    answer = made.client.post("/v1/recommendations", json={"ratings": LOVES_SPACE, "n": 8}).json()
    assert answer["source"] == "folded_in"
    assert all(item <= PER_CAMP for item in ids(answer))
    assert not set(ids(answer)) & set(map(int, LOVES_SPACE))


def test_a_visitors_next_list_reflects_the_rating_just_given(made: Value) -> None:
    _, me = made.visitor()
    before = ids(made.client.get("/v1/users/me/recommendations", headers=me).json())
    for item, rating in LOVES_SPACE.items():
        made.client.put(f"/v1/users/me/ratings/{item}", json={"rating": rating}, headers=me)
        listed = ids(made.client.get("/v1/users/me/recommendations", headers=me).json())
        assert int(item) not in listed
    answer = made.client.get("/v1/users/me/recommendations", headers=me).json()
    assert answer["source"] == "folded_in"
    assert ids(answer) != before
    assert all(item <= PER_CAMP for item in ids(answer))


def test_the_last_write_wins_and_is_idempotent(made: Value) -> None:
    user, me = made.visitor()
    for rating in (1.0, 4.0, 4.0):
        kept = made.client.put("/v1/users/me/ratings/7", json={"rating": rating}, headers=me).json()
        assert kept == {"user": user, "item": "7", "rating": rating}
    listed = made.client.get("/v1/users/me/ratings", headers=me).json()["ratings"]
    assert [(line["item"], line["rating"]) for line in listed] == [("7", 4.0)]
    for _ in range(2):
        assert made.client.delete("/v1/users/me/ratings/7", headers=me).json()["rating"] is None
    assert made.client.get("/v1/users/me/ratings", headers=me).json()["ratings"] == []


def test_a_known_users_new_ratings_overrule_those_of_training(made: Value) -> None:
    write = made.headers("write")
    listed = made.client.get("/v1/users/1/ratings", headers=write).json()["ratings"]
    item = listed[0]["item"]
    assert made.client.put(f"/v1/users/1/ratings/{item}", json={"rating": 0.5}, headers=write).status_code == 200
    after = {
        line["item"]: line["rating"] for line in made.client.get("/v1/users/1/ratings", headers=write).json()["ratings"]
    }
    assert after[item] == 0.5
    assert len(after) == len(listed)
    assert made.client.get("/v1/users/1/recommendations", headers=write).json()["source"] == "folded_in"


def test_a_training_rating_can_be_taken_back(made: Value) -> None:
    write = made.headers("write")
    item = made.client.get("/v1/users/1/ratings", headers=write).json()["ratings"][0]["item"]
    made.client.delete(f"/v1/users/1/ratings/{item}", headers=write)
    after = made.client.get("/v1/users/1/ratings", headers=write).json()["ratings"]
    assert item not in [line["item"] for line in after]


def test_erasing_forgets_ratings_token_and_training(made: Value) -> None:
    _, me = made.visitor()
    made.client.put("/v1/users/me/ratings/7", json={"rating": 4}, headers=me)
    assert len(made.client.get("/v1/users/me/export", headers=me).json()["stored"]) == 1
    assert made.client.delete("/v1/users/me", headers=me).status_code == 204
    assert made.client.get("/v1/users/me/ratings", headers=me).status_code == 401
    admin = made.headers("write")
    assert made.client.get("/v1/users/2/export", headers=admin).json()["training"]
    assert made.client.delete("/v1/users/2", headers=admin).status_code == 204
    assert made.client.get("/v1/users/2/recommendations").json()["source"] == "prior"
    exported = made.client.get("/v1/users/2/export", headers=admin).json()
    assert exported["stored"] == exported["training"] == []


def test_an_explanation_names_the_ratings_that_pulled(made: Value) -> None:
    why = made.client.post("/v1/explanations", json={"item": "5", "ratings": LOVES_SPACE}).json()
    assert why["item"] == "5"
    assert why["title"] == "The Starship 4 (1974)"
    assert {line["item"] for line in why["because"]} == set(LOVES_SPACE)
    loved, hated = (next(p["pull"] for p in why["because"] if p["item"] == i) for i in ("1", "31"))
    assert loved > 0
    assert hated > 0  # disliking love films speaks for space films
    parts = why["mean"] + why["user_bias"] + why["item_bias"] + why["prior"] + sum(p["pull"] for p in why["because"])
    assert parts == pytest.approx(why["predicted"], abs=1e-3) or why["predicted"] in (0.5, 5.0)


def test_predictions_say_how_sure_and_on_what_they_rest(made: Value) -> None:
    asked = {"items": ["5", "40", "no such film"], "ratings": LOVES_SPACE}
    space, love, unknown = made.client.post("/v1/predictions", json=asked).json()["predictions"]
    assert space["mean"] > love["mean"]
    assert [line["source"] for line in (space, love, unknown)] == ["folded_in", "folded_in", "prior"]
    assert unknown["std"] > space["std"]


def test_unknown_ids_in_a_request_are_named(made: Value) -> None:
    answer = made.client.post("/v1/recommendations", json={"ratings": {"1": 5, "nope": 3}, "among": [2, "x"]}).json()
    assert ids(answer) == [2]
    assert sorted(answer["unknown"]) == ["nope", "x"]


def test_searching_finds_what_was_meant(made: Value) -> None:
    def search(text: str) -> list[str]:
        return [line["title"] for line in made.client.get("/v1/items", params={"search": text}).json()["items"]]

    assert search("the starship 11") == ["The Starship 11 (1981)"]
    assert "Amélie's Café 3 (1973)" in search("amelies cafe 3")
    assert search("zzz") == []
    assert made.client.get("/v1/items", params={"limit": 3, "offset": 2}).json()["total"] == 2 * PER_CAMP


def test_an_item_shows_bias_and_neighbours(made: Value) -> None:
    item = made.client.get("/v1/items/5", params={"n": 5}).json()
    assert item["tags"] == ["Sci-Fi", "Adventure"]
    assert item["bias"] == pytest.approx(float(made.service.live.part.items.bias[:, 4].mean()))
    assert all(int(line["item"]) <= PER_CAMP for line in item["neighbours"])
    assert made.client.get("/v1/items/999").status_code == 404
