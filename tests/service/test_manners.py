"""What clients and proxies expect of any HTTP service: HEAD, OPTIONS, Allow, CORS, gzip, request ids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.made_service import Value, made_service


@pytest.mark.parametrize("path", ["/v1/items", "/v1/users/1/recommendations", "/health/live", "/"])
def test_head_is_get_without_the_body(made: Value, path: str) -> None:
    head, get = made.client.head(path), made.client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["content-type"] == get.headers["content-type"]


def test_allow_names_every_method_of_the_path(made: Value) -> None:
    refused = made.client.post("/v1/users/1/ratings/5")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "DELETE, OPTIONS, PUT"
    asked = made.client.options("/v1/items")
    assert asked.status_code == 204
    assert asked.headers["allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_plain_request_id_is_taken_over(made: Value) -> None:
    assert made.client.get("/v1/items", headers={"X-Request-ID": "proxy-1.2"}).headers["x-request-id"] == "proxy-1.2"
    for odd in ("", "a b", "x" * 101, "<script>"):
        found = made.client.get("/v1/items", headers={"X-Request-ID": odd}).headers["x-request-id"]
        assert found != odd
        assert len(found) == 16


def test_large_answers_are_compressed_where_the_client_takes_that(made: Value) -> None:
    for encoding in ("gzip", "identity"):
        answer = made.client.get("/map/points", headers={"Accept-Encoding": encoding})
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert len(answer.json()["ids"]) == 60


def test_pages_of_other_origins_may_call_where_the_operator_says_so(tmp_path: Path, made: Value) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in made.client.options("/v1/recommendations", headers=asked).headers
    with made_service(tmp_path / "other", cors_origins=("https://shop.example",)) as other:
        before = other.client.options("/v1/recommendations", headers=asked)
        assert before.status_code == 200
        answer = other.client.post("/v1/recommendations", json={}, headers={"Origin": "https://shop.example"})
        elsewhere = other.client.post("/v1/recommendations", json={}, headers={"Origin": "https://x.example"})
    assert before.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in elsewhere.headers


def test_the_document_says_how_to_authenticate(made: Value) -> None:
    document = made.client.get("/v1/openapi.json").json()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert document["security"] == [{}, {"bearer": []}]


def test_an_answer_that_is_held_already_is_not_sent_again(made: Value) -> None:
    for path in ("/v1/items", "/v1/items/5", "/v1/users/1/recommendations", "/v1/popular"):
        first = made.client.get(path)
        tag = first.headers["etag"]
        again = made.client.get(path, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert made.client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    private = made.client.get("/v1/users/1/ratings", headers=made.headers("read"))
    assert ("etag" in private.headers, private.headers["cache-control"]) == (False, "no-store")
    tag = made.client.get("/v1/items/5").headers["etag"]
    made.client.patch("/v1/items/5", json={"title": "Another"}, headers=made.headers("write"))
    assert made.client.get("/v1/items/5", headers={"If-None-Match": tag}).json()["title"] == "Another"


def test_operations_have_names_that_a_client_can_use(made: Value) -> None:
    document = made.client.get("/v1/openapi.json").json()
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() and len(name) < 30 for name in names)


def test_requests_are_logged_as_json_where_wanted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="penchant.access")
    with made_service(tmp_path / "model", access_log=True) as made:
        made.client.get("/v1/users/1/ratings", headers={**made.headers("read"), "X-Request-ID": "r-1"})
    line = json.loads(next(one.message for one in caplog.records if one.name == "penchant.access"))
    assert (line["request_id"], line["route"], line["status"]) == ("r-1", "/v1/users/{user_id}/ratings", 200)
    assert made.keys["read"].split("_")[1] == line["key"]
    assert line["bytes"] > 0
    assert "/1/" not in json.dumps(line)


def test_the_process_is_measured(made: Value) -> None:
    text = made.client.get("/metrics", headers=made.headers("read")).text
    assert "process_resident_memory_bytes" in text
    assert "python_gc_collections_total" in text


def test_a_proxy_may_put_the_service_under_a_path(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", root_path="/films", allowed_hosts=("films.example",)) as made:
        for prefix in ("", "/films"):  # as the proxy takes the path away or leaves it
            assert made.client.get(f"{prefix}/health/ready").status_code == 200  # a probe, by address
            assert made.client.get(f"{prefix}/metrics", headers=made.headers("read")).status_code == 200
            assert made.client.get(f"{prefix}/v1/items").status_code == 421
            named = {"Host": "films.example", **made.headers("write")}
            assert made.client.get(f"{prefix}/v1/items", headers=named).status_code == 200
            new = {"item": f"9{len(prefix)}", "title": "New"}
            added = made.client.post(f"{prefix}/v1/items", json=new, headers=named)
            assert added.headers["location"] == f"/films/v1/items/{new['item']}"
            refused = made.client.options(f"{prefix}/v1/items", headers=named)
            assert refused.headers["allow"] == "GET, HEAD, OPTIONS, POST"
        document = made.client.get("/v1/openapi.json", headers={"Host": "films.example"}).json()
        assert document["servers"] == [{"url": "/films"}]
