"""An item without training ratings can be found, rated and recommended at once, and stays after a restart."""

from __future__ import annotations

from pathlib import Path

from penchant.service.retraining import retrain
from penchant.service.version_store import VersionStore
from service.made_service import Value, made_service
from waiting import until

NEW = {"item": "9001", "title": "Starship Reborn (2026)", "features": {"genres": ["Sci-Fi"]}}


def test_an_added_item_is_there_at_once(made: Value) -> None:
    added = made.client.post("/v1/items", json=NEW, headers=made.headers("write"))
    assert added.status_code == 201
    assert added.json() == {"item": "9001", "title": NEW["title"], "tags": ["Sci-Fi"], "ratings": 0, "listed": True}
    assert made.client.get("/v1/items", params={"search": "reborn"}).json()["total"] == 1
    assert made.client.get("/v1/items/9001").json()["source"] == "prior"
    _, me = made.visitor()
    only = made.client.post("/v1/recommendations", json={"among": ["9001"], "ratings": {"1": 5}}).json()
    assert [line["item"] for line in only["items"]] == ["9001"]
    assert only["items"][0]["source"] == "prior"
    assert made.client.put("/v1/users/me/ratings/9001", json={"rating": 4}, headers=me).status_code == 200
    assert made.client.get("/v1/users/me/ratings", headers=me).json()["ratings"][0]["title"] == NEW["title"]


def test_an_item_is_added_once(made: Value) -> None:
    for expected in (201, 409):
        assert made.client.post("/v1/items", json=NEW, headers=made.headers("write")).status_code == expected
    taken = made.client.post("/v1/items", json={**NEW, "item": "1"}, headers=made.headers("write"))
    assert taken.status_code == 409


def test_a_text_id_may_join_whole_numbers(made: Value) -> None:
    made.client.post("/v1/items", json={**NEW, "item": "tt0076759"}, headers=made.headers("write"))
    assert made.client.get("/v1/items/tt0076759").status_code == 200
    for spelling in ("1", "01", "1%20"):
        assert made.client.get(f"/v1/items/{spelling}").json()["item"] == "1"


def test_added_items_survive_a_restart_and_reach_other_servers(tmp_path: Path) -> None:
    with made_service(tmp_path / "model") as first, made_service(tmp_path / "model") as second:
        first.client.post("/v1/items", json=NEW, headers=first.headers("write"))
        _, me = second.visitor()
        assert second.client.put("/v1/users/me/ratings/9001", json={"rating": 4}, headers=me).status_code == 200
    with made_service(tmp_path / "model") as again:
        assert again.client.get("/v1/items/9001").json()["title"] == NEW["title"]


def test_retraining_makes_room_for_more_items(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", max_added_items=1) as made:
        write = made.headers("write")
        assert made.client.post("/v1/items", json=NEW, headers=write).status_code == 201
        refused = made.client.post("/v1/items", json={**NEW, "item": "9002"}, headers=write)
        assert refused.status_code == 422
        assert "retrain" in refused.json()["detail"]
        retrain(VersionStore(made.folder), made.service.database, seed=0, keep=3, force=True)
        until(lambda: made.service.live.version == "0001")
        assert made.client.post("/v1/items", json={**NEW, "item": "9002"}, headers=write).status_code == 201
