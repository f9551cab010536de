"""What clients and proxies expect of any HTTP service: HEAD, OPTIONS, Allow, and the request id they sent."""

from __future__ import annotations

import pytest

from service.made_service import Value


@pytest.mark.parametrize("path", ["/v1/items", "/v1/users/1/recommendations", "/health/live", "/"])
def test_head_is_get_without_the_body(made: Value, path: str) -> None:
    head, get = made.client.head(path), made.client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
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
