"""How long does it take to read 20 million ratings from a CSV, and how much memory?

    python benchmarks/reading.py [--ratings 20000000]

Makes a world as large as MovieLens 20M (138,000 users, 27,000 items, distinct pairs, power laws) and writes it as CSV
files with the columns userId, movieId, rating, timestamp: once with whole numbers as ids, once with UUIDs for users. A
process of its own reads each and tells its time and its highest resident memory. The files were just written, so the
disk plays little part.
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
    told = {
        "question": f"How long does reading {count:,} ratings from a CSV take, and how much memory?",
        "command": shlex.join(["python", *sys.argv]),
        "protocol": f"made ratings of {users:,} users, seed 0, one reading in a process of its own; {machine()}",
        "versions": versions(("polars", "numpy")),
        "making them": {"seconds": making},
        "whole numbers as ids": read(table),
        "UUIDs as user ids": read(table.with_columns(uuids(users).gather(table["userId"]).alias("userId"))),
    }
    print(json.dumps(told, indent=1))
    OUT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def made(count: int) -> tuple[pl.DataFrame, int]:
    """The ratings as a table, and how many users there are."""
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
    """Write the table, have it read, and hand on what the reader tells."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        table.write_csv(path)
        done = subprocess.run([sys.executable, "-c", READ, path], check=True, capture_output=True, text=True)
        metrics: dict[str, float] = json.loads(done.stdout)
        return metrics | {"file MB": path.stat().st_size // 10**6}


if __name__ == "__main__":
    main()
