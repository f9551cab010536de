"""The rank of `bayes` by the size of the table: RMSE and seconds of several ranks on growing parts of tables.

    python benchmarks/rank_by_size.py [goodbooks] [made] [shipped] [--seconds 3600] [--results FILE]

goodbooks: the ratings of a growing random set of users. made: a synthetic table of 20,000 users and 5,000 items with 32
factors, cut in the same way. shipped: the whole shipped table. Each part is split at random, 90 % for training and 10 %
for the test, ids only; every rank trains on the same rows from the same seed. Small parts are split several times, and
their errors are means over the splits. A rule for the rank is chosen on one table and checked on the other.

Every training is a process of its own, on one core or a few; as many run side by side as the machine has cores. So the
seconds are of a busy machine. After `--seconds` no further training is waited for. A later call goes on: it skips the
ranks of a part whose splits are all in the results.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import shlex
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.data.synthetic import synthetic
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.recommending.predictions import predict_numbers
from penchant.training import registry

ROOT = Path(__file__).parent
RESULTS = ROOT / "results" / "rank_by_size.json"
BOOKS = ROOT / "data" / "goodbooks-10k" / "ratings.parquet"
SIZES = (10_000, 20_000, 40_000, 70_000, 100_000, 180_000, 300_000, 500_000, 750_000, 1_000_000)
RANKS = (8, 16, 32, 64)
RANKS_OF_LARGE_PARTS = (16, 32, 64, 96)
LARGE = 250_000
SAMPLES = (10, 20, 30, 40, 60)
SEED = 0


@dataclass(frozen=True)
class Job:
    """One training: a part of a table, a split and a rank."""

    table: str
    part: int
    split: int
    rank: int


def tables(asked: list[str]) -> dict[str, list[Ratings]]:
    """The parts of each table that was asked for."""
    makers = {
        "goodbooks": lambda: parts_of(Ratings.from_parquet(BOOKS, user="user", item="item", rating="rating")),
        "made": lambda: parts_of(
            synthetic(
                users=20_000, items=5_000, ratings=1_000_000, factors=32, scale=(0.5, 5.0, 0.5), seed=SEED
            ).ratings
        ),
        "shipped": lambda: [pt.movielens()],
    }
    return {name: makers[name]() for name in asked or list(makers)}


def parts_of(ratings: Ratings) -> list[Ratings]:
    """Growing parts: the ratings of the first users of a random order."""
    order = np.random.default_rng(SEED).permutation(ratings.n_users)
    place = np.empty(ratings.n_users, np.int64)
    place[order] = np.arange(len(order))
    at = place[ratings.user_numbers]
    filled = np.cumsum(np.bincount(at, minlength=len(order)))
    found = [ratings.take(at <= np.searchsorted(filled, size)) for size in SIZES if size < len(ratings)]
    return [*found, ratings]


def splits(ratings: Ratings) -> int:
    """How often a part is split: a small test needs more repetitions."""
    return int(np.clip(60_000 // len(ratings), 1, 4))


def ranks(ratings: Ratings) -> tuple[int, ...]:
    return RANKS if len(ratings) < LARGE else RANKS_OF_LARGE_PARTS


def threads(ratings: Ratings) -> int:
    return 1 if len(ratings) < 150_000 else 2 if len(ratings) < 400_000 else 4


def cost(ratings: Ratings, rank: int) -> float:
    """What a training costs, in proportion: ratings by K², rows by K³."""
    return len(ratings) * (rank + 20) ** 2 + (ratings.n_users + ratings.n_items) * (rank + 10) ** 3 / 3


def measured(ratings: Ratings, job: Job) -> dict[str, Any]:
    """Train, and measure on the hidden ratings of known users and items."""
    split = pt.split.random(ratings, test=0.1, seed=SEED + job.split)
    test = known_test(split)
    started, used = time.perf_counter(), time.process_time()
    trained = registry.train(split.train, "bayes", seed=SEED, factors=job.rank, use_features=False, validation=test)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    said = predict_numbers(trained, test.user_numbers, test.item_numbers)
    return {
        "rmse": float(np.sqrt(np.mean(np.square(test.values - said.mean)))),
        **{f"rmse {n} samples": trained.history[n - 1]["validation_rmse"] for n in SAMPLES},
        "seconds": round(seconds, 1),
        "processor seconds": round(processor, 1),
        "training rows": len(split.train),
        "users": len(np.unique(split.train.user_numbers)),
        "items": len(np.unique(split.train.item_numbers)),
    }


def known_test(split: Split) -> Ratings:
    """The test rows whose user and item have training rows."""
    known = np.isin(split.test.user_numbers, split.train.user_numbers)
    return split.test.take(known & np.isin(split.test.item_numbers, split.train.item_numbers))


def _work(ratings: Ratings, job: Job, cores: list[int], answer: Connection) -> None:
    os.sched_setaffinity(0, cores)
    answer.send(measured(ratings, job))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    until = time.monotonic() + asked.seconds
    parts = tables(asked.tables)
    known = splits_kept(asked.results)
    jobs = [
        Job(table, at, split, rank)
        for table, found in parts.items()
        for at, part in enumerate(found)
        for split in range(splits(part))
        for rank in ranks(part)
        if known.get((table, len(part), rank)) != splits(part)
    ]
    if not jobs:
        print(f"{asked.results} holds all of it")
        return
    jobs.sort(key=lambda job: -cost(parts[job.table][job.part], job.rank))
    compiled = mp.Process(target=pt.train, args=(parts[jobs[0].table][0], "bayes"), kwargs={"samples": 1, "burn_in": 1})
    compiled.start()
    compiled.join()
    found: dict[Job, dict[str, Any]] = {}
    for job, result in finished(jobs, parts, until):
        found[job] = result
        print(job, result["rmse"], result["seconds"], flush=True)
        write(asked.results, asked.tables, parts, found)


def finished(jobs: list[Job], parts: dict[str, list[Ratings]], until: float) -> Any:
    """Run the jobs side by side, the costly ones first, and yield each with its result."""
    free = sorted(os.sched_getaffinity(0))
    waiting, running = list(jobs), {}
    while (waiting or running) and time.monotonic() < until:
        for job in list(waiting):
            need = min(threads(parts[job.table][job.part]), len(free))
            if need < min(threads(parts[job.table][job.part]), os.cpu_count() or 1):
                break
            cores, free = free[:need], free[need:]
            here, there = mp.Pipe(duplex=False)
            process = mp.Process(target=_work, args=(parts[job.table][job.part], job, cores, there))
            process.start()
            there.close()
            running[here] = (job, process, cores)
            waiting.remove(job)
            if not free:
                break
        for here in wait(list(running), timeout=1.0):
            job, process, cores = running.pop(here)  # type: ignore[index]
            free += cores
            yield job, here.recv()  # type: ignore[union-attr]
            process.join()
    for _, process, _ in running.values():
        process.kill()


def write(results: Path, asked: list[str], parts: dict[str, list[Ratings]], found: dict[Job, dict[str, Any]]) -> None:
    """Add a row for every part and rank to those that the results hold: the means over the splits."""
    kept = _kept(results)
    here = versions(["numpy", "scipy", "numba"])
    kept |= {"command": shlex.join(["python", "benchmarks/rank_by_size.py", *asked]), "seed": SEED}
    kept["versions"][machine()] = ", ".join(f"{name} {number}" for name, number in here.items())
    groups: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for job, result in found.items():
        groups[job.table, job.part, job.rank].append(result)
    rows = {(row["table"], row["size"], row["rank"]): row for row in kept["rows"]}
    for (table, at, rank), results_of in groups.items():
        key = (table, len(parts[table][at]), rank)
        rows[key] = dict(zip(("table", "size", "rank"), key, strict=True)) | means(results_of) | {"machine": machine()}
    kept["rows"] = [rows[key] for key in sorted(rows)]
    results.write_text(json.dumps(kept, indent=1) + "\n")


def _kept(results: Path) -> dict[str, Any]:
    return json.loads(results.read_text()) if results.exists() else {"versions": {}, "rows": []}


def splits_kept(results: Path) -> dict[tuple[str, int, int], int]:
    """How many splits the results hold of a table, a size of it and a rank."""
    return {(row["table"], row["size"], row["rank"]): row["splits"] for row in _kept(results)["rows"]}


def means(results: list[dict[str, Any]]) -> dict[str, Any]:
    """One rank on one part: its training rows, and the mean error and time over the splits."""
    first = results[0]
    names = ("rmse", *(f"rmse {n} samples" for n in SAMPLES), "seconds", "processor seconds")
    return {
        **{name: first[name] for name in ("training rows", "users", "items")},
        "splits": len(results),
        **{name: float(np.mean([one[name] for one in results])) for name in names},
    }


if __name__ == "__main__":
    sys.exit(main())
