"""How many sweeps of `bayes` from one kept sample to the next?

    python benchmarks/sweeps.py

RMSE and processor seconds of 60 samples with 2, 4 and 8 sweeps from one to the next, means over two seeds. The tables
are parts of goodbooks and of a synthetic table (see `rank_by_size.py`), and the training rows of the lesson's split;
each is split at random, 90 % for training and 10 % for the test. Ids only.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.protocol import machine, versions
from rank_by_size import known_test, tables

RESULTS = Path(__file__).parent / "results" / "sweeps.json"
PARTS = {"goodbooks": (2, 4), "made": (2, 3, 4)}
THIN, SEEDS = (2, 4, 8), (0, 1)


def main() -> None:
    lesson = pt.split.random(pt.movielens(), test=0.2, seed=42).train
    parts = {"lesson": [replace(lesson, item_features=None)]}
    for name, found in tables(list(PARTS)).items():
        parts[name] = [found[at] for at in PARTS[name]]
    rows = []
    for name, found in parts.items():
        for ratings in found:
            rows.append({"table": name, **measured(ratings)})
            print(rows[-1], flush=True)
            RESULTS.write_text(json.dumps({
                "command": "python benchmarks/sweeps.py", "protocol": " ".join((__doc__ or "").split()),
                "versions": versions(("numpy", "scipy", "numba")), "machine": machine(), "seeds": SEEDS, "rows": rows,
            }, indent=1) + "\n")  # fmt: skip


def measured(ratings: Ratings) -> dict[str, Any]:
    """RMSE and processor seconds by the sweeps from one sample to the next."""
    split = pt.split.random(ratings, test=0.1, seed=0)
    test, found = known_test(split), {}
    for thin in THIN:
        errors, started = [], time.process_time()
        for seed in SEEDS:
            model = pt.train(split.train, "bayes", seed=seed, thin=thin)
            said = model.predict(test.users.ids[test.user_numbers], test.items.ids[test.item_numbers]).mean
            errors.append(float(np.sqrt(np.mean(np.square(test.values - said)))))
        seconds = (time.process_time() - started) / len(SEEDS)
        found[str(thin)] = {"rmse": float(np.mean(errors)), "processor_seconds": round(seconds, 1)}
    rows = sum(len(np.unique(column)) for column in (split.train.user_numbers, split.train.item_numbers))
    return {"ratings": len(split.train), "users and items": rows, "by_thin": found}


if __name__ == "__main__":
    main()
