"""New versions: trained from what was gathered, switched to without a pause, refused when broken, taken back."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from command_line import penchant
from penchant.foundations.errors import CallerError
from penchant.service.retraining import retrain
from penchant.service.version_store import VersionStore
from service.made_service import DRAWS, LOVES_SPACE, Value, made_model, made_service, running
from waiting import PATIENCE, until


def shelve(folder: Path, *, shift: float) -> str:
    """A new version on the shelf, and switched to."""
    shelf = VersionStore(folder)
    name = shelf.claim()
    made_model(shift=shift).save(shelf.folder(name))
    shelf.switch(name)
    return name


def test_a_new_version_goes_live_by_itself_and_back_again(made: Value) -> None:
    asked = {"items": ["5"], "ratings": {}}
    before = made.client.post("/v1/predictions", json=asked).json()
    shelve(made.folder, shift=-1)
    until(lambda: made.service.live.version == "0001")
    after = made.client.post("/v1/predictions", json=asked).json()
    assert (before["model_version"], after["model_version"]) == ("base", "0001")
    assert after["predictions"][0]["mean"] == pytest.approx(before["predictions"][0]["mean"] - 1, abs=1e-4)
    back = made.client.post("/v1/model/switch", json={}, headers=made.headers("admin")).json()
    assert back["version"] == "base"
    assert back["versions"] == ["base", "0001"]
    assert made.client.post("/v1/predictions", json=asked).json() == before


def test_a_request_in_flight_keeps_the_model_it_began_with(made: Value) -> None:
    person = made.service.people.describe(LOVES_SPACE)
    shelve(made.folder, shift=-1)
    made.service.holder.follow_version()
    assert made.service.live.version == "0001"
    assert person.live.version == "base"
    assert person.state.recommend(3).ids


@pytest.mark.parametrize("damage", ["cut short", "missing", "not a model", "no folder"])
def test_a_broken_version_is_refused_and_the_old_one_serves(made: Value, damage: str) -> None:
    name = "0001"
    folder = made_model(shift=-1).save(VersionStore(made.folder).folder(name))
    parameters = folder / "rating" / "parameters.safetensors"
    if damage == "cut short":
        parameters.write_bytes(parameters.read_bytes()[:-100])
    elif damage == "missing":
        (folder / "rating" / "items.parquet").unlink()
    elif damage == "not a model":
        (folder / "recommender.json").write_text("{}")
    wanted = "0042" if damage == "no folder" else name
    VersionStore(made.folder).versions.joinpath("current").write_text(wanted + "\n")
    until(lambda: made.service.holder.refused == wanted)
    assert made.service.live.version == "base"
    assert made.client.get("/v1/users/1/recommendations").status_code == 200
    ready = made.client.get("/health/ready").json()
    assert ready["status"] == "ok"
    assert wanted in ready["detail"]
    metrics = made.client.get("/metrics", headers=made.headers("read")).text
    assert "penchant_models_refused_total 1.0" in metrics
    made_model(shift=-1).save(VersionStore(made.folder).folder(wanted))
    made.service.holder.retry()
    assert made.service.live.version == wanted


def test_switching_to_a_version_there_is_not_is_refused(made: Value) -> None:
    answer = made.client.post("/v1/model/switch", json={"version": "0007"}, headers=made.headers("admin"))
    assert answer.status_code == 422
    assert "there is no version" in answer.json()["detail"]
    with pytest.raises(CallerError, match="oldest version"):
        VersionStore(made.folder).before("base")


def test_old_versions_are_cleared_away_but_never_the_one_being_served(tmp_path: Path) -> None:
    shelf = VersionStore(tmp_path / "model")
    for name in ("0001", "0002", "0003", "0004"):
        shelf.folder(name).mkdir(parents=True)
        (shelf.folder(name) / "recommender.json").touch()
    shelf.switch("0001")
    assert shelf.prune(keep=2) == ["0002"]
    assert shelf.names() == ["base", "0001", "0003", "0004"]
    assert shelf.before("0003") == "0001"
    assert shelf.before("0001") == "base"
    assert shelf.claim() == "0005"


# --- what is learnt from ---------------------------------------------------------------------------------------------


def test_retraining_makes_visitors_known_and_forgets_the_erased(made: Value) -> None:
    user, me = made.visitor()
    for item, rating in LOVES_SPACE.items():
        made.client.put(f"/v1/users/me/ratings/{item}", json={"rating": rating}, headers=me)
    new = {"item": "9001", "title": "Starship Reborn (2026)", "features": {"genres": ["Sci-Fi"]}}
    made.client.post("/v1/items", json=new, headers=made.headers("write"))
    made.client.put("/v1/users/1/ratings/9001", json={"rating": 5}, headers=made.headers("write"))
    made.client.delete("/v1/users/2", headers=made.headers("write"))
    name = retrain(
        VersionStore(made.folder), made.service.database, seed=0, keep=3, model="als", settings={"factors": 4}
    ).name
    assert name == "0001"
    until(lambda: made.service.live.version == "0001")
    trained = made.service.live.part
    assert user in trained.users.vocabulary
    assert "2" not in trained.users.vocabulary
    assert trained.items.counts[trained.items.vocabulary.number("9001")] == 1
    listed = made.client.get("/v1/users/me/recommendations", headers=me).json()["items"]
    assert not {line["item"] for line in listed} & set(LOVES_SPACE)
    assert made.client.get("/v1/users/2/recommendations").json()["source"] == "prior"
    ratings = made.client.get("/v1/users/me/ratings", headers=me).json()["ratings"]
    assert {line["item"]: line["rating"] for line in ratings} == LOVES_SPACE
    made.client.delete("/v1/users/me/ratings/1", headers=me)
    ratings = made.client.get("/v1/users/me/ratings", headers=me).json()["ratings"]
    assert "1" not in {line["item"] for line in ratings}


# --- the real thing --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_switching_under_load_loses_no_request(tmp_path: Path) -> None:
    folder = made_model().save(tmp_path / "model")
    flags = {"address_rate": 1e6, "address_burst": 1_000_000, "watch_seconds": 60}
    with running(folder, tmp_path / "log", **flags) as server:
        statuses: list[int] = []
        versions: set[str] = set()
        stop = threading.Event()

        def ask() -> None:
            with server.client() as client:
                while not stop.is_set():
                    answer = client.post("/v1/recommendations", json={"ratings": LOVES_SPACE})
                    statuses.append(answer.status_code)
                    versions.add(answer.json()["model_version"])

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: "base" in versions)
        for shift in (-0.5, 0.0, 0.5):
            name = shelve(folder, shift=shift)
            server.process.send_signal(signal.SIGHUP)
            until(lambda: name in versions)  # noqa: B023 - awaited within the turn
        until(lambda: len(statuses) > 50)
        stop.set()
        for thread in threads:
            thread.join()
        assert set(statuses) == {200}
        assert versions == {"base", "0001", "0002", "0003"}
        server.process.terminate()
        assert server.process.wait(timeout=PATIENCE) == 0


@pytest.mark.slow
def test_the_commands_retrain_and_roll_back(tmp_path: Path) -> None:
    folder = str(made_model().save(tmp_path / "model"))
    with made_service(tmp_path / "model") as made:
        retrained = json.loads(penchant("retrain", folder, "--model", "als", "--factors", 3, "--json").stdout)
        assert retrained["version"] == "0001"
        until(lambda: made.service.live.version == "0001")
        assert made.service.live.part.users.factors == 3
        assert json.loads(penchant("rollback", folder, "--json").stdout)["version"] == "base"
        until(lambda: made.service.live.version == "base")
        assert np.shape(made.service.live.part.mean) == (DRAWS,)
