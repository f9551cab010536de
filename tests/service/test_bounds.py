"""Everything has an end: bodies, lists, ratings, ids, rates, caches; and every refusal says so as a problem."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from fastapi.params import Form

from penchant.recommending.recommender import index_of
from penchant.service.lru_cache import LRUCache
from penchant.service.rate_limiter import RateLimiter
from penchant.service.work_costs import questions_cost
from service.made_service import LOVES_SPACE, Value, made_model, made_service
from service.test_switching import shelve
from waiting import until


def assert_problem(answer: object, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"rating": NaN}',
        b'{"rating": Infinity}',
        b'{"rating": 1e999}',
        b'{"rating": "x"}',
        b'{"rating": null}',
        b'{"rating": 9}',
        b'{"rating": -1}',
        b'{"rating": 4, "more": 1}',
        b"\xff\xfe",
        b'{"rating": ' + b"[" * 50_000,
    ],
)
def test_a_malformed_rating_is_refused_and_nothing_changes(made: Value, body: bytes) -> None:
    _, me = made.visitor()
    made.client.put("/v1/users/me/ratings/5", json={"rating": 2.5}, headers=me)
    answer = made.client.put("/v1/users/me/ratings/5", content=body, headers={**me, "Content-Type": "application/json"})
    assert_problem(answer, answer.status_code if answer.status_code in (400, 422) else 422)
    kept = made.client.get("/v1/users/me/ratings", headers=me).json()["ratings"]
    assert [line["rating"] for line in kept] == [2.5]


@pytest.mark.parametrize(
    "wanted", ["9" * 150, "x" * 200, "-1", "1e3", "1.5", "%2e%2e%2f", "❤", "\N{ARABIC-INDIC DIGIT ONE}" * 3]
)
def test_odd_ids_are_answered(made: Value, wanted: str) -> None:
    assert made.client.get(f"/v1/users/{wanted}/recommendations").status_code == 200
    assert_problem(made.client.get(f"/v1/items/{wanted}"), 404)


@pytest.mark.parametrize("wanted", ["x" * 201, "9" * 5000, "a%00b", "a%0ab"])
def test_impossible_ids_are_refused(made: Value, wanted: str) -> None:
    assert_problem(made.client.get(f"/v1/users/{wanted}/recommendations"), 422)
    assert_problem(made.client.get(f"/v1/items/{wanted}"), 422)


@pytest.mark.parametrize("rating", [4.3, 0.75])
def test_a_rating_between_two_steps_is_refused(made: Value, rating: float) -> None:
    _, me = made.visitor()
    refused = made.client.put("/v1/users/me/ratings/5", json={"rating": rating}, headers=me)
    assert "steps of 0.5" in assert_problem(refused, 422)["detail"]
    assert_problem(made.client.post("/v1/recommendations", json={"ratings": {"5": rating}}), 422)
    row = {"user": "ann", "item": "5", "rating": rating}
    taken = made.client.post("/v1/events", json={"events": [row]}, headers=made.headers("write")).json()
    assert taken["outcomes"][0]["status"] == 422


def test_features_that_users_do_not_have_are_refused(made: Value) -> None:
    refused = made.client.post("/v1/recommendations", json={"features": {"age": 30}})
    assert "no feature 'age'" in assert_problem(refused, 422)["detail"]


def test_ten_thousand_ratings_in_one_body_are_refused(made: Value) -> None:
    many = {str(n): 3.0 for n in range(10_000)}
    assert "2000" in assert_problem(made.client.post("/v1/recommendations", json={"ratings": many}), 422)["detail"]


def test_a_large_body_is_refused_before_it_is_read(made: Value) -> None:
    assert_problem(made.client.post("/v1/recommendations", content=b" " * 300_000), 413)

    def pieces():  # no length declared
        for _ in range(400):
            yield b" " * 1000

    assert_problem(made.client.post("/v1/recommendations", content=pieces()), 413)


def test_a_list_has_a_longest_length(made: Value) -> None:
    assert_problem(made.client.get("/v1/users/1/recommendations", params={"n": 101}), 422)
    assert_problem(made.client.get("/v1/users/1/recommendations", params={"n": 0}), 422)
    assert len(made.client.get("/v1/users/1/recommendations", params={"n": 100}).json()["items"]) < 60


def test_a_user_holds_so_many_ratings_and_no_more(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", max_ratings_per_user=3) as made:
        _, me = made.visitor()
        statuses = [
            made.client.put(f"/v1/users/me/ratings/{n}", json={"rating": 3}, headers=me).status_code
            for n in (1, 2, 3, 3, 4)
        ]
        assert statuses == [200, 200, 200, 200, 422]


def test_whoever_asks_too_often_waits(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", address_rate=0.01, address_burst=3, key_burst=1000) as made:
        for _ in range(3):
            assert made.client.get("/v1/items").status_code == 200
        answer = made.client.get("/v1/items")
        assert_problem(answer, 429)
        assert 1 <= int(answer.headers["retry-after"]) <= 100
        assert made.client.get("/health/live").status_code == 200
        for _ in range(5):
            assert made.client.get("/v1/items", headers=made.headers("read")).status_code == 200


def test_new_visitors_from_one_address_are_limited(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", visitors_per_hour=2) as made:
        assert [made.client.post("/v1/visitors").status_code for _ in range(3)] == [201, 201, 429]


def test_a_bucket_fills_again_and_buckets_are_forgotten() -> None:
    time = [0.0]
    limiter = RateLimiter(2.0, 2, most=3, clock=lambda: time[0])
    assert [limiter.wait("a") for _ in range(3)] == [0, 0, 0.5]
    time[0] = 0.5
    assert limiter.wait("a") == 0
    for name in "bcdefg":
        limiter.wait(name)
    assert len(limiter) == 3


def test_what_was_made_lately_is_kept_and_the_rest_forgotten() -> None:
    made: list[str] = []
    lately = LRUCache[str](2)

    def get(name: str) -> str:
        return lately.get(name, lambda: made.append(name) or name.upper())

    assert [get(name) for name in "abcbdbc"] == list("ABCBDBC")
    assert "".join(made) == "abcdc"
    assert len(lately) == 2


def test_things_of_different_sizes_are_kept_as_far_as_they_fit() -> None:
    lately = LRUCache[str](6, len)
    for name in ("aa", "bbb", "aa", "cccc"):
        lately.get(name, lambda name=name: name)
    assert "bbb" not in lately
    assert (len(lately), lately.size) == (2, 6)
    fewer = lately.without(lambda one: one == "aa")
    assert (len(fewer), fewer.size) == (1, 4)
    lately.forget("aa")
    assert lately.get("too large", lambda: "too large") == "too large"
    assert (len(lately), lately.size) == (0, 0)


def test_memory_for_visitors_is_counted_in_bytes(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", cached_megabytes=1) as made:
        for number in range(1, 61):
            for other in range(1, 61):
                made.service.people.describe({str(number): 5.0, str(other): 1.0})
        states = made.service.live.states
        assert 0 < states.size <= 10**6
        assert len(states) < 60 * 59
        state = made.service.people.describe(LOVES_SPACE).state
        rows = state.main.rows
        assert state.nbytes > rows.bias.nbytes + rows.vectors.nbytes + rows.covariance.nbytes


def test_visitors_kept_in_memory_keep_no_items_that_were_replaced(made: Value) -> None:
    asked = {"ratings": LOVES_SPACE}
    before = weakref.ref(index_of(made.service.live.model))
    first = made.client.post("/v1/recommendations", json=asked).json()["items"]
    put = made.client.put("/v1/items/9001", json={"title": "Another"}, headers=made.headers("write"))
    assert put.status_code == 201
    assert len(made.service.live.states) == 1
    until(lambda: before() is None)
    assert made.client.post("/v1/recommendations", json=asked).json()["items"] == first


def test_a_version_that_was_replaced_is_freed_without_a_collection(made: Value) -> None:
    assert made.client.get("/v1/users/1/recommendations").status_code == 200
    assert made.client.get("/items/1").status_code == 200
    before = weakref.ref(made.service.live.trained)
    gc.disable()
    try:
        shelve(made.folder, shift=-1)
        until(lambda: made.service.live.version == "0001")
        until(lambda: before() is None)
    finally:
        gc.enable()


def test_unknown_routes_and_methods_are_problems(made: Value) -> None:
    assert_problem(made.client.get("/v1/nothing"), 404)
    assert_problem(made.client.post("/v1/items/1"), 405)


# --- cost and time ---------------------------------------------------------------------------------------------------


def test_questions_are_bounded_by_what_they_cost(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", max_work=1) as made:
        one = questions_cost(made.service.live.part, 1)
        many = questions_cost(made.service.live.part, 60)
        assert many > one > 0
        assert made.client.post("/v1/questions", json={"n": 60}).status_code == 200
        made.service.settings.__dict__["max_work"] = 0  # a frozen dataclass; no model of a test is large enough
        problem = assert_problem(made.client.post("/v1/questions", json={"n": 60}), 422)
        assert "more work" in problem["detail"]
        assert_problem(made.client.get("/v1/users/1/questions?n=60", headers=made.headers("read")), 422)


def test_work_that_takes_too_long_is_answered_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with made_service(tmp_path / "model", answer_seconds=1, threads=2) as made:
        release = threading.Event()
        monkeypatch.setattr(made.service.people, "item_id", lambda wanted: release.wait(30))
        try:
            for _ in range(3):  # the third has no thread to run in, and does not wait longer for that
                problem = made.client.get("/v1/items/5")
                assert_problem(problem, 503)
                assert int(problem.headers["retry-after"]) > 0
            assert made.client.get("/health/ready").status_code == 200
            assert made.client.post("/v1/recommendations", json={}).status_code == 200
        finally:
            release.set()


def test_lists_of_many_users_stop_when_their_time_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with made_service(tmp_path / "model", answer_seconds=3) as made:
        found, go = [], threading.Event()
        find = made.service.people.find

        def slow(user: str, version: str | None = None) -> object:
            found.append(user)
            go.wait(60)
            return find(user, version)

        monkeypatch.setattr(type(made.service.people), "find", lambda self, *words: slow(*words))
        body = {"users": [str(n) for n in range(1, 20)]}
        assert_problem(made.client.post("/v1/lists", json=body, headers=made.headers("read")), 503)
        go.set()
    assert found == ["1"]  # the piece that had begun, and no other


def test_only_a_short_plain_list_keeps_other_requests_waiting(made: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    describe, threads = made.service.people.describe, []

    def noted(*words: Any) -> Any:
        threads.append(threading.get_ident())
        return describe(*words)

    monkeypatch.setattr(made.service.people, "describe", noted)
    for wanted in ({"n": 10}, {"n": 20}, {"n": 100, "diversity": 0.9}):
        assert made.client.post("/v1/recommendations", json={"ratings": {"1": 4}, **wanted}).status_code == 200
    assert threads[0] == threads[1] != threads[2]


def test_requests_of_high_cost_do_not_take_every_thread(made: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.service.service.HEAVY", 0)
    release, statuses = threading.Event(), []
    monkeypatch.setattr(made.service.people, "questions", lambda *_: release.wait(30) and [])

    def ask() -> None:
        statuses.append(made.client.post("/v1/questions", json={}).status_code)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    try:
        assert made.client.get("/v1/items/5").status_code == 200
    finally:
        release.set()
        for thread in threads:
            thread.join()
    assert set(statuses) <= {200, 503}


# --- texts and parameters --------------------------------------------------------------------------------------------

HALF = "\\ud83d"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"item": "77", "title": "New", "features": {{"genres": ["{HALF}"]}}}}',
        f'{{"item": "77", "title": "New", "features": {{"{HALF}": "x"}}}}',
        f'{{"item": "77", "title": "{HALF}"}}',
        f'{{"item": "{HALF}", "title": "New"}}',
        '{"item": "77", "title": "New", "features": {"plot": "a\\u0000b"}}',
    ],
)
def test_a_text_that_cannot_be_stored_is_refused(made: Value, body: str) -> None:
    headers = {**made.headers("write"), "Content-Type": "application/json"}
    assert_problem(made.client.post("/v1/items", content=body, headers=headers), 422)
    assert made.client.get("/v1/items", params={"search": "new"}).json()["total"] == 0


def test_every_route_refuses_parameters_it_does_not_know(made: Value) -> None:
    document = made.client.get("/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        if path.startswith("/health/"):
            continue  # a probe is answered without a look at anything
        for method in operations:
            url = path.format(user_id="1", item_id="5") + "?other=4"
            answer = made.client.request(method, url, headers=made.headers("admin"))
            assert_problem(answer, 422)
    assert "other" in made.client.get("/v1/users/1/recommendations?other=4").json()["detail"]


def test_a_parameter_that_is_given_twice_is_refused_on_every_route(made: Value) -> None:
    twice = several = 0
    for path, operations in made.client.get("/v1/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            for one in operation.get("parameters", []):
                if one["in"] != "query":
                    continue
                schema = one["schema"]
                kinds = {part.get("type") for part in schema.get("anyOf", [schema])}
                value = {"integer": "5", "number": "0.5", "boolean": "true"}.get(
                    min(kinds - {"null", None}, default="")
                )
                given = value or ("genres:x" if one["name"] == "where" else schema.get("enum", ["5"])[0])
                url = path.format(user_id="1", item_id="5") + f"?{one['name']}={given}&{one['name']}={given}"
                answer = made.client.request(method, url, headers=made.headers("admin"))
                if "array" in kinds:
                    several += 1
                    assert "twice" not in answer.text
                else:
                    twice += 1
                    assert "given twice" in assert_problem(answer, 422)["detail"]
    assert twice > 20
    assert several >= 6
    for url in ("/?genre=Drama&genre=War", "/search?search=a&search=b", "/rows/for-you?n=5&n=6", "/ratings?n=5&n=5"):
        assert_problem(made.client.get(url), 422)


def test_fields_that_a_body_does_not_have_are_refused_on_every_route(made: Value) -> None:
    for route in made.client.app.state.routes:
        path = route.path.replace("{user_id}", "1").replace("{item_id}", "5")
        for method in route.methods - {"GET"}:
            headers = {**made.headers("admin"), "Origin": "http://127.0.0.1"}
            is_form = any(isinstance(one.field_info, Form) for one in route.dependant.body_params)
            sent = {"data": {"other": "1"}} if is_form else {"json": {"other": 1}}
            answer = made.client.request(method, path, headers=headers, **sent)
            assert_problem(answer, 422)
    assert_problem(made.client.request("GET", "/v1/items", json={"search": "star"}), 422)
    assert made.client.post("/v1/visitors", json={}).status_code == 201
    twice = made.client.post("/act", data={"item": ["5", "6"], "do": "save"}, headers={"Origin": "http://127.0.0.1"})
    assert "given twice" in assert_problem(twice, 422)["detail"]


@pytest.mark.parametrize(("method", "path", "body"), [
    ("PUT", "/v1/users/1/ratings/5", {"rating": True}),
    ("POST", "/v1/recommendations", {"ratings": {"5": True}}),
    ("POST", "/v1/recommendations", {"n": True}),
    ("POST", "/v1/recommendations", {"diversity": False}),
    ("POST", "/v1/recommendations", {"where": {"genres": [True]}}),
    ("POST", "/v1/recommendations", {"features": {"age": True}}),
    ("POST", "/v1/predictions", {"items": ["5"], "ratings": {"6": False}}),
    ("POST", "/v1/explanations", {"item": "5", "ratings": {"6": True}}),
    ("POST", "/v1/questions", {"ratings": {"6": True}}),
    ("POST", "/v1/lists", {"users": ["1"], "n": True}),
    ("POST", "/v1/lists", {"users": ["1"], "exclude": [True]}),
    ("POST", "/v1/outcomes", {"outcomes": [{"list_id": "0" * 32, "item": "5", "kind": "rated", "value": True}]}),
])  # fmt: skip
def test_true_and_false_are_no_numbers(made: Value, method: str, path: str, body: dict) -> None:
    assert_problem(made.client.request(method, path, json=body, headers=made.headers("admin")), 422)


def test_true_is_no_rating_in_a_file_of_events(made: Value) -> None:
    lines = ['{"user": "1", "item": "5", "rating": true}', '{"user": "1", "item": "5", "rating": 4, "delete": false}',
             '{"user": "1", "item": "5", "kind": "rating", "rating": 4, "count": true}']  # fmt: skip
    headers = {**made.headers("write"), "Content-Type": "application/x-ndjson"}
    answer = made.client.post("/v1/events", content="\n".join(lines), headers=headers).json()
    assert [one["status"] for one in answer["outcomes"]] == [422, 200, 422]
    assert "true and false" in answer["outcomes"][0]["detail"]


def test_a_range_whose_ends_are_swapped_is_refused(tmp_path: Path) -> None:
    made_model(years=True).save(tmp_path / "model")
    with made_service(tmp_path / "model") as made:
        for answer in (
            made.client.get("/v1/users/1/recommendations?where=year:2000..1990"),
            made.client.post("/v1/recommendations", json={"where": {"year": [2000, 1990]}}),
            made.client.get("/v1/popular?where=year:2000..1990"),
        ):
            assert "from 2000 to 1990 holds nothing" in assert_problem(answer, 422)["detail"]
