"""Only good versions are served, and a duty of the watcher that fails stops no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from command_line import penchant
from penchant.cli.main import build
from penchant.foundations.errors import CallerError, ModelFolderError, TrainingDivergedError
from penchant.service import model_slot
from penchant.service.retraining import WorseVersionError, retrain
from penchant.service.service import open_database
from penchant.service.settings import ServiceSettings
from penchant.service.storage.keys import KeyStore
from penchant.service.storage.ratings import RatingStore
from penchant.service.version_loading import roll_back
from penchant.service.version_store import VersionStore
from service.made_service import PER_CAMP, SOURCE, Value, made_model, made_service
from service.test_switching import shelve
from waiting import PATIENCE, until


def point_to(made: Value, name: str) -> None:
    versions = VersionStore(made.folder).versions
    versions.mkdir(exist_ok=True)
    (versions / "current").write_text(name + "\n")


class Panic(BaseException):
    """As the Parquet reader's panics are: no Exception."""


@pytest.mark.parametrize("failure", [KeyError("sides"), MemoryError(), RecursionError(), Panic("index out of bounds")])
def test_a_version_that_fails_in_an_unforeseen_way_stops_nothing(
    made: Value, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    whole = model_slot.load_version.__globals__["load"]

    def failing(folder: Path, **how: Any) -> Any:
        if folder.name == "0001":
            raise failure
        return whole(folder, **how)

    monkeypatch.setitem(model_slot.load_version.__globals__, "load", failing)
    made_model(shift=-1).save(VersionStore(made.folder).folder("0001"))
    point_to(made, "0001")
    until(lambda: made.service.holder.refused == "0001")
    ready = made.client.get("/health/ready").json()
    assert "0001" in ready["detail"]
    assert type(failure).__name__ in ready["detail"]
    text = made.client.get("/metrics", headers=made.headers("read")).text
    assert 'penchant_problem{kind="version"} 1.0' in text
    KeyStore(made.service.database).revoke(made.keys["write"].split("_")[1])
    until(lambda: made.client.post("/v1/items", json={}, headers=made.headers("write")).status_code == 401)
    with made_service(made.folder) as other:
        other.client.post("/v1/items", json={"item": "9001", "title": "New"}, headers=other.headers("write"))
    until(lambda: made.service.live.catalogue.known_id("9001") is not None)
    point_to(made, "base")
    until(lambda: made.client.get("/health/ready").json()["detail"] == "")


@pytest.mark.parametrize("name", ["../elsewhere", "current", "x" * 10_000, "0001\n0002"])
def test_a_pointer_to_no_version_is_refused(made: Value, name: str) -> None:
    point_to(made, name)
    until(lambda: made.service.holder.refused is not None)
    assert made.service.live.version == "base"
    shelve(made.folder, shift=-1)
    until(lambda: made.service.live.version != "base")


def test_a_duty_that_fails_is_named_until_it_works_again(made: Value, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> dict:
        raise ZeroDivisionError("no keys")

    with monkeypatch.context() as patch:
        patch.setattr(made.service.keys._store, "in_use", broken)
        until(lambda: "no keys" in made.client.get("/health/ready").json()["detail"])
        assert shelve(made.folder, shift=-1) == "0001"
        until(lambda: made.service.live.version == "0001")
    until(lambda: made.client.get("/health/ready").json()["detail"] == "")


def test_at_start_a_damaged_current_version_is_replaced_by_the_newest_that_loads(tmp_path: Path) -> None:
    folder = made_model().save(tmp_path / "model")
    for _ in range(3):
        shelve(folder, shift=-0.5)
    versions = VersionStore(folder)
    for name in ("0002", "0003"):
        (versions.folder(name) / "rating" / "items.parquet").write_bytes(b"PAR1 garbage PAR1")
    with made_service(folder) as made:
        assert made.service.live.version == "0001"
        detail = made.client.get("/health/ready").json()["detail"]
        assert "0003 could not be used" in detail
        assert "version 0001 is served" in detail
        assert made.client.get("/v1/model").json()["refused"] == "0003"
        assert made.client.get("/v1/users/1/recommendations").status_code == 200


def test_with_no_version_that_loads_the_service_says_why(tmp_path: Path) -> None:
    folder = made_model().save(tmp_path / "model")
    (folder / "rating" / "items.parquet").unlink()
    with pytest.raises(ModelFolderError), made_service(folder):
        pass


def test_switching_and_rolling_back_refuse_what_does_not_load(made: Value) -> None:
    shelve(made.folder, shift=-1)
    shelve(made.folder, shift=-1)
    until(lambda: made.service.live.version == "0002")
    versions = VersionStore(made.folder)
    (versions.folder("0001") / "rating" / "parameters.safetensors").write_bytes(b"\xff" * 100)
    answer = made.client.post("/v1/model/switch", json={}, headers=made.headers("admin"))
    assert answer.status_code == 422
    with pytest.raises(CallerError):
        roll_back(versions, None)
    with pytest.raises(CallerError, match="no version"):
        roll_back(versions, "0009")
    assert versions.current() == "0002"
    assert made.service.live.version == "0002"
    assert roll_back(versions, "base") == "base"


# --- retraining ------------------------------------------------------------------------------------------------------


def test_versions_claimed_at_once_are_different(tmp_path: Path) -> None:
    versions, found = VersionStore(tmp_path / "model"), []
    threads = [threading.Thread(target=lambda: found.append(versions.claim())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"{n:04d}" for n in range(1, 9)]
    assert versions.names() == ["base"]


@pytest.mark.parametrize(
    ("live", "goes"), [("base", True), ("0001", True), ("0003", False), ("../elsewhere", True)]
)  # fmt: skip
def test_a_later_version_alone_keeps_a_trained_one_from_going_live(tmp_path: Path, live: str, goes: bool) -> None:
    versions = VersionStore(tmp_path / "model")
    assert versions.claim() == "0001"
    (versions.versions / "current").write_text(live + "\n")
    with versions.going_live("0002") as newest:
        assert newest is goes


def test_two_retrains_at_once_give_two_versions(made: Value) -> None:
    names: list[str] = []

    def train() -> None:
        names.append(retrain(VersionStore(made.folder), made.service.database, seed=0, keep=5, force=True).name)

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == ["0001", "0002"]
    assert VersionStore(made.folder).names() == ["base", "0001", "0002"]
    assert VersionStore(made.folder).current() == "0002"


HELD = """
import sys
import time
from pathlib import Path

from penchant.cli.main import run
from penchant.service import retraining

train_again = retraining.train_again

def held(*args, **options):
    while not Path(sys.argv[1]).exists():
        time.sleep(0.02)
    return train_again(*args, **options)

retraining.train_again = held
run(sys.argv[2:])
"""
"""The command `penchant`, whose retraining waits until there is a file."""


@pytest.mark.slow
def test_a_retrain_that_ends_late_does_not_replace_a_later_one(tmp_path: Path) -> None:
    folder, go = made_model().save(tmp_path / "model"), tmp_path / "go"
    versions = VersionStore(folder)
    command = [sys.executable, "-c", HELD, str(go), "retrain", str(folder), "--force", "--quiet"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PENCHANT_PRIORITY": "background"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as late:
        until(lambda: [name for name, _ in versions.begun()] == ["0001"])
        if sys.platform == "linux":
            assert os.sched_getscheduler(late.pid) == os.SCHED_IDLE
            with suppress(PermissionError):  # where it is allowed, it need not wait until the other tests leave a core
                os.sched_setscheduler(late.pid, os.SCHED_OTHER, os.sched_param(0))
        later = json.loads(penchant("retrain", folder, "--force", "--json").stdout)
        go.touch()
        said, _ = late.communicate(timeout=PATIENCE)
    assert (later["version"], later["served"]) == ("0002", "0002")
    assert late.returncode == 0
    assert "Version 0001 is saved" in said
    assert "not served: version 0002 was begun later and is live already" in said
    assert versions.current() == "0002"
    assert versions.names() == ["base", "0001", "0002"]
    assert roll_back(versions, "0001") == "0001"


def test_a_version_that_is_clearly_worse_is_refused_unless_forced(made: Value) -> None:
    versions = VersionStore(made.folder)
    bad = {"model": "als", "settings": {"factors": 1, "epochs": 1, "regularization": 1e6}}
    with pytest.raises(WorseVersionError, match="rmse"):
        retrain(versions, made.service.database, seed=0, keep=3, **bad)
    assert versions.names() == ["base"]
    name = retrain(versions, made.service.database, seed=0, keep=3, force=True, **bad).name
    kept = json.loads(versions.comparison(name).read_text())
    assert kept["forced"]
    assert kept["served"] == "base"
    assert kept["metrics"]["rmse"]["clearly_worse"]
    assert set(kept["metrics"]) == {"rmse", "ndcg@10"}


def test_the_served_version_is_measured_on_interactions_that_are_new_to_it(made: Value) -> None:
    store = RatingStore(made.service.database, most=1000)
    for user in range(1, 25):
        likes = range(1, PER_CAMP) if user % 2 else range(PER_CAMP + 1, 2 * PER_CAMP)
        store.put(str(user), {str(item): 5.0 for item in likes if (item + user) % 2})
    name = retrain(VersionStore(made.folder), made.service.database, seed=0, keep=3).name
    kept = json.loads(VersionStore(made.folder).comparison(name).read_text())
    assert kept["note"] == "new interactions were held back"
    assert kept["metrics"]["rmse"]["new"] < kept["metrics"]["rmse"]["served"]
    assert not kept["forced"]


def test_training_that_diverged_leaves_the_served_version(made: Value) -> None:
    bad = {"model": "dot_bias", "settings": {"learning_rate": 1e4, "epochs": 2}}
    with pytest.raises(TrainingDivergedError):
        retrain(VersionStore(made.folder), made.service.database, seed=0, keep=3, force=True, **bad)
    assert VersionStore(made.folder).names() == ["base"]


def test_the_command_says_that_training_diverged_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    from penchant.cli.main import run

    folder = made_model().save(tmp_path / "model")
    open_database(folder, ServiceSettings()).close()
    flags = ["--model", "dot_bias", "--learning-rate", "10000", "--epochs", "2"]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr("sys.argv", ["penchant", "retrain", str(folder), *flags, "-q"])
        run()
    assert ended.value.code == 1
    assert "diverged" in capsys.readouterr().err
    assert build() is not None
