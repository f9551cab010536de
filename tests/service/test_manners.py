"""What clients and proxies expect of any HTTP service: HEAD, OPTIONS, Allow, CORS, gzip, request ids."""

from __future__ import annotations

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
