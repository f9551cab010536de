"""The rank of `bayes` by the size of the table: RMSE and seconds of several ranks on growing parts of two tables.

    python benchmarks/rank_by_size.py [goodbooks] [made] [shipped]

goodbooks: the ratings of a growing random set of users. made: a synthetic table of 20,000 users and 5,000 items with 32
factors, cut in the same way. shipped: the whole shipped table. Each part is split once at random, 90 % for training and
10 % for the test, ids only; every rank trains on the same rows from the same seed. A rule for the rank is chosen on one
table and checked on the other.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.data.synthetic import synthetic
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.recommending.predictions import predict_numbers
from penchant.training import registry

ROOT = Path(__file__).parent
RESULTS = ROOT / "results" / "rank_by_size.json"
BOOKS = ROOT / "data" / "goodbooks-10k" / "ratings.parquet"
SIZES = (10_000, 20_000, 40_000, 70_000, 100_000, 180_000, 300_000, 500_000, 750_000, 1_000_000)
RANKS = (4, 8, 16, 24, 32, 48, 64)
SEED = 0


def tables() -> dict[str, Any]:
    return {
        "goodbooks": lambda: parts_of(Ratings.from_parquet(BOOKS, user="user", item="item", rating="rating")),
        "made": lambda: parts_of(
            synthetic(
                users=20_000, items=5_000, ratings=1_000_000, factors=32, scale=(0.5, 5.0, 0.5), seed=SEED
            ).ratings
        ),
        "shipped": lambda: [pt.movielens()],
    }


def parts_of(ratings: Ratings) -> list[Ratings]:
    """Growing parts: the ratings of the first users of a random order."""
    order = np.random.default_rng(SEED).permutation(ratings.n_users)
    place = np.empty(ratings.n_users, np.int64)
    place[order] = np.arange(len(order))
    at = place[ratings.user_numbers]
    filled = np.cumsum(np.bincount(at, minlength=len(order)))
    found = [ratings.take(at <= np.searchsorted(filled, size)) for size in SIZES if size < len(ratings)]
    return [*found, ratings]


def measured(ratings: Ratings) -> dict[str, Any]:
    split = pt.split.random(ratings, test=0.1, seed=SEED)
    rows: dict[str, Any] = {}
    for rank in RANKS:
        started = time.perf_counter()
        trained = registry.train(split.train, "bayes", seed=SEED, factors=rank, use_features=False)
        seconds = time.perf_counter() - started
        known = (split.test.user_numbers < len(trained.users)) & (split.test.item_numbers < len(trained.items))
        test = split.test.take(known)
        said = predict_numbers(trained, test.user_numbers, test.item_numbers)
        error = float(np.sqrt(np.mean(np.square(test.values - said.mean))))
        rows[str(rank)] = {"rmse": error, "seconds": seconds}
        print(len(ratings), rank, rows[str(rank)], flush=True)
    return {"ratings": len(split.train), "users": split.train.n_users, "items": split.train.n_items, "ranks": rows}


def main() -> None:
    asked = sys.argv[1:] or list(tables())
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found["command"] = shlex.join(["python", "benchmarks/rank_by_size.py", *asked])
    found["seed"] = SEED
    for name in asked:
        parts: list[dict[str, Any]] = []
        found[name] = {"machine": machine(), "versions": versions(["numpy", "scipy", "numba"]), "parts": parts}
        for part in tables()[name]():
            parts.append(measured(part))
            RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
