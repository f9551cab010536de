"""A small world of two camps, space films and love films, as a model; and a service around it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import uvicorn
from fastapi.testclient import TestClient

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.trained import assemble
from penchant.recommending.recommender import Recommender
from penchant.service.app import build_app
from penchant.service.service import Service, build_service, open_database
from penchant.service.settings import ServiceSettings
from penchant.service.storage.keys import KeyStore
from waiting import PATIENCE, until

SOURCE = Path(__file__).parents[2] / "src"
DRAWS, FACTORS, PER_CAMP, USERS = 4, 3, 30, 24
SPACE = [f"Starship {n}, The ({1970 + n})" for n in range(PER_CAMP)]
LOVE = [f"Amélie's Café {n} ({1970 + n})" for n in range(PER_CAMP)]
EVIL = 13
"""The id of the film whose title is a script."""
LOVES_SPACE = {"1": 5.0, "2": 5.0, "3": 4.5, "31": 1.0, "32": 1.5}
"""Ratings of a user of the space group; films 1-30 are space films, 31-60 love films."""
UNLIMITED = {"address_rate": 1e6, "address_burst": 1_000_000, "key_rate": 1e6, "key_burst": 1_000_000}
UNLIMITED |= {"answer_seconds": PATIENCE, "wait_seconds": PATIENCE}
"""Settings of a service whose limits no test on a busy machine reaches."""


def made_model(*, shift: float = 0.0, years: bool = False, taste: float = 1.0) -> Recommender:
    """Ratings of two groups of users; `shift` is added to every rating, so that two models differ. years: of items.

    taste: how much the model knows of what the groups like; 0 for nothing.
    """
    rng = np.random.default_rng(3)
    items = np.concatenate([np.full(PER_CAMP, 1.0), np.full(PER_CAMP, -1.0)])
    users = np.where(np.arange(USERS) % 2 == 0, 1.0, -1.0)
    item_rows = _rows(rng, taste * items, rng.normal(scale=0.3, size=len(items)))
    user_rows = _rows(rng, users, rng.normal(scale=0.2, size=len(users)))
    expected = 3.2 + user_rows[0][0][:, None] + item_rows[0][0] + user_rows[1][0] @ item_rows[1][0].T
    rated = np.argwhere(rng.random(expected.shape) < 0.35)
    values = np.clip(np.round(2 * expected[tuple(rated.T)]) / 2, 0.5, 5)
    ratings = Ratings(
        rated[:, 0].astype(np.int32), rated[:, 1].astype(np.int32), values.astype(np.float32),
        Vocabulary(np.arange(1, USERS + 1)), Vocabulary(np.arange(1, 2 * PER_CAMP + 1)), Scale(0.5, 5, 0.5),
        item_features=_features(years),
    )  # fmt: skip
    prior = flat_prior(DRAWS, FACTORS, 1.0)
    return Recommender.of(
        assemble(
            ratings, kind="als", settings={"factors": FACTORS},
            scorer=DotScorer(np.full(DRAWS, 3.2 + shift, np.float32)),
            user_rows=user_rows, item_rows=item_rows, priors=(prior, prior), noise=np.full(DRAWS, 0.6, np.float32),
            history=[{"epoch": float(n), "train_rmse": 0.9 - 0.1 * n} for n in range(4)],
        )
    )  # fmt: skip


def _rows(rng: np.random.Generator, camps: Any, bias: Any) -> tuple[Any, Any]:
    vectors = np.column_stack([camps, *(rng.normal(scale=0.3, size=len(camps)) for _ in range(FACTORS - 1))])
    jitter = rng.normal(scale=0.05, size=(DRAWS, *vectors.shape))
    return np.repeat(bias[None], DRAWS, 0).astype(np.float32), (vectors + jitter).astype(np.float32)


def _features(years: bool) -> FeatureTable:
    titles = [*SPACE, *LOVE]
    titles[EVIL - 1] = '<script>alert("boo")</script> & Co (1983)'
    genres = [("Sci-Fi", "Adventure")] * PER_CAMP + [("Romance", "Comedy")] * PER_CAMP
    if not years:
        return FeatureTable({"genres": genres}, {"genres": "many"}, titles)
    column = [float(1970 + n) for n in range(PER_CAMP)] * 2
    return FeatureTable({"genres": genres, "year": column}, {"genres": "many", "year": "number"}, titles)


@dataclass
class Value:
    """A service in this process with a key of each scope."""

    client: TestClient
    service: Service
    folder: Path
    keys: Mapping[str, str]

    def headers(self, scope: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[scope]}"}

    def visitor(self) -> tuple[str, dict[str, str]]:
        """A new visitor's id and headers."""
        made = self.client.post("/v1/visitors").json()
        return made["user"], {"Authorization": f"Bearer {made['token']}"}


@cache
def _empty_database() -> bytes:
    """An SQLite file with empty tables; to make one takes longer than most tests of the service."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "empty.db"
        open_database(path, ServiceSettings(database=f"sqlite:///{path}")).close()
        return path.read_bytes()


@contextmanager
def made_service(folder: Path, **settings: Any) -> Iterator[Value]:
    """A service over the model in `folder`, which is made where there is none; so is the database beside it."""
    if not folder.exists():
        made_model().save(folder)
    beside = folder.with_name(f"{folder.name}.db")
    if "database" not in settings and not beside.exists():
        beside.write_bytes(_empty_database())
    fast = {"watch_seconds": 0.05, "address_rate": 1e6, "address_burst": 10**6, "visitors_per_hour": 10**6}
    patient = {"answer_seconds": PATIENCE, "wait_seconds": PATIENCE}
    service = build_service(folder, ServiceSettings(**{**fast, **patient, **settings}))
    store = KeyStore(service.database)
    keys = {scope: store.create(scope, scope) for scope in ("read", "write", "admin")}
    service.keys.refresh()
    with TestClient(build_app(service), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield Value(client, service, folder, keys)


def key_for(folder: Path, database: str, scope: str = "write") -> dict[str, str]:
    """Headers with a new key."""
    opened = open_database(folder, ServiceSettings(database=database))
    key = KeyStore(opened).create("test", scope)
    opened.close()
    return {"Authorization": f"Bearer {key}"}


@dataclass
class Running:
    """`penchant serve` as a process of its own."""

    process: subprocess.Popen[str]
    address: str
    log: Path

    def client(self, **how: Any) -> httpx2.Client:
        """A client that waits for a busy machine."""
        return httpx2.Client(base_url=self.address, timeout=PATIENCE, **how)

    def get(self, path: str, **how: Any) -> httpx2.Response:
        """The answer to one GET on a connection of its own."""
        with self.client(**how) as client:
            return client.get(path)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(folder: Path, log: Path, **flags: Any) -> Iterator[Running]:
    """The command on a free port, until the block ends; it is stopped by its process id."""
    words = [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "penchant", "serve", str(folder), "--port", "0", *words]
    with log.open("a") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}
        )
        try:
            yield Running(process, _address(process, log), log)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(timeout=PATIENCE)
            assert process.stdout is not None
            process.stdout.close()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    line = process.stdout.readline() if ready else ""
    assert " on http://" in line, f"the server did not start: {line!r} {log.read_text()}"
    return line.split(" on ")[1].strip()


@contextmanager
def served(folder: Path, database: Path, **settings: Any) -> Iterator[str]:
    """The address of a service on a port of its own, in a thread of this process."""
    chosen = ServiceSettings(
        **{"database": f"sqlite:///{database}", "visitors_per_hour": 10**6, **UNLIMITED, **settings}
    )
    app = build_app(build_service(folder, chosen))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        assert server.started, "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE)
