"""Are similar items alike? Overlap of genres between a film and its nearest neighbours.

    python benchmarks/neighbours.py

For each model, over the 500 most rated films of the shipped data: the mean Jaccard overlap of a film's genres with
those of its ten nearest neighbours, compared with random pairs of the same films. Models are trained on ids only, so
that genres cannot influence the vectors. Then the twenty nearest neighbours of GoldenEye.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.evaluation.scoring.protocol import versions
from penchant.recommending.neighbours import Neighbourhood
from penchant.recommending.recommender import Recommender, main_model

RESULTS = Path(__file__).parent / "results" / "neighbours.json"
FILMS, NEAREST, GOLDENEYE = 500, 10, 10
SETTINGS: dict[str, dict[str, Any]] = {
    "bayes": {"use_features": False},
    "als": {},
    "implicit_als": {},
    "dot_bias": {},
    "dot": {},
    "net": {},
}


def main() -> None:
    ratings = pt.movielens()
    table = ratings.item_features
    if table is None:
        raise SystemExit("the shipped ratings come with genres")
    genres = [frozenset(one or ()) for one in table.columns["genres"]]
    titles = replace(table, columns={}, kinds={})
    bare = replace(ratings, item_features=titles)
    rows = []
    for name, settings in SETTINGS.items():
        rows.append({"model": name, **overlap(pt.train(bare, name, **settings), ratings, genres)})
        print(rows[-1], flush=True)
    found = {
        "command": shlex.join(["python", *sys.argv]),
        "versions": versions(("numpy", "numba", "torch")),
        "protocol": f"all {len(ratings):,} shipped ratings, seed 0, ids only, defaults",
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def overlap(model: Recommender, ratings: Ratings, genres: list[frozenset[str]]) -> dict[str, Any]:
    """Mean Jaccard overlap of neighbours and of random pairs, their ratio, and GoldenEye's twenty nearest."""
    counts = np.bincount(ratings.item_numbers, minlength=ratings.n_items)
    films = np.argsort(-counts, kind="stable")[:FILMS]
    among = np.zeros(ratings.n_items, bool)
    among[films] = True
    near = Neighbourhood(main_model(model).items)
    found = []
    for film in films:
        allowed = among.copy()
        allowed[film] = False
        best = near.towards(near.directions[film], NEAREST, allowed=allowed).numbers
        found += [_jaccard(genres[film], genres[other]) for other in best]
    pairs = np.random.default_rng(0).choice(films, size=(20_000, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    random = float(np.mean([_jaccard(genres[a], genres[b]) for a, b in pairs]))
    return {
        "overlap of neighbours": round(float(np.mean(found)), 4),
        "of random pairs": round(random, 4),
        "ratio": round(float(np.mean(found)) / random, 3),
        "GoldenEye": list(model.similar_items(GOLDENEYE, 20).titles),
    }


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


if __name__ == "__main__":
    main()
