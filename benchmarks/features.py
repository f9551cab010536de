"""Do genres and years help the gradient models, for films that training knows and for films it does not?

    python benchmarks/features.py

dot_bias and net on the shipped MovieLens, without columns, with a map from columns to rows fitted afterwards (what
`pt.train` does for every model), and with the columns' embeddings learnt together with the rest. Warm: the lesson's
rows. Cold: a tenth of the films hidden whole. Differences in RMSE from the model without columns, negative where they
help, with 95 % bootstrap intervals over users; one seed, default settings.
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
from penchant.evaluation.report.protocol import versions
from penchant.metrics.intervals import UserSums, paired_difference
from penchant.training.feature_maps import with_feature_maps

RESULTS = Path(__file__).parent / "results" / "features.json"
TOGETHER = {"dot_bias": {"use_features": True}, "net": {"feature_factors": 8}}
WITHOUT = {"dot_bias": {"use_features": False}, "net": {"feature_factors": 0}}


def main() -> None:
    ratings = pt.movielens()
    splits = {"warm": pt.split.random(ratings), "cold": pt.split.cold_items(ratings, test=0.1)}
    lines = [line for name in TOGETHER for where, split in splits.items() for line in compared(name, where, split)]
    found = {"command": shlex.join(["python", *sys.argv]), "versions": versions(("numpy", "torch")), "lines": lines}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def compared(name: str, where: str, split: Split) -> list[dict[str, Any]]:
    """One line for each way of using columns, beside the model without them."""
    bare = dataclasses.replace(split.train, item_features=None, user_features=None)
    models = {
        "none": pt.train(bare, name, seed=0),
        "afterwards": pt.Model(with_feature_maps(pt.train(split.train, name, seed=0, **WITHOUT[name]).trained)),
        "together": pt.train(split.train, name, seed=0, **TOGETHER[name]),
    }
    sums = {way: squared_errors(model, split) for way, model in models.items()}
    lines = []
    for way, figure in sums.items():
        gap = paired_difference(figure, sums["none"], rng=np.random.default_rng(0), replicates=1000, level=0.95)
        lines.append({"model": name, "films": where, "columns": way, "rmse": figure.value, "difference": vars(gap)})
        print(lines[-1], flush=True)
    return lines


def squared_errors(model: pt.Model, split: Split) -> UserSums:
    """The squared errors of each test user."""
    test = split.test
    users, items = test.users.take(test.user_numbers), test.items.take(test.item_numbers)
    met = {item: number for number, item in enumerate(model.trained.items.vocabulary.ids.tolist())}
    predicted = model.predict(users, items).mean
    new = np.array([item not in met for item in items.tolist()])
    if new.any() and model.trained.items.maps_features and test.item_features is not None:
        numbers, back = np.unique(test.item_numbers[new], return_inverse=True)
        rows = model.trained.items.new_rows(test.item_features.take(numbers), len(numbers)).take(back)
        known = model.trained.users.rows(model.trained.users.vocabulary.numbers(users[new]))
        predicted[new] = model.trained.clip(model.trained.scorer.pairs(known, rows).mean(axis=0))
    return UserSums.pooled((predicted - test.values) ** 2, test.user_numbers, len(test.users), link="root")


if __name__ == "__main__":
    main()
