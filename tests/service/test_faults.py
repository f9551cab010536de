"""Faults, each with the real thing: processes killed, databases stopped, disks full, clients slow."""

from __future__ import annotations

import resource
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from penchant.service.service import open_database
from penchant.service.settings import ServiceSettings
from penchant.service.storage.ratings import RatingStore
from service.made_service import PER_CAMP, UNLIMITED, Running, key_for, running
from service.programs import Cluster
from waiting import PATIENCE, until

pytestmark = pytest.mark.slow

LONG = 10 * PATIENCE
"""Seconds for a limit of the server that must not be reached."""


@dataclass
class Writers:
    """Threads that write ratings until stopped, and remember what was acknowledged."""

    server: Running
    headers: dict[str, str]
    acknowledged: dict[tuple[str, str], float] = field(default_factory=dict)
    refusals: list[httpx2.Response] = field(default_factory=list)
    broken: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def write(self, name: str) -> None:
        with self.server.client(headers=self.headers) as client:
            turn = 0
            while not self.stop.is_set():
                turn += 1
                user, item, rating = f"{name}-{turn // 50}", str(turn % 50 + 1), turn % 9 / 2 + 0.5
                try:
                    answer = client.put(f"/v1/users/{user}/ratings/{item}", json={"rating": rating})
                except httpx2.HTTPError:
                    self.broken += 1
                    time.sleep(0.05)
                    continue
                if answer.status_code == 200:
                    self.acknowledged[user, item] = rating
                else:
                    self.refusals.append(answer)
                    time.sleep(0.02)

    @contextmanager
    def at_work(self, count: int = 3) -> Iterator[None]:
        threads = [threading.Thread(target=self.write, args=(f"writer{n}",)) for n in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more ratings are acknowledged."""
        wanted = len(self.acknowledged) + more
        until(
            lambda: len(self.acknowledged) >= wanted,
            lambda: f"{len(self.acknowledged)} of {wanted} ratings acknowledged; refused last: {self.refusals[-1:]}",
        )


def lost(folder: Path, database: str, acknowledged: dict[tuple[str, str], float]) -> list[tuple[str, str]]:
    """Acknowledged ratings that the database does not hold as they were."""
    opened = open_database(folder, ServiceSettings(database=database))
    held = {(row[0], row[1]): row[2] for page in RatingStore(opened, most=1).pages() for row in page}
    opened.close()
    return [pair for pair, value in acknowledged.items() if held.get(pair) != value]


def test_kill_9_of_the_service_loses_no_acknowledged_rating(tmp_path: Path, model_folder: Path, database: str) -> None:
    headers, log = key_for(model_folder, database), tmp_path / "log"
    with running(model_folder, log, database=database, **UNLIMITED) as server:
        writers = Writers(server, headers)
        with writers.at_work():
            writers.wait_for(200)
            server.kill()
    assert len(writers.acknowledged) >= 200
    assert lost(model_folder, database, writers.acknowledged) == []
    with running(model_folder, log, database=database, **UNLIMITED) as again:
        (user, item), rating = next(iter(writers.acknowledged.items()))
        answer = again.get(f"/v1/users/{user}/ratings", headers=headers).json()["ratings"]
        assert {line["item"]: line["rating"] for line in answer}[item] == rating


@pytest.mark.postgres
def test_a_database_that_dies_under_load_is_waited_for(tmp_path: Path, model_folder: Path, cluster: Cluster) -> None:
    cluster.empty()
    headers = key_for(model_folder, cluster.url)
    with running(model_folder, tmp_path / "log", database=cluster.url, **UNLIMITED) as server:
        writers = Writers(server, headers)
        with writers.at_work():
            writers.wait_for(100)
            cluster.stop("immediate")
            try:
                until(lambda: len(writers.refusals) >= 10)
                ready = server.get("/health/ready")
                alive = server.get("/health/live")
                with server.client() as client:
                    described = client.post("/v1/recommendations", json={"ratings": {"1": 5}})
            finally:
                cluster.start()
            writers.wait_for(100)
        assert server.process.poll() is None
    assert {answer.status_code for answer in writers.refusals} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in writers.refusals)
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in writers.refusals)
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert described.status_code == 200  # what needs no database goes on
    assert writers.broken == 0
    assert lost(model_folder, cluster.url, writers.acknowledged) == []


@pytest.mark.postgres
def test_two_servers_on_one_database_agree_at_once(tmp_path: Path, model_folder: Path, cluster: Cluster) -> None:
    cluster.empty()
    with (
        running(model_folder, tmp_path / "a", database=cluster.url, **UNLIMITED) as one,
        running(model_folder, tmp_path / "b", database=cluster.url, **UNLIMITED) as two,
    ):
        with one.client() as first, two.client() as second:
            clients = (first, second)
            made = first.post("/v1/visitors").json()
            for client in clients:
                client.headers["Authorization"] = f"Bearer {made['token']}"
            for turn, item in enumerate(range(1, 21)):
                writer, reader = clients if turn % 2 else clients[::-1]
                assert writer.put(f"/v1/users/me/ratings/{item}", json={"rating": 5}).status_code == 200
                answer = reader.get("/v1/users/me/recommendations").json()
                assert str(item) not in [line["item"] for line in answer["items"]]
            both = [client.get("/v1/users/me/recommendations").json() for client in clients]
        assert both[0] == both[1]
        assert all(int(line["item"]) <= PER_CAMP for line in both[0]["items"])


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "penchant-test", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")  # needs root; CI containers may forbid it
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_writes_and_keeps_what_it_has(tmp_path: Path, model_folder: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        database = f"sqlite:///{disk / 'ratings.db'}"
        headers = key_for(model_folder, database)
        with running(model_folder, tmp_path / "log", database=database, **UNLIMITED) as server:
            writers = Writers(server, headers)
            with writers.at_work():
                writers.wait_for(50)
                filler = disk / "filler"
                fill(filler)
                until(lambda: any(answer.status_code == 507 for answer in writers.refusals))
                read = server.get("/v1/users/writer0-0/recommendations", headers=headers)
                filler.unlink()
                writers.wait_for(20)
            assert read.status_code == 200
            assert server.process.poll() is None
        assert {answer.status_code for answer in writers.refusals} <= {503, 507}
        assert writers.broken == 0
        assert lost(model_folder, database, writers.acknowledged) == []


def test_a_file_that_may_grow_no_further_is_like_a_full_disk(tmp_path: Path, model_folder: Path) -> None:
    database = f"sqlite:///{tmp_path / 'ratings.db'}"
    headers = key_for(model_folder, database)
    with running(model_folder, tmp_path / "log", database=database, **UNLIMITED) as server:
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        writers = Writers(server, headers)
        with writers.at_work():
            writers.wait_for(20)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (200_000, before[1]))
            until(lambda: writers.refusals)
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
            writers.wait_for(20)
        assert server.process.poll() is None
    assert {answer.status_code for answer in writers.refusals} == {507}
    assert writers.broken == 0
    assert lost(model_folder, database, writers.acknowledged) == []


def fill(path: Path) -> None:
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


# --- slow clients ----------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(tmp_path: Path, model_folder: Path) -> Iterator[Running]:
    """A server with little patience."""
    flags: dict[str, Any] = {"header_seconds": 1, "body_seconds": 1, "max_connections": 20}
    with running(model_folder, tmp_path / "log", database=f"sqlite:///{tmp_path / 'r.db'}", **flags) as server:
        yield server


@pytest.fixture
def patient(tmp_path: Path, model_folder: Path) -> Iterator[Running]:
    """A server that does not hang up while a test runs, with room for 20 connections, and 2 requests at a time."""
    limits = {"header_seconds": LONG, "body_seconds": LONG, "answer_seconds": LONG, "max_connections": 20, "threads": 2}
    with running(model_folder, tmp_path / "log", database=f"sqlite:///{tmp_path / 'r.db'}", **limits) as server:
        yield server


def connect(server: Running) -> socket.socket:
    host, port = server.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def trickle(connection: socket.socket, start: bytes) -> bytes:
    """Send a byte now and then; what the server says before it hangs up."""
    connection.sendall(start)
    said, end = b"", time.monotonic() + PATIENCE
    connection.settimeout(0.2)
    while time.monotonic() < end:
        try:
            connection.sendall(b"a")
            piece = connection.recv(4096)
            if not piece:
                return said
            said += piece
        except TimeoutError:
            continue
        except OSError:
            return said
    raise AssertionError(f"the server still listens: {said!r}")


def test_a_client_that_trickles_its_head_is_hung_up_on(strict: Running) -> None:
    with connect(strict) as slow:
        assert trickle(slow, b"GET /v1/items HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") == b""
    with connect(strict) as silent:
        assert silent.recv(1) == b""


def test_a_client_that_trickles_its_body_gets_an_error(strict: Running) -> None:
    head = b"POST /v1/recommendations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"
    with connect(strict) as slow:
        said = trickle(slow, head)
    assert said.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in said


def test_slow_clients_do_not_keep_others_waiting(patient: Running) -> None:
    """The server would wait for the slow clients for longer than the others wait for their answers."""
    held = [connect(patient) for _ in range(10)]
    for one in held:
        one.sendall(b"POST /v1/recommendations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{")
    for _ in range(5):
        answer = patient.get("/v1/users/1/recommendations")
        assert answer.status_code == 200
    for one in held:
        one.close()


def asked(connection: socket.socket, path: str) -> bytes:
    """The whole answer to a GET on this connection, which may stay open."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    said = connection.recv(65_536)
    head, _, body = said.partition(b"\r\n\r\n")
    length = int(next(line for line in head.lower().splitlines() if line.startswith(b"content-length")).split()[1])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + body


def test_connections_beyond_the_limit_are_answered_503_but_health_is_answered(patient: Running) -> None:
    held = [connect(patient) for _ in range(25)]  # a server takes them in their order
    try:
        said = [asked(one, "/health/live" if n == 24 else "/v1/model") for n, one in enumerate(held)]
        assert [one[:12] for one in said] == [b"HTTP/1.1 200"] * 20 + [b"HTTP/1.1 503"] * 4 + [b"HTTP/1.1 200"]
        assert b"application/problem+json" in said[20]
        assert b"retry-after" in said[20].lower()
    finally:
        for one in held:
            one.close()
    until(lambda: patient.get("/v1/model").status_code == 200)


def test_one_address_has_a_limit_of_connections(tmp_path: Path, model_folder: Path) -> None:
    flags = {"database": f"sqlite:///{tmp_path / 'r.db'}", "address_connections": 3}
    with running(model_folder, tmp_path / "log", **flags) as server:
        held = [connect(server) for _ in range(4)]
        said = [asked(one, "/v1/model")[:12] for one in held]
        for one in held:
            one.close()
    assert said == [b"HTTP/1.1 200"] * 3 + [b"HTTP/1.1 503"]


def test_a_client_that_never_reads_is_cut(tmp_path: Path, model_folder: Path) -> None:
    flags = {"database": f"sqlite:///{tmp_path / 'r.db'}", "write_seconds": 0.5, "max_connections": 20, **UNLIMITED}
    with running(model_folder, tmp_path / "log", **flags) as server:
        with connect(server) as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = b"GET /v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            end = time.monotonic() + PATIENCE
            silent.settimeout(0.2)
            with pytest.raises(ConnectionError):
                while time.monotonic() < end:
                    try:
                        silent.sendall(request * 20)
                    except TimeoutError:
                        continue
        assert server.get("/v1/model").status_code == 200


def test_health_waits_behind_nothing_while_costly_requests_run(tmp_path: Path, model_folder: Path) -> None:
    flags = {"database": f"sqlite:///{tmp_path / 'r.db'}", "threads": 2, **UNLIMITED}
    with running(model_folder, tmp_path / "log", **flags) as server:
        stop = threading.Event()
        statuses: set[int] = set()

        def ask(name: int) -> None:
            turn = 0
            with server.client() as client:
                while not stop.is_set():
                    turn += 1
                    ratings = {str(item % 60 + 1): (turn + name) % 9 / 2 + 0.5 for item in range(turn % 30)}
                    statuses.add(client.post("/v1/questions", json={"n": 60, "ratings": ratings}).status_code)

        threads = [threading.Thread(target=ask, args=(name,)) for name in range(40)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                assert server.get("/health/ready").status_code == 200
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert statuses <= {200, 503}


def test_an_orderly_stop_finishes_what_it_began(tmp_path: Path, model_folder: Path) -> None:
    flags = {"database": f"sqlite:///{tmp_path / 'r.db'}", **UNLIMITED}
    headers = key_for(model_folder, flags["database"])
    with running(model_folder, tmp_path / "log", **flags) as server:
        writers = Writers(server, headers)
        with writers.at_work():
            writers.wait_for(50)
            server.process.terminate()
            assert server.process.wait(timeout=PATIENCE) == 0
    assert lost(model_folder, flags["database"], writers.acknowledged) == []
    assert {answer.status_code for answer in writers.refusals} <= {503}
