"""The service under load: latency at a steady 200 lists a second, its share of a bare endpoint's speed, its memory.

    python benchmarks/service.py              # all three, about six minutes
    python benchmarks/service.py --part steady

One server process and the load generator share the machine's cores. Every list is a POST with 15 ratings that no other
request holds, so each is folded in and ranked exactly over 20,000 items of 64 factors; the database is SQLite.

steady: 32 connections, one request due every 5 ms for 30 s whatever the answers do; a latency counts from when its
request was due, so waiting behind others is in it. speed: 32 connections as fast as they can, in turns, medians of
three: ours; a bare endpoint (FastAPI on the same uvicorn; it checks the same body and takes the exact top 10 of one
vector's product with the same matrix) as a plain function, FastAPI's way for work that may wait; and the same as a
coroutine that does not check the body. memory: resident size while 100,000 requests are answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings, Scale
from penchant.data.vocabulary import Vocabulary
from penchant.evaluation.report.protocol import versions
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.trained import assemble
from penchant.recommending.recommender import Model

RESULTS = Path(__file__).parent / "results" / "service.json"
ITEMS, USERS, FACTORS, CONNECTIONS, RATED, RATE = 20_000, 5_000, 64, 32, 15, 200
UNLIMITED = ["--address-rate", "1e9", "--address-burst", "1000000000"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=[*PARTS, "all"], default="all")
    asked = parser.parse_args().part
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        made_model(model)
        for part in PARTS if asked == "all" else [asked]:
            found[part] = PARTS[part](model)
    found["command"] = "python benchmarks/service.py"
    found["protocol"] = " ".join((__doc__ or "").split())
    found["versions"] = versions(("fastapi", "uvicorn", "uvloop", "httptools", "sqlalchemy", "numpy"))
    print(json.dumps(found, indent=2))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


def speed(model: Path) -> dict[str, Any]:
    """Requests a second of ours and of both bare endpoints."""
    starts = {"service": ours, "bare": lambda m: bare(m, "threaded"), "bare_coroutine": lambda m: bare(m, "coroutine")}
    found: dict[str, list[float]] = {name: [] for name in starts}
    for turn in range(3):
        for name, start in starts.items():
            with start(model) as server:
                run(server.port, requests(seed=2, count=2_000), seconds=2)
                load = run(server.port, requests(seed=3 + turn, count=40_000), seconds=8)
                assert load.wrong == 0
                found[name].append(round(load.per_second, 1))
    middle = {name: statistics.median(values) for name, values in found.items()}
    ratios = {f"ratio_to_{name}": round(middle["service"] / middle[name], 3) for name in ("bare", "bare_coroutine")}
    return found | ratios


# --- servers ---------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int

    @property
    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return round(int(status.split("VmRSS:")[1].split()[0]) / 1024, 1)


def made_model(folder: Path) -> None:
    """Random rows of a plausible size; a benchmark of speed has no use for learnt ones."""
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, [USERS, ITEMS], size=(200_000, 2)), axis=0).astype(np.int32)
    values = rng.integers(1, 11, len(pairs)).astype(np.float32) / 2
    ratings = Ratings(
        pairs[:, 0].copy(), pairs[:, 1].copy(), values, Vocabulary(np.arange(USERS)), Vocabulary(np.arange(ITEMS)),
        Scale(0.5, 5, 0.5),
    )  # fmt: skip
    sides = [
        (
            rng.normal(scale=0.3, size=(1, n)).astype(np.float32),
            rng.normal(scale=0.1, size=(1, n, FACTORS)).astype("f4"),
        )
        for n in (USERS, ITEMS)
    ]
    prior = flat_prior(1, FACTORS, 5.0)
    trained = assemble(
        ratings, kind="als", settings={}, scorer=DotScorer(np.array([3.5], np.float32)), user_rows=sides[0],
        item_rows=sides[1], priors=(prior, prior), noise=np.array([0.8], np.float32),
    )  # fmt: skip
    Model(trained).save(folder)


@contextmanager
def ours(model: Path) -> Iterator[Server]:
    command = [sys.executable, "-m", "penchant", "serve", str(model), "--port", "0", *UNLIMITED]
    with _started(command) as server:
        yield server


@contextmanager
def bare(model: Path, kind: str) -> Iterator[Server]:
    with _started([sys.executable, __file__.replace("service.py", "bare_endpoint.py"), str(model), kind]) as server:
        yield server


@contextmanager
def _started(command: list[str]) -> Iterator[Server]:
    source = str(Path(__file__).parents[1] / "src")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": source})
    try:
        assert process.stdout is not None
        yield Server(process, int(process.stdout.readline().rpartition(":")[2]))
    finally:
        process.terminate()
        process.wait()


# --- load ------------------------------------------------------------------------------------------------------------


def requests(seed: int, count: int) -> list[bytes]:
    """Whole requests, each with ratings of its own."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        items, stars = rng.integers(0, ITEMS, RATED).tolist(), (rng.integers(1, 11, RATED) / 2).tolist()
        body = json.dumps({"ratings": dict(zip(map(str, items), stars, strict=True))}).encode()
        head = f"POST /v1/recommendations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        made.append(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
    return made


