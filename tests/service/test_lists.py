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
    assert (why["by"], why["terms"]) == ("rating", [])
    part = why["parts"]["rating"]
    assert {line["item"] for line in part["because"]} == set(LOVES_SPACE)
    loved, hated = (next(p["pull"] for p in part["because"] if p["item"] == i) for i in ("1", "31"))
    assert loved > 0
    assert hated > 0  # disliking love films speaks for space films
    assert split_sum(part) == pytest.approx(part["score"], abs=1e-3)
    assert why["score"] == part["score"]


def split_sum(part: dict) -> float:
    named = ("mean", "user_bias", "item_bias", "prior", "rest")
    return sum(part[name] for name in named) + sum(line["pull"] for line in part["because"])


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


def test_filters_are_the_same_in_the_address_and_in_the_body(made: Value) -> None:
    read = made.headers("read")
    address = {"n": 7, "where": "genres:Romance", "exclude": ["33", "34"], "diversity": 0.3, "by": "rating"}
    body = {**address, "where": {"genres": "Romance"}}
    got = made.client.get("/v1/users/2/recommendations", params=address, headers=read).json()
    posted = made.client.post("/v1/users/2/recommendations", json=body, headers=read).json()
    assert got == posted
    assert len(got["items"]) == 7
    assert all(item > PER_CAMP and item not in (33, 34) for item in ids(got))
    assert (
        ids(got)
        == made.service.live.model.recommend(2, 7, where={"genres": "Romance"}, exclude=[33, 34], diversity=0.3).ids
    )
    only = made.client.get("/v1/users/2/recommendations", params={"among": ["3", "40"]}, headers=read).json()
    assert sorted(ids(only)) == [i for i in (3, 40) if str(i) not in stored_items(made, "2")]


def stored_items(made: Value, user: str) -> set[str]:
    found = made.client.get(f"/v1/users/{user}/ratings", headers=made.headers("read")).json()["ratings"]
    return {line["item"] for line in found}


@pytest.mark.parametrize(
    "params",
    [{"by": "choice"}, {"by": "luck"}, {"where": "year:1990"}, {"where": "genres"}, {"diversity": 1}, {"order": "x"}],
)
def test_lists_that_cannot_be_are_refused(made: Value, params: dict) -> None:
    assert made.client.get("/v1/users/2/recommendations", params=params).status_code == 422


def test_a_seed_of_exploration_gives_the_same_list_again(made: Value) -> None:
    lists = [ids(made.client.get(f"/v1/users/2/recommendations?explore={seed}").json()) for seed in (1, 1, 2, 3)]
    assert lists[0] == lists[1]
    assert len({tuple(one) for one in lists}) > 1


def test_many_users_get_their_lists_in_one_request(made: Value) -> None:
    read, users = made.headers("read"), ["1", "2", "new"]
    body = {"users": users, "n": 5, "where": {"genres": "Romance"}}
    many = made.client.post("/v1/lists", json=body, headers=read).json()["lists"]
    path = "/v1/users/{}/recommendations?n=5&where=genres:Romance"
    assert many == [made.client.get(path.format(user), headers=read).json() for user in users]
    assert made.client.post("/v1/lists", json=body).status_code == 401


def test_more_like_an_item_for_a_user(made: Value) -> None:
    found = made.client.get("/v1/users/2/similar/5", params={"n": 4}, headers=made.headers("read")).json()
    near = [int(one) for one in made.service.live.model.similar_items(5, 40).ids]
    assert len(found["items"]) == 4
    assert set(ids(found)) <= set(near)
    assert ids(found) == made.service.live.model.recommend(2, 4, among=near).ids
    assert made.client.get("/v1/users/2/similar/nope").status_code == 404


def test_popular_lists_need_no_user(made: Value) -> None:
    found = made.client.get("/v1/popular", params={"n": 3, "where": "genres:Romance"}).json()
    assert ids(found) == made.service.live.model.popular(3, where={"genres": "Romance"}).ids
    assert made.client.get("/v1/popular", params={"order": "trending"}).status_code == 422  # no times


def test_a_users_ratings_come_in_pages(made: Value) -> None:
    read = made.headers("read")
    whole = made.client.get("/v1/users/1/ratings", headers=read).json()
    part = made.client.get("/v1/users/1/ratings", params={"limit": 2, "offset": 1}, headers=read).json()
    assert part["ratings"] == whole["ratings"][1:3]
    assert part["total"] == len(whole["ratings"])


@pytest.mark.parametrize(
    "path", ["/v1/items", "/v1/model", "/health/live", "/", "/model", "/v1/popular", "/map/points"]
)
def test_a_parameter_that_a_route_does_not_know_is_refused(made: Value, path: str) -> None:
    assert made.client.get(path, params={"limitt": 3}).status_code == 422
