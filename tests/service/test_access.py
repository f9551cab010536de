"""Who may do what, and what no caller may."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from penchant.service.request_paths import PROBES
from penchant.service.storage.keys import KeyStore
from penchant.service.storage.schema import KEYS, VISITORS
from service.made_service import Value, made_service

RATING = {"rating": 4.0}


@pytest.mark.parametrize(
    ("method", "path", "body", "scope"),
    [
        ("GET", "/v1/users/1/ratings", None, "read"),
        ("GET", "/v1/users/1/export", None, "read"),
        ("GET", "/v1/users/1/explanations/5", None, "read"),
        ("GET", "/metrics", None, "read"),
        ("PUT", "/v1/users/1/ratings/5", RATING, "write"),
        ("DELETE", "/v1/users/1/ratings/5", None, "write"),
        ("DELETE", "/v1/users/1", None, "write"),
        ("POST", "/v1/items", {"item": "77", "title": "New"}, "write"),
        ("POST", "/v1/model/switch", {"version": "base"}, "admin"),
    ],
)
def test_a_key_opens_what_its_scope_says_and_no_more(
    made: Value, method: str, path: str, body: dict | None, scope: str
) -> None:
    def status(headers: dict[str, str]) -> int:
        return made.client.request(method, path, json=body, headers=headers).status_code

    assert status({}) == 401
    assert status({"Authorization": "Bearer pk_000000000000_wrong"}) == 401
    weaker = {"read": [], "write": ["read"], "admin": ["read", "write"]}[scope]
    assert [status(made.headers(one)) for one in weaker] == [403] * len(weaker)
    assert status(made.headers(scope)) < 300


def test_a_visitor_cannot_touch_anothers_ratings(made: Value) -> None:
    her, hers = made.visitor()
    _, mine = made.visitor()
    made.client.put("/v1/users/me/ratings/5", json=RATING, headers=hers)
    for path in ("ratings", "export", "recommendations", "questions", "explanations/5"):
        assert made.client.get(f"/v1/users/{her}/{path}", headers=mine).status_code == 403
        assert made.client.get(f"/v1/users/{her}/{path}").status_code == 401
    assert made.client.put(f"/v1/users/{her}/ratings/5", json=RATING, headers=mine).status_code == 403
    assert made.client.delete(f"/v1/users/{her}", headers=mine).status_code == 403
    asked = {"user": her, "items": ["5"]}
    assert made.client.post("/v1/predictions", json=asked, headers=mine).status_code == 403
    assert made.client.put("/v1/users/1/ratings/5", json=RATING, headers=mine).status_code == 401
    assert len(made.client.get(f"/v1/users/{her}/ratings", headers=hers).json()["ratings"]) == 1


def test_me_needs_a_token(made: Value) -> None:
    assert made.client.get("/v1/users/me/recommendations").status_code == 401
    bad = {"Authorization": "Bearer not-a-token"}
    assert made.client.get("/v1/users/me/recommendations", headers=bad).status_code == 401


def test_neither_tokens_nor_keys_are_kept_as_they_are(made: Value) -> None:
    _, headers = made.visitor()
    token = headers["Authorization"].removeprefix("Bearer ")
    with made.service.database.read() as connection:
        kept = str([connection.execute(select(table)).all() for table in (VISITORS, KEYS)])
    assert token not in kept
    assert all(key.split("_", 2)[2] not in kept for key in made.keys.values())  # pk_NAME_SECRET


def test_a_cookie_opens_nothing_for_another_site(made: Value) -> None:
    _, headers = made.visitor()
    made.client.cookies.set("penchant_visitor", headers["Authorization"].removeprefix("Bearer "))
    theirs = {"Origin": "https://elsewhere.example"}
    ours = {"Origin": "http://127.0.0.1"}
    url = "/v1/users/me/ratings/5"
    assert made.client.put(url, json=RATING, headers=theirs).status_code == 401
    assert made.client.put(url, json=RATING).status_code == 401
    assert made.client.put(url, json=RATING, headers=ours).status_code == 200
    assert made.client.get("/v1/users/me/ratings").status_code == 200


def test_a_revoked_key_opens_nothing(made: Value) -> None:
    KeyStore(made.service.database).revoke(made.keys["read"].split("_")[1])
    made.service.keys.refresh()
    assert made.client.get("/metrics", headers=made.headers("read")).status_code == 401


def test_reads_can_be_keyed(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", open_reads=False) as made:
        for path in ("/v1/items", "/v1/items/1", "/v1/users/1/recommendations", "/v1/model"):
            assert made.client.get(path).status_code == 401
            assert made.client.get(path, headers=made.headers("read")).status_code == 200
        assert made.client.post("/v1/recommendations", json={}).status_code == 401
        assert made.client.post("/v1/visitors").status_code == 401
        assert made.client.get("/health/live").status_code == 200


def test_other_host_names_are_turned_away(made: Value) -> None:
    assert made.client.get("/v1/items", headers={"Host": "rebound.example"}).status_code == 421


def test_every_answer_carries_its_guards(made: Value) -> None:
    for path in ("/v1/items", "/nowhere", "/v1/users/me/ratings"):
        headers = made.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_a_public_address_without_a_key_is_refused(tmp_path: Path, model_folder: Path) -> None:
    from penchant.foundations.errors import CallerError
    from penchant.service.running import serve
    from penchant.service.settings import ServiceSettings

    settings = ServiceSettings(host="0.0.0.0", port=0, database=f"sqlite:///{tmp_path / 'ratings.db'}")
    with pytest.raises(CallerError, match="no key yet"):
        serve(model_folder, settings, on_ready=lambda address: None)


def every_route(made: Value) -> list[tuple[str, str]]:
    """Every method and path that the service has, without the probes, which look at nothing."""
    routes = [(method, route.path) for route in made.client.app.state.routes for method in sorted(route.methods)]
    assert len(routes) > 50
    filled = [(method, re.sub(r"\{[a-z_]+\}", "1", path)) for method, path in routes]
    return [(method, path) for method, path in filled if path not in PROBES]


@pytest.mark.parametrize("wrong", ["pk_000000000000_wrong", "not-a-token", ""])
def test_a_wrong_key_is_401_on_every_route_before_anything_else(made: Value, wrong: str) -> None:
    headers = {"Authorization": f"Bearer {wrong}", "Content-Type": "application/json"}
    for method, path in [*every_route(made), ("GET", "/nowhere"), ("POST", "/nowhere"), ("PATCH", "/v1/users/1")]:
        for query, body in (("", b"{no JSON"), ("?n=x&other=1", b"")):
            answer = made.client.request(method, path + query, content=body, headers=headers)
            assert answer.status_code == 401, (method, path, body, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_is_looked_up_once_and_a_database_that_is_away_is_503(
    made: Value, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penchant.service.storage.database import StorageUnavailableError
    from penchant.service.storage.visitors import VisitorStore

    her, hers = made.visitor()
    looked = []
    find = VisitorStore.user_id
    monkeypatch.setattr(VisitorStore, "user_id", lambda self, token: looked.append(token) or find(self, token))
    assert made.client.get(f"/v1/users/{her}/ratings", headers=hers).status_code == 200
    assert len(looked) == 1

    def away(self: VisitorStore, token: str) -> str:
        raise StorageUnavailableError("the database does not answer")

    monkeypatch.setattr(VisitorStore, "user_id", away)
    assert made.client.get("/v1/users/me/ratings", headers=hers).status_code == 503
    assert made.client.get("/health/live", headers=hers).status_code == 200
