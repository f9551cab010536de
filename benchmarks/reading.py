"""How long does it take to read 20 million ratings, and how much memory?

    python benchmarks/reading.py [--ratings 20000000]

Makes a world as large as MovieLens 20M (138,000 users, 27,000 items, distinct pairs, power laws), writes it as a CSV
with the columns userId, movieId, rating, timestamp to a temporary folder, reads it in a process of its own and prints
that process's time and peak resident memory. The file was just written, so the disk plays little part.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READ = """
import json, resource, sys, time
from penchant.data.ratings import Ratings
start = time.perf_counter()
ratings = Ratings.from_csv(sys.argv[1])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"ratings": len(ratings), "seconds": round(seconds, 2), "peak_gb": round(peak, 2)}))
"""


def write(path: Path, count: int) -> float:
    """Make the world and its CSV; returns the seconds the making took."""
    import polars as pl

    from penchant.data.synthetic import synthetic

    start = time.perf_counter()
    scale = (0.5, 5.0, 0.5)
    users, items = max(count // 145, 100), max(min(27_000, count // 50), 100)
    made = synthetic(users=users, items=items, ratings=count, factors=16, scale=scale, timestamps=True, seed=0).ratings
    seconds = time.perf_counter() - start
    columns = {"userId": made.user_numbers, "movieId": made.item_numbers, "rating": made.values}
    pl.DataFrame(columns | {"timestamp": made.timestamps}).write_csv(path)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=int, default=20_000_000)
    count = parser.parse_args().ratings
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        made = write(path, count)
        done = subprocess.run([sys.executable, "-c", READ, path], check=True, capture_output=True, text=True)
        figures = json.loads(done.stdout) | {"making_seconds": round(made, 2), "file_mb": path.stat().st_size // 10**6}
    versions = {name: __import__(name).__version__ for name in ("polars", "numpy")}
    print(json.dumps({"question": "reading a CSV", "seed": 0, **figures, "versions": versions}))


if __name__ == "__main__":
    main()
