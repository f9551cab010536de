"""Server, importer and retraining are killed at random points: nothing acknowledged is lost, every restart serves."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from penchant.client import Client, ServiceError
from penchant.service.version_store import VersionStore
from service.made_service import SOURCE, UNLIMITED, key_for, made_model, running
from waiting import PATIENCE

pytestmark = pytest.mark.slow
ROUNDS = int(os.environ.get("PENCHANT_KILLS", "4"))
"""How often they are killed. A round takes seconds, so the whole suite has few; `PENCHANT_KILLS=20` for a release."""
LONGEST = float(os.environ.get("PENCHANT_KILLS_SECONDS", "3"))
"""The longest time until they are killed, in seconds; on a busy machine a retraining needs more to get anywhere."""


Stored = dict[tuple[str, str], float]
"""The rating of each user and item."""


def importing(client: Client, acknowledged: Stored, open_: Stored, turn: int, stop: threading.Event) -> None:
    """Send batches until stopped or refused; keep what was acknowledged, and in `open_` what had no answer."""
    rng = random.Random(turn)
    for batch in range(10_000):
        if stop.is_set():
            return
        rows = [
            {"user": f"u{rng.randrange(40)}", "item": str(rng.randrange(1, 61)), "rating": rng.randrange(1, 11) / 2}
            for _ in range(20)
        ]
        rows = list({(row["user"], row["item"]): row for row in rows}.values())
        sent = {(str(row["user"]), str(row["item"])): float(row["rating"]) for row in rows}
        try:
            found = client.take_events(rows, key=f"{turn}-{batch}")
        except ServiceError:
            open_ |= sent  # they may be stored: the answer alone was lost
            return
        assert found["refused"] == 0
        acknowledged |= sent


def retraining(folder: Path, database: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "penchant", "retrain", str(folder), "--database", database, "--force", "--quiet"]
    return subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(SOURCE)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def checked(client: Client, acknowledged: Stored, open_: Stored) -> None:
    """The server gives lists, and holds everything acknowledged; what was open and is stored counts from now on."""
    assert len(client.recommend_to_user("1", 5)["items"]) == 5
    stored = {(one["user"], one["item"]): one["rating"] for one in client.list_events()}
    acknowledged |= {pair: rating for pair, rating in open_.items() if stored.get(pair) == rating}
    open_.clear()
    assert {pair: stored.get(pair) for pair in acknowledged} == acknowledged


def test_nothing_acknowledged_is_lost_however_it_is_killed(tmp_path: Path) -> None:
    folder, rng = tmp_path / "model", random.Random(4)
    made_model().save(folder)
    database = f"sqlite:///{tmp_path / 'ratings.db'}"
    key = key_for(folder, database, "admin")["Authorization"].removeprefix("Bearer ")
    acknowledged: Stored = {}
    open_: Stored = {}
    for turn in range(ROUNDS):
        with running(folder, tmp_path / "log", database=database, **UNLIMITED) as server:
            client = Client(server.address, key, tries=1, timeout=PATIENCE)
            checked(client, acknowledged, open_)
            stop, training = threading.Event(), retraining(folder, database)
            importer = threading.Thread(target=importing, args=(client, acknowledged, open_, turn, stop))
            importer.start()
            time.sleep(rng.uniform(0.1, LONGEST))
            for victim in rng.sample([server.process, training], 2):
                with suppress(ProcessLookupError):
                    victim.send_signal(signal.SIGKILL)
                time.sleep(rng.uniform(0, 0.2))
            stop.set()
            importer.join()
            client.close()
            server.process.wait()
            training.wait()
    with (
        running(folder, tmp_path / "log", database=database, **UNLIMITED) as server,
        Client(server.address, key, timeout=PATIENCE) as client,
    ):
        checked(client, acknowledged, open_)
    assert acknowledged
    versions = VersionStore(folder)
    kept = (
        f"{ROUNDS} rounds: {len(acknowledged)} ratings kept, versions {versions.names()}, {versions.current()} served"
    )
    print(kept)  # noqa: T201 - for `pytest -s`
