"""How long does it take to read 20 million ratings from a CSV, and how much memory?

    python benchmarks/reading.py [--ratings 20000000]

Makes synthetic ratings as large as MovieLens 20M (138,000 users, 27,000 items, distinct pairs, power laws) and writes
them as CSV files with the columns userId, movieId, rating, timestamp: once with integer ids, once with UUIDs for users.
A separate process reads each file and reports its time and peak resident memory. The files have just been written, so
they are read from the page cache.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np
import polars as pl

from penchant.data.synthetic import synthetic
from penchant.evaluation.scoring.protocol import machine, versions

OUT = Path(__file__).parent / "results" / "reading.json"
READ = """
import json, resource, sys, time
from penchant.data.ratings import Ratings
start = time.perf_counter()
ratings = Ratings.from_csv(sys.argv[1])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"seconds": round(seconds, 1), "peak GB": round(peak, 2)}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=int, default=20_000_000)
    count = parser.parse_args().ratings
    start = time.perf_counter()
    table, users = made(count)
    making = round(time.perf_counter() - start, 1)
    found = {
        "question": f"How long does reading {count:,} ratings from a CSV take, and how much memory?",
        "command": shlex.join(["python", *sys.argv]),
        "protocol": f"ratings of {users:,} synthetic users, seed 0, each read in a separate process; {machine()}",
        "versions": versions(("polars", "numpy")),
        "synthesis": {"seconds": making},
        "integer ids": read(table),
        "UUIDs as user ids": read(table.with_columns(uuids(users).gather(table["userId"]).alias("userId"))),
    }
    print(json.dumps(found, indent=1))
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def made(count: int) -> tuple[pl.DataFrame, int]:
    """The ratings as a table, and the number of users."""
    users, items = max(count // 145, 100), max(min(27_000, count // 50), 100)
    world = synthetic(
        users=users, items=items, ratings=count, factors=16, scale=(0.5, 5.0, 0.5), timestamps=True, seed=0
    ).ratings
    columns = {"userId": world.user_numbers, "movieId": world.item_numbers, "rating": world.values}
    return pl.DataFrame(columns | {"timestamp": world.timestamps}), users


def uuids(count: int) -> pl.Series:
    halves = np.random.default_rng(0).integers(1, 2**62, (count, 2)).tolist()
    return pl.Series([str(uuid.UUID(int=high << 64 | low)) for high, low in halves])


def read(table: pl.DataFrame) -> dict[str, float]:
    """Write the table, read it in a separate process, and return its time and memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        table.write_csv(path)
        done = subprocess.run([sys.executable, "-c", READ, path], check=True, capture_output=True, text=True)
        metrics: dict[str, float] = json.loads(done.stdout)
        return metrics | {"file MB": path.stat().st_size // 10**6}


if __name__ == "__main__":
    main()
