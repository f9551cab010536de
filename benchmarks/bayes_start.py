"""From how large rows should the chain of `bayes` start? RMSE on held-out training rows of three tables.

    python benchmarks/bayes_start.py

lesson: the training rows of the lesson's split, with genres, years and histories. goodbooks: the ratings of random
readers, about 20,000 and 180,000 of them. made: a synthetic table of 20,000 users and 5,000 items, about 70,000 ratings
of it. Each is split again, 90 % for training; other rows are not used. 16 factors and the default number of sweeps.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.recommending.predictions import predict_numbers
from penchant.training import registry
from penchant.training.bayes import sampled_side
from rank_by_size import known_test, tables

RESULTS = Path(__file__).parent / "results" / "bayes_start.json"
STARTS = (0.1, 0.2, 0.3, 0.45)
SPLITS, SEED, FACTORS = 2, 100, 16


def parts() -> dict[str, tuple[Ratings, bool]]:
    """By name, a table and whether its features are used."""
    grown = tables(["goodbooks", "made"])
    return {
        "lesson": (pt.split.random(pt.movielens(), test=0.2, seed=42).train, True),
        "goodbooks, about 20,000": (grown["goodbooks"][1], False),
        "goodbooks, about 180,000": (grown["goodbooks"][5], False),
        "made, about 70,000": (grown["made"][3], False),
    }


def measured(ratings: Ratings, use_features: bool, start: float) -> list[float]:
    """The RMSE on each split, with rows of standard deviation `start` at the start of the chain."""
    before, sampled_side.START = sampled_side.START, start
    errors = []
    for number in range(SPLITS):
        split = pt.split.random(ratings, test=0.1, seed=SEED + number)
        test = known_test(split)
        trained = registry.train(split.train, "bayes", seed=number, factors=FACTORS, use_features=use_features)
        said = predict_numbers(trained, test.user_numbers, test.item_numbers)
        errors.append(float(np.sqrt(np.mean(np.square(test.values - said.mean)))))
    sampled_side.START = before
    return errors


def main() -> None:
    found: dict[str, Any] = {
        "command": "python benchmarks/bayes_start.py",
        "machine": machine(),
        "versions": versions(["numpy", "scipy", "numba"]),
        "seed": SEED,
        "rmse": {},
    }
    for name, (ratings, use_features) in parts().items():
        found["rmse"][name] = []
        for start in STARTS:
            errors = measured(ratings, use_features, start)
            found["rmse"][name].append({"start": start, "mean": float(np.mean(errors)), "splits": errors})
            print(name, found["rmse"][name][-1], flush=True)
            RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
