"""A day of the service in a minute: lists at a steady rate while all else happens.

    python benchmarks/service_day.py                     # all parts, about three minutes
    python benchmarks/service_day.py --part items --seconds 10 --results /tmp/day.json

A server serves a rating model (als, 32 factors) and a choice model (implicit_als, 32 factors) with a ranker, for
20,000 items and 5,000 users with 200,000 random ratings, from SQLite. The load generator shares its cores; what does
not measure runs in a process of its own.

day: two worker processes, one for each core. 200 lists a second with combined ranking, each with 15 ratings in its
body. Meanwhile 1,000 events are sent in bulk every second and five items are put, patched or deleted. After a quarter
of the time `penchant retrain` begins, with its default priority. The base is served again after three quarters, or when
the retraining has ended if that is later. Latency counts from the time a request is due. It is given for all lists, and
for those due before the retraining, while it trained, and after. megabytes: of all processes of the server, ten times
over the whole run; pages that n of them share count as one nth for each.

health and items have one server process. health: `GET /health/live` twenty times a second while 40 clients send the
costliest questions and the most diverse lists that are allowed, without a pause. items: single items are put one after
another, up to 2,000. workers: megabytes of one process, and of four worker processes together (shared pages count
once), for an ease model of 4,000 items, whose arrays the workers share; after 200 lists of each.

load_average: of the last minute, when a part ends; what is much above the two or three processes of this benchmark is
of others on the machine. stolen: the share of the processors' time that the host of a virtual machine gave to others.
Seeds: 0 for the model, 1 for the events, 5 for the lists.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from penchant.client import Client, ServiceError
from penchant.data.ratings import Ratings, Scale
from penchant.data.vocabulary import Vocabulary
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.trained import Feedback, assemble
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import train
from service import ITEMS, UNLIMITED, USERS, Load, Server, _answer, _started, _with_connections, requests, run

RESULTS = Path(__file__).parent / "results" / "service_day.json"
FACTORS, RATE, WORKERS = 32, 200, 2
QUANTILES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "max_ms": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    found: dict[str, Any] = json.loads(asked.results.read_text()) if asked.results.exists() else {}
    for part in PARTS if asked.part == "all" else [asked.part]:
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model"
            made_pair(model)
            before = _ticks()
            found[part] = PARTS[part](model, asked.seconds)
            stolen, every = (now - then for now, then in zip(_ticks(), before, strict=True))
            found[part] |= {"load_average": round(os.getloadavg()[0], 1), "stolen": round(stolen / every, 4)}
    found["command"], found["protocol"] = "python benchmarks/service_day.py", " ".join((__doc__ or "").split())
    found["versions"] = versions(("fastapi", "uvicorn", "uvloop", "httptools", "sqlalchemy", "numpy"))
    found["machine"] = machine()
    print(json.dumps(found, indent=2))
    asked.results.parent.mkdir(exist_ok=True)
    asked.results.write_text(json.dumps(found, indent=2) + "\n")


def _ticks() -> tuple[int, int]:
    """The time that the host gave to others, and all time, of all processors."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split()[1:9]]
    return ticks[7], sum(ticks)


def made_pair(folder: Path) -> None:
    """A rating model and a choice model of random rows, since speed does not depend on the values."""
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, [USERS, ITEMS], size=(200_000, 2)), axis=0).astype(np.int32)
    ratings = Ratings(
        pairs[:, 0].copy(), pairs[:, 1].copy(), (rng.integers(1, 11, len(pairs)) / 2).astype(np.float32),
        Vocabulary(np.arange(USERS)), Vocabulary(np.arange(ITEMS)), Scale(0.5, 5, 0.5),
        rng.integers(1_700_000_000, 1_710_000_000, len(pairs)),
    )  # fmt: skip

    def trained(kind: str, **more: Any) -> Any:
        sides = [
            (
                rng.normal(scale=0.3, size=(1, n)).astype(np.float32),
                rng.normal(scale=0.1, size=(1, n, FACTORS)).astype(np.float32),
            )
            for n in (USERS, ITEMS)
        ]
        prior = flat_prior(1, FACTORS, 5.0)
        return assemble(
            ratings, kind=kind, settings={"factors": FACTORS}, scorer=DotScorer(np.array([3.5], np.float32)),
            user_rows=sides[0], item_rows=sides[1], priors=(prior, prior), noise=np.array([0.8], np.float32), **more,
        )  # fmt: skip

    Recommender(trained("als"), trained("implicit_als", feedback=Feedback())).save(folder)


