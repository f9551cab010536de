"""The operator's page: what it shows is measured, and it needs a key."""

from __future__ import annotations

from penchant.service.retraining import retrain
from penchant.service.version_store import VersionStore
from service.made_service import LOVES_SPACE, Value
from service.test_switching import until


def test_the_page_holds_nothing_and_the_overview_needs_an_admin(made: Value) -> None:
    for path, kind in (("/operator", "html"), ("/operator.js", "javascript"), ("/operator.css", "css")):
        answer = made.client.get(path)
        assert answer.status_code == 200
        assert kind in answer.headers["content-type"]
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert made.client.get("/v1/overview").status_code == 401
    assert made.client.get("/v1/overview", headers=made.headers("write")).status_code == 403


def test_it_shows_traffic_refusals_drift_and_jobs(made: Value) -> None:
    made.client.post("/v1/recommendations", json={"ratings": {**LOVES_SPACE, "nope": 3}})
    made.client.get("/v1/users/new/recommendations")
    made.client.get("/v1/items/999")
    made.client.put("/v1/users/ann/ratings/5", json={"rating": 4}, headers=made.headers("write"))
    until(lambda: "keys" in made.service.watcher.worked_at)
    made.service.readiness.failed("items", "something")
    found = made.client.get("/v1/overview", headers=made.headers("admin")).json()
    routes = {(line["method"], line["route"]): line for line in found["routes"]}
    assert routes["POST", "/v1/recommendations"]["requests"] == 1
    assert routes["GET", "/v1/items/{item_id}"]["refused"] == 1
    assert routes["GET", "/v1/items/{item_id}"]["p99"] > 0
    assert found["refusals"] == {"404": 1}
    drift = found["drift"]
    assert (drift["unknown_users"], drift["unknown_items"]) == (0.5, 1 / 6)
    assert (drift["ratings"], drift["mean"]) == (1, 4.0)
    assert 2 < drift["training_mean"] < 4.5
    jobs = {job["name"]: job for job in found["jobs"]}
    assert {"versions", "items", "keys", "lists"} == set(jobs)
    assert jobs["keys"]["since"] > 0
    assert found["ready"] is True
    assert found["experiment"] is None


def test_it_shows_versions_with_their_comparison_and_trainings_that_are_not_done(made: Value) -> None:
    store = VersionStore(made.folder)
    retrain(store, made.service.database, seed=0, keep=3, force=True)
    store.claim()
    until(lambda: made.service.live.version == "0001")
    found = made.client.get("/v1/overview", headers=made.headers("admin")).json()
    newest, base = found["versions"]
    assert (newest["version"], newest["served"], base["served"]) == ("0001", True, False)
    assert newest["comparison"]["served"] == "base"
    assert base["comparison"] is None
    assert [job["name"] for job in found["jobs"] if job["name"].startswith("retrain")] == ["retrain 0002"]
