"""The typed client does every operation of the document, over a real connection and over any transport."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from penchant.client import Client, ServiceError
from service.made_service import LOVES_SPACE, UNLIMITED, Value, key_for, made_service, running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Value]:
    with made_service(tmp_path_factory.mktemp("client") / "model") as made:
        yield made


def client_of(made: Value, scope: str = "admin", **settings: object) -> Client:
    def transport(method: str, path: str, headers: dict, body: bytes | None):
        answer = made.client.request(method, path, headers=headers, content=body)
        return answer.status_code, answer.headers, answer.content

    return Client("", made.keys[scope], transport=transport, **settings)


def test_it_has_every_operation(shared: Value) -> None:
    document = shared.client.get("/v1/openapi.json").json()
    names = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    methods = {name for name in vars(Client) if not name.startswith("_")}
    assert names == methods - {"close"}


def test_lists_and_explanations(shared: Value) -> None:
    client = client_of(shared)
    assert len(client.recommend(LOVES_SPACE, n=3, where={"genres": "Romance"})["items"]) == 3
    mine = client.recommend_to_user("1", 4, exclude=["5"], among=[str(n) for n in range(1, 61)])
    assert mine == client.recommend_to_many(["1"], 4, exclude=["5"])[0]
    first = mine["items"][0]
    assert client.explain_to_user("1", first["item"])["predicted"] == pytest.approx(first["predicted"])
    assert client.explain("5", LOVES_SPACE, by="rating")["by"] == "rating"
    assert len(client.similar_for_user("1", "5", 2)["items"]) == 2
    assert len(client.list_popular(3)["items"]) == 3
    assert len(client.predict(["1", "2"], user="1")["predictions"]) == 2
    assert len(client.ask(LOVES_SPACE, 2)["items"]) == len(client.ask_user("1", 2)["items"]) == 2


def test_users_items_and_events(shared: Value) -> None:
    client = client_of(shared)
    assert client.rate("a/b ?", "5", 4.5)["rating"] == 4.5  # an id that would end a path
    assert client.list_ratings("a/b ?", limit=1)["total"] == 1
    assert client.export_user("a/b ?")["stored"][0]["item"] == "5"
    client.unrate("a/b ?", "5")
    assert client.add_item("x", "X")["item"] == client.put_item("x", "Y", hidden=True)["item"] == "x"
    assert client.patch_item("x", hidden=False)["listed"]
    assert client.get_item("x")["title"] == "Y"
    assert client.search_items("Y")["total"] >= 1
    client.delete_item("x")
    assert client.change_items([{"change": "delete", "item": "x"}])["refused"] == 1
    rows = [{"user": "eve", "item": str(n), "rating": 3.0} for n in range(1, 8)]
    assert client.take_events(rows, key="k")["done"] == client.take_events(rows, key="k")["done"] == 7
    assert [one["item"] for one in client.list_events(page=3) if one["user"] == "eve"] == sorted("1234567")
    client.erase_user("eve")
    assert Client("", client.create_visitor()["token"])


def test_operations(shared: Value) -> None:
    client = client_of(shared)
    assert client.live()["status"] == client.ready()["status"] == "ok"
    assert "penchant_items" in client.metrics()
    assert client.get_model()["version"] == "base"
    with pytest.raises(ServiceError) as refused:
        client.switch_model("0009")
    assert (refused.value.status, "no version" in refused.value.detail) == (422, True)


def test_it_waits_and_tries_again(shared: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    answers = [(503, {"retry-after": "2"}, b"{}"), OSError("gone"), (200, {}, b'{"version": "base"}')]

    def transport(*_: object):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert Client("", transport=transport).get_model() == {"version": "base"}
    assert waits == [2.0, 0.2]
    answers = [(503, {}, b"")] * 2
    with pytest.raises(ServiceError, match="no detail"):
        Client("", transport=transport).switch_model("0001")  # not sent twice
    assert len(answers) == 1


def test_over_a_real_connection(model_folder: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'ratings.db'}"
    key = key_for(model_folder, database)["Authorization"].removeprefix("Bearer ")
    with (
        running(model_folder, tmp_path / "log", database=database, **UNLIMITED) as server,
        Client(server.address, key, tries=1) as client,
    ):
        client.rate("ann", "5", 4.0)
        assert len(client.recommend_to_user("ann", 3)["items"]) == 3
        with pytest.raises(ServiceError, match="status 404"):
            client.get_item("nope")
        server.kill()
        with pytest.raises(ServiceError, match="does not answer"):
            client.get_model()