@dataclass
class Load:
    """What came of a run. latencies: seconds; wrong: answers that were not 200."""

    latencies: list[float] = field(default_factory=list)
    wrong: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds


async def _answer(reader: asyncio.StreamReader) -> bool:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return head.startswith(b"HTTP/1.1 200")


Worker = Callable[[Load, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _with_connections(port: int, worker: Worker) -> Load:
    import uvloop

    load = Load()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await worker(load, reader, writer)
        writer.close()

    async def every() -> None:
        started = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
        load.seconds = time.perf_counter() - started

    uvloop.run(every())
    return load


def run(port: int, wanted: list[bytes], seconds: float) -> Load:
    """As fast as the connections can, for so long or until there is nothing left to ask."""
    left, end = iter(wanted), time.perf_counter() + seconds

    async def worker(load: Load, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in left:
            sent = time.perf_counter()
            if sent > end:
                return
            writer.write(request)
            load.wrong += not await _answer(reader)
            load.latencies.append(time.perf_counter() - sent)

    return _with_connections(port, worker)


def steady(model: Path, *, seconds: float = 30) -> dict[str, Any]:
    """RATE requests a second, each due at its own moment."""
    wanted = requests(seed=9, count=int(RATE * seconds))
    with ours(model) as server:
        run(server.port, requests(seed=1, count=2_000), seconds=3)  # warm
        started = time.perf_counter() + 0.2
        due = iter([(started + n / RATE, request) for n, request in enumerate(wanted)])

        async def worker(load: Load, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for moment, request in due:
                await asyncio.sleep(max(0.0, moment - time.perf_counter()))
                writer.write(request)
                load.wrong += not await _answer(reader)
                load.latencies.append(time.perf_counter() - moment)

        load = _with_connections(server.port, worker)
    at = np.quantile(np.array(load.latencies) * 1000, [0.5, 0.9, 0.99, 1.0]).round(2).tolist()
    metrics = dict(zip(("p50_ms", "p90_ms", "p99_ms", "max_ms"), at, strict=True))
    return {"requests": len(load.latencies), "errors": load.wrong, "per_second": RATE, **metrics}


def memory(model: Path, *, count: int = 100_000, pieces: int = 10) -> dict[str, Any]:
    """Resident megabytes before, and after each tenth of the requests."""
    with ours(model) as server:
        sizes = [server.megabytes]
        for piece in range(pieces):
            load = run(server.port, requests(seed=100 + piece, count=count // pieces), seconds=600)
            assert load.wrong == 0
            sizes.append(server.megabytes)
    return {"requests": count, "megabytes": sizes}


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {"steady": steady, "speed": speed, "memory": memory}

if __name__ == "__main__":
    main()
