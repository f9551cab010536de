"""Do genres and years help the gradient models, for known films and for new films?

    python benchmarks/features.py

dot_bias and net on the shipped MovieLens: without features; with a feature map fitted after training, as `pt.train`
does for every model; and with feature embeddings trained jointly. Warm: the lesson's split. Cold: all ratings of a
tenth of the films hidden. Differences in RMSE from the model without features (negative: features help) with 95 %
bootstrap intervals over users; one seed, default settings.
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.splitting import Split
from penchant.evaluation.scoring.protocol import versions
from penchant.metrics.intervals import UserSums, paired_difference
from penchant.recommending.recommender import main_model
from penchant.training.feature_maps import with_feature_maps

RESULTS = Path(__file__).parent / "results" / "features.json"
JOINTLY = {"dot_bias": {"use_features": True}, "net": {"feature_factors": 8}}
AFTERWARDS = {"dot_bias": {"use_features": False}, "net": {"feature_factors": 0}}


def main() -> None:
    ratings = pt.movielens()
    splits = {"warm": pt.split.random(ratings), "cold": pt.split.cold_items(ratings, test=0.1)}
    rows = [row for name in JOINTLY for where, split in splits.items() for row in compared(name, where, split)]
    found = {"command": shlex.join(["python", *sys.argv]), "versions": versions(("numpy", "torch")), "rows": rows}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def compared(name: str, where: str, split: Split) -> list[dict[str, Any]]:
    """One row for each use of features, compared with the model without them."""
    bare = dataclasses.replace(split.train, item_features=None, user_features=None)
    models = {
        "none": pt.train(bare, name, seed=0),
        "afterwards": pt.Recommender.of(
            with_feature_maps(main_model(pt.train(split.train, name, seed=0, **AFTERWARDS[name])))
        ),
        "jointly": pt.train(split.train, name, seed=0, **JOINTLY[name]),
    }
    sums = {use: squared_errors(model, split) for use, model in models.items()}
    rows = []
    for use, metric in sums.items():
        gap = paired_difference(metric, sums["none"], rng=np.random.default_rng(0), replicates=1000, level=0.95)
        rows.append({"model": name, "films": where, "features": use, "rmse": metric.value, "difference": vars(gap)})
        print(rows[-1], flush=True)
    return rows


def squared_errors(model: pt.Recommender, split: Split) -> UserSums:
    """Squared errors by test user."""
    test = split.test
    users, items = test.users.take(test.user_numbers), test.items.take(test.item_numbers)
    known_items = {item: number for number, item in enumerate(main_model(model).items.vocabulary.ids.tolist())}
    predicted = model.predict(users, items).mean
    new = np.array([item not in known_items for item in items.tolist()])
    if new.any() and main_model(model).items.maps_features and test.item_features is not None:
        numbers, back = np.unique(test.item_numbers[new], return_inverse=True)
        rows = main_model(model).items.new_rows(test.item_features.take(numbers), len(numbers)).take(back)
        known = main_model(model).users.rows(main_model(model).users.vocabulary.numbers(users[new]))
        predicted[new] = main_model(model).clip(main_model(model).scorer.pairs(known, rows).mean(axis=0))
    return UserSums.pooled((predicted - test.values) ** 2, test.user_numbers, len(test.users), link="root")


if __name__ == "__main__":
    main()