@contextmanager
def served(model: Path, *words: str) -> Iterator[tuple[Server, Client]]:
    """A server of the model, and a client with a key for everything."""
    made = subprocess.run(
        [sys.executable, "-m", "penchant", "keys", "add", str(model), "load", "--scope", "admin"],
        capture_output=True, text=True, check=True, env=ENVIRONMENT,
    )  # fmt: skip
    command = [sys.executable, "-m", "penchant", "serve", str(model), "--port", "0", *UNLIMITED, *words]
    limits = ["--key-rate", "1e9", "--key-burst", "1000000000", "--address-connections", "500"]
    with (
        _started([*command, *limits]) as server,
        Client(f"http://127.0.0.1:{server.port}", made.stdout.strip(), timeout=60) as client,
    ):
        yield server, client


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")}


@dataclass
class Marks:
    """When things happened, in seconds of the clock that the latencies have. done: the base is served again."""

    training: float = np.inf
    trained: float = np.inf
    done: threading.Event = field(default_factory=threading.Event)


def day(model: Path, seconds: float) -> dict[str, Any]:
    """Lists at a steady rate through bulk import, changes of items, a retrain and a rollback."""
    with served(model, "--workers", str(WORKERS)) as (server, client):
        stop, refused, marks = multiprocessing.Event(), multiprocessing.Value("i", 0), Marks()
        sizes = [_shared_megabytes(server.process.pid)]
        workers: list[Any] = [
            *(multiprocessing.Process(target=one, args=(client, stop, refused)) for one in (_importing, _changing)),
            threading.Thread(target=_operating, args=(model, client, seconds, marks)),
            threading.Thread(target=_weighing, args=(server, seconds, stop, sizes)),
        ]
        run(server.port, requests(seed=6, count=10 * RATE), seconds=5)  # warm
        for one in workers:
            one.start()
        load, due = steadily(server.port, seconds, marks.done)
        stop.set()
        for one in workers:
            one.join()
        versions_seen = client.get_model()["versions"]
    at, waits = np.array(due), np.array(load.latencies)
    phases = {
        "before": at < marks.training,
        "training": (at >= marks.training) & (at < marks.trained),
        "after": at >= marks.trained,
    }
    return {
        "seconds": round(load.seconds, 1), "per_second": RATE, "lists": len(waits), "errors": load.wrong,
        "refused_changes": refused.value, **quantiles(waits),
        "retrain_seconds": round(marks.trained - marks.training, 1),
        "by_phase": {name: quantiles(waits[rows]) for name, rows in phases.items() if rows.any()},
        "megabytes": sizes, "versions": versions_seen,
    }  # fmt: skip


def steadily(port: int, seconds: float, done: threading.Event) -> tuple[Load, list[float]]:
    """RATE lists a second over the connections, for the seconds and until it is done; and when each was due."""
    wanted = requests(seed=5, count=int(4 * RATE * seconds))
    started, times = time.perf_counter() + 0.2, []
    due = iter([(started + n / RATE, request) for n, request in enumerate(wanted)])

    async def worker(load: Load, reader: Any, writer: Any) -> None:
        import asyncio

        for moment, request in due:
            if moment > started + seconds and done.is_set():
                return
            await asyncio.sleep(max(0.0, moment - time.perf_counter()))
            writer.write(request)
            load.wrong += not await _answer(reader)
            load.latencies.append(time.perf_counter() - moment)
            times.append(moment)

    return _with_connections(port, worker), times


def _weighing(server: Server, seconds: float, stop: Any, sizes: list[float]) -> None:
    while not stop.wait(seconds / 10):
        sizes.append(_shared_megabytes(server.process.pid))


def _importing(client: Client, stop: Any, refused: Any) -> None:
    rng = np.random.default_rng(1)
    while not stop.wait(1.0):
        users, items = rng.integers(0, USERS, 1000).tolist(), rng.integers(0, ITEMS, 1000).tolist()
        stars = (rng.integers(1, 11, 1000) / 2).tolist()
        rows: Any = [{"user": str(u), "item": str(i), "rating": r} for u, i, r in zip(users, items, stars, strict=True)]
        refused.value += client.take_events(rows)["refused"]


def _changing(client: Client, stop: Any, refused: Any) -> None:
    number = 0
    while not stop.wait(0.2):
        item = f"{ITEMS + number // 3}"
        changes: list[Callable[[str], Any]] = [
            lambda one: client.put_item(one, f"Item {one}"),
            lambda one: client.patch_item(one, hidden=True),
            client.delete_item,
        ]
        try:
            changes[number % 3](item)
        except ServiceError:
            with refused.get_lock():
                refused.value += 1
        number += 1


