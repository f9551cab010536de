"""How long do all ranking metrics take over 6,040 users and 3,706 items, every item ranked?

    python benchmarks/full_ranking.py

Scores are a matrix product of 64 factors, computed in blocks of users. After one warm-up run, the minimum, median and
maximum of five runs are reported; computing the scores is included.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from penchant.evaluation.comparison.resource_usage import ResourceUsage
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.metrics import beyond_accuracy, ranking
from penchant.metrics.full_ranking import ItemSets, rank_items

USERS, ITEMS, RATINGS, FACTORS, K = 6_040, 3_706, 1_000_000, 64, 10
OUT = Path(__file__).parent / "results" / "full-ranking.json"


def main() -> None:
    world = _world(np.random.default_rng(0))
    with ResourceUsage() as usage:
        _all_metrics(*world)
    seconds = sorted(_timed(world) for _ in range(5))
    found = {
        "question": f"How long do all ranking metrics take, {USERS:,} users by {ITEMS:,} items?",
        "command": shlex.join(["python", *sys.argv]),
        "protocol": f"{RATINGS:,} random pairs, a fifth of them relevant, full ranking, k = {K}, seed 0; {machine()}",
        "versions": versions(("numpy",)),
        "seconds": {"minimum": seconds[0], "median": seconds[2], "maximum": seconds[-1]},
        "megabytes": usage.megabytes,
    }
    print(json.dumps(found, indent=1))
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _world(rng: np.random.Generator) -> tuple[Any, ...]:
    users, items = (rng.normal(size=(n, FACTORS)).astype(np.float32) for n in (USERS, ITEMS))
    cells = rng.choice(USERS * ITEMS, size=RATINGS, replace=False)
    hidden = rng.random(RATINGS) < 0.2
    sets = [ItemSets.build(cells[rows] // ITEMS, cells[rows] % ITEMS, USERS)[0] for rows in (hidden, ~hidden)]
    return users, items, *sets, np.bincount(cells[~hidden] % ITEMS, minlength=ITEMS)


def _all_metrics(users: Any, items: Any, relevant: ItemSets, rated: ItemSets, counts: Any) -> dict[str, float]:
    ranks = rank_items(lambda u: users[u] @ items.T, np.arange(USERS), relevant=relevant, excluded=rated, depth=K)
    found = {name: float(metric(ranks, K).mean()) for name, metric in ranking.AT_K.items()}
    return found | {
        "auc": float(ranking.auc(ranks).mean()),
        "coverage": beyond_accuracy.catalogue_coverage(ranks.top, ITEMS),
        "gini": beyond_accuracy.gini(ranks.top, ITEMS),
        "novelty": float(beyond_accuracy.novelty(ranks.top, counts, USERS).mean()),
        "diversity": float(beyond_accuracy.intra_list_diversity(ranks.top, items).mean()),
    }


def _timed(world: tuple[Any, ...]) -> float:
    started = time.perf_counter()
    _all_metrics(*world)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
