"""Events in bulk: each row has an outcome, nothing is done twice, and everything comes back page by page."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from penchant.foundations.errors import SettingsError
from penchant.service.settings import ServiceSettings
from service.made_service import LOVES_SPACE, Value, made_service

ROWS = [{"user": "ann", "item": item, "rating": rating} for item, rating in LOVES_SPACE.items()]


def send(made: Value, rows: list, key: str | None = None, scope: str = "write"):
    headers = made.headers(scope) | ({} if key is None else {"Idempotency-Key": key})
    return made.client.post("/v1/events", json={"events": rows}, headers=headers)


def stored(made: Value, user: str) -> dict[str, float]:
    found = made.client.get(f"/v1/users/{user}/ratings", headers=made.headers("read")).json()["ratings"]
    return {line["item"]: line["rating"] for line in found}


def test_rows_have_an_outcome_each(made: Value) -> None:
    rows = [
        *ROWS,
        {"user": "bob", "item": "no such", "rating": 4},
        {"user": "bob", "item": "1", "rating": 99},
        {"user": "bob", "item": "1"},
        {"user": "bob", "item": "1", "rating": "much"},
        {"user": "bob", "item": "1", "kind": "view"},
        "no event",
        {"user": "bob", "item": 2, "rating": 2.5},
    ]
    found = send(made, rows).json()
    assert [one["status"] for one in found["outcomes"]] == [200] * 5 + [404, 422, 422, 422, 422, 422, 200]
    assert (found["done"], found["refused"]) == (6, 6)
    assert "There are: rating, choice" in found["outcomes"][9]["detail"]
    assert stored(made, "ann") == LOVES_SPACE
    assert stored(made, "bob") == {"2": 2.5}


def test_a_request_that_comes_again_is_done_once(made: Value) -> None:
    rows = [{"user": "ann", "item": "1", "kind": "choice", "count": 2}, {"user": "ann", "item": "no such"}]
    first, again = send(made, rows, "k-1"), send(made, rows, "k-1")
    assert first.json() == again.json()
    export = made.client.get("/v1/users/ann/export", headers=made.headers("read")).json()
    assert export["events"] == [{"item": "1", "kind": "choice", "count": 2.0}]
    assert send(made, rows[:1], "k-1").status_code == 422
    assert send(made, rows, "k-1", scope="admin").status_code == 200  # another key's requests are its own
    assert send(made, rows, "k-2").status_code == 200


def test_lines_of_json_are_taken_too(made: Value) -> None:
    lines = "\n".join(
        [*map(json.dumps, ROWS), "{ no json", '{"user": "b\\ud800", "item": "1", "rating": 3}', ""]
    ).encode()
    headers = {**made.headers("write"), "Content-Type": "application/x-ndjson"}
    found = made.client.post("/v1/events", content=lines, headers=headers).json()
    assert (found["done"], found["refused"]) == (5, 2)
    assert stored(made, "ann") == LOVES_SPACE


def test_thousands_in_one_request(made: Value) -> None:
    rows = [{"user": f"u{n % 50}", "item": str(n % 60 + 1), "rating": 3} for n in range(4000)]
    assert send(made, rows).json()["done"] == 4000
    assert send(made, rows * 2).status_code == 413
    assert made.client.post("/v1/events", json={"events": rows}).status_code in (401, 413)


def test_an_old_rating_leaves_a_newer_one(made: Value) -> None:
    new, old = "2026-05-05T00:00:00Z", "2001-01-01T00:00:00+01:00"
    send(made, [{"user": "ann", "item": "1", "rating": 5, "at": new}])
    send(
        made,
        [{"user": "ann", "item": "1", "rating": 1, "at": old}, {"user": "ann", "item": "2", "rating": 1, "at": old}],
    )
    assert stored(made, "ann") == {"1": 5, "2": 1}


def test_events_are_taken_back(made: Value) -> None:
    send(made, [*ROWS, {"user": "ann", "item": "9", "kind": "choice"}])
    send(
        made,
        [{"user": "ann", "item": "1", "delete": True}, {"user": "ann", "item": "9", "kind": "choice", "delete": True}],
    )
    assert stored(made, "ann") == {item: rating for item, rating in LOVES_SPACE.items() if item != "1"}
    first = next(iter(stored(made, "1")))
    send(made, [{"user": "1", "item": first, "delete": True}])
    assert first not in stored(made, "1")
    both = [{"user": "eve", "item": "1", "rating": 4}, {"user": "eve", "item": "1", "delete": True}]
    send(made, both)
    assert stored(made, "eve") == {}
    send(made, both[::-1])
    assert stored(made, "eve") == {"1": 4}


def test_what_was_chosen_often_enough_is_in_no_list(made: Value) -> None:
    read = made.headers("read")
    first = made.client.get("/v1/users/ann/recommendations", headers=read).json()["items"][0]["item"]
    for count, expected in ((0.5, True), (0.5, False)):
        send(made, [{"user": "ann", "item": first, "kind": "choice", "count": count}])
        items = made.client.get("/v1/users/ann/recommendations?n=60", headers=read).json()["items"]
        assert (first in [line["item"] for line in items]) is expected
    assert made.client.delete("/v1/users/ann", headers=made.headers("write")).status_code == 204
    assert made.client.get("/v1/users/ann/export", headers=read).json()["events"] == []


def test_everything_comes_back_page_by_page(made: Value) -> None:
    rows = [*ROWS, *({"user": f"u{n}", "item": "3", "kind": "choice", "count": n} for n in range(1, 5))]
    send(made, rows)
    found, after = [], ""
    for _ in range(20):
        page = made.client.get("/v1/events", params={"limit": 2, "after": after}, headers=made.headers("admin")).json()
        found += page["events"]
        after = page["next"]
        if after is None:
            break
    assert after is None
    assert {(one["user"], one["item"]): one["rating"] or one["count"] for one in found} == {
        (row["user"], row["item"]): row.get("rating") or row["count"] for row in rows
    }
    assert len(found) == len(rows)
    assert made.client.get("/v1/events", headers=made.headers("write")).status_code == 403
    for odd in ("x", "W10=", "WzFd", "[" * 2000, b64encode(b'["1", "2", "\\ud800"]').decode()):
        assert made.client.get("/v1/events", params={"after": odd}, headers=made.headers("admin")).status_code == 422


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"events": []}', b'{"events": {}}', b'{"events": [1], "x": 1}', b"[" * 90_000]
)
def test_bodies_of_another_form_are_refused(made: Value, body: bytes) -> None:
    headers = {**made.headers("write"), "Content-Type": "application/json"}
    assert made.client.post("/v1/events", content=body, headers=headers).status_code == 422


@pytest.mark.parametrize("kind", ["view", "view=", "=1", "rating=1", "View=1", "view=-1", "view=1e9", "view=nan"])
def test_kinds_that_are_written_wrong_are_refused(kind: str) -> None:
    with pytest.raises(SettingsError, match="purchase=1 or view"):
        _ = ServiceSettings(event_kinds=(kind,)).event_weights


def test_there_is_room_for_so_many_ratings_of_one_user(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", max_ratings_per_user=3) as made:
        outcomes = send(made, ROWS).json()["outcomes"]
        assert [one["status"] for one in outcomes] == [200, 200, 200, 422, 422]
        assert send(made, ROWS[:3]).json()["refused"] == 0