def _operating(model: Path, client: Client, seconds: float, marks: Marks) -> None:
    time.sleep(seconds / 4)
    command = [sys.executable, "-m", "penchant", "retrain", str(model), "--force", "--quiet"]
    marks.training = time.perf_counter()
    training = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    training.wait()
    marks.trained = time.perf_counter()
    time.sleep(max(seconds / 4, marks.training + seconds / 2 - time.perf_counter()))
    with suppress(ServiceError):
        client.switch_model("base")
    marks.done.set()


def health(model: Path, seconds: float) -> dict[str, Any]:
    """How long health takes while the costliest requests run."""
    with served(model) as (server, _):
        stop, counts = multiprocessing.Event(), multiprocessing.SimpleQueue()
        clients = multiprocessing.Process(target=_costly_clients, args=(server.port, stop, counts))
        clients.start()  # a process of its own: the probe waits for the server, and not for other clients
        waits = []
        with Client(f"http://127.0.0.1:{server.port}", tries=1) as probe:
            end = time.perf_counter() + seconds / 4
            while time.perf_counter() < end:
                asked = time.perf_counter()
                probe.live()
                waits.append(time.perf_counter() - asked)
                time.sleep(0.05)
        stop.set()
        answered, refused = counts.get()
        clients.join()
    return {"probes": len(waits), "costly_answered": answered, "costly_refused": refused, **quantiles(waits)}


def _costly_clients(port: int, stop: Any, counts: Any) -> None:
    """40 clients that send costly requests until they are stopped."""
    ratings, answered = {str(n): 4.0 for n in range(15)}, [0, 0]

    def costly(number: int) -> None:
        with Client(f"http://127.0.0.1:{port}", tries=1, timeout=60) as mine:
            while not stop.is_set():
                try:
                    if number % 2:
                        mine.ask({**ratings, str(number): 3.0}, 100)
                    else:
                        mine.recommend({**ratings, str(number): 3.0}, n=100, diversity=0.9)
                    answered[0] += 1
                except ServiceError:
                    answered[1] += 1

    threads = [threading.Thread(target=costly, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.put(answered)


def items(model: Path, seconds: float) -> dict[str, Any]:
    """How long it takes to add one item that lists hold at once."""
    waits: list[float] = []
    with served(model) as (_, client):
        client.recommend({str(n): 4.0 for n in range(15)})
        end = time.perf_counter() + seconds / 4
        while time.perf_counter() < end and len(waits) < 2000:
            asked = time.perf_counter()
            client.put_item(str(ITEMS + len(waits)), f"Item {len(waits)}")
            waits.append(time.perf_counter() - asked)
        last = str(ITEMS + len(waits) - 1)
        listed = client.recommend({"1": 4.0}, n=1, among=[last])["items"]
    return {"items": len(waits), "listed_at_once": [one["item"] for one in listed] == [last], **quantiles(waits)}


def workers(model: Path, seconds: float) -> dict[str, Any]:
    """The memory of several processes that serve one model."""
    rng = np.random.default_rng(2)
    pairs = np.unique(rng.integers(0, [1000, 4000], size=(50_000, 2)), axis=0).astype(np.int32)
    choices = Ratings(
        pairs[:, 0].copy(), pairs[:, 1].copy(), np.ones(len(pairs), np.float32), Vocabulary(np.arange(1000)),
        Vocabulary(np.arange(4000)), Scale(1, 1, kind="choices"),
    )  # fmt: skip
    train(choices, "ease").save(model)
    found: dict[str, Any] = {"file_megabytes": round(sum(one.stat().st_size for one in model.rglob("*")) / 2**20, 1)}
    for count in (1, 4):
        with served(model, "--workers", str(count)) as (server, client):
            for number in range(200 * count):
                client.recommend({str(number): 1.0})
            found["one_process" if count == 1 else "four_workers"] = _shared_megabytes(server.process.pid)
    return found


def _shared_megabytes(pid: int) -> float:
    """Of a process and its children; what n of them share counts as one nth for each."""
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    rolled = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in (pid, *children)]
    return round(sum(int(text.split("\nPss:")[1].split()[0]) for text in rolled) / 1024, 1)


def quantiles(seconds: Any) -> dict[str, float]:
    """Milliseconds."""
    return {name: round(1000 * float(np.quantile(seconds, share)), 2) for name, share in QUANTILES.items()}


PARTS: dict[str, Callable[[Path, float], dict[str, Any]]] = {
    "day": day,
    "health": health,
    "items": items,
    "workers": workers,
}

if __name__ == "__main__":
    main()
