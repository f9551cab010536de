"""Choice models beside rusket and implicit: EASE's processor time and lists, and the loss of implicit ALS for its time.

    PYTHONPATH=src python benchmarks/choice_models.py [part ...]     # parts: ease implicit_als held_out large

The parts `ease` and `implicit_als` need an environment with rusket 0.1.101 and implicit 0.7.3.

All sides run in one process, one after the other, on the same positive interactions. Time is processor time of all
threads. The first run of each function of ours compiles and is not timed.
EASE: shipped ratings, random 80/20 rows, NDCG@10 of held-out items among all items not given; the penalty that our
choice on training rows finds is used by both sides; our time is given with and without that choice.
Implicit ALS: a made power-law table; the loss is that of `als.py`, in the form of Hu et al. 2008 with alpha 1. Each
library trains for its number of iterations; ours gets as many epochs as fit into the time of the faster of the two.
Held out: shipped ratings, and 12,000 users of goodbooks; 20 % of the users, at most 2,000, are hidden, 85 % of their
items are given; NDCG@100 of ease, sparse_ease and elsa with their default settings.
Large: a made table of 100,000 items and 2,000,000 interactions; seconds and peak memory of a process that trains.
"""

from __future__ import annotations

import argparse
import json
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix

from als import loss
from list_models import history_scores
from penchant.data.movielens import movielens
from penchant.data.ratings import Ratings
from penchant.data.splitting import random
from penchant.data.synthetic import synthetic
from penchant.evaluation.scoring.protocol import versions
from penchant.foundations.threads import limit_blas
from penchant.models.trained import Feedback, TrainedModel
from penchant.training.held_out import held_out_entries, held_out_ndcg
from penchant.training.linear.history_sides import positive_matrix
from penchant.training.registry import train

RESULTS = Path(__file__).parent / "results" / "choice_models.json"
BOOKS = Path(__file__).parent / "data" / "goodbooks-10k" / "ratings.parquet"
FACTORS, REGULARIZATION, ITERATIONS = 64, 10.0, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help="the parts to run; others keep their results")
    parser.add_argument("--train", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.train:
        return train_large(asked.train)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    found |= {
        "command": shlex.join(["python", *sys.argv]),
        "versions": versions(("numpy", "scipy", "numba", "implicit", "rusket")),
        "protocol": __doc__,
    }
    for part in asked.parts:
        found[part] = PARTS[part]()
        print(part, found[part], flush=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    return None


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of all threads, and the result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def ease_beside_rusket(ratings: Ratings) -> dict[str, Any]:
    import rusket

    split = random(ratings, test=0.2, seed=42)
    X, held = table(split.train), table(split.test, split.train)
    train(split.train, "ease")
    whole, ours = timed(lambda: train(split.train, "ease"))
    penalty = ours.facts["regularization"]
    alone, ours = timed(lambda: train(split.train, "ease", regularization=penalty))
    theirs_seconds, theirs = timed(lambda: rusket.EASE(regularization=penalty).fit(csr_matrix(X)))
    users = np.flatnonzero(np.diff(held.indptr))
    weights = np.asarray(theirs.item_factors)
    return {
        "penalty": penalty, "ours_seconds": alone, "ours_seconds_with_choice": whole, "rusket_seconds": theirs_seconds,
        "ours_ndcg@10": held_out_ndcg(scores(ours, users), X[users], held[users]),
        "rusket_ndcg@10": held_out_ndcg(np.asarray(X[users] @ weights), X[users], held[users])
        if weights.shape == (X.shape[1],) * 2 else None,
    }  # fmt: skip


def table(ratings: Ratings, like: Ratings | None = None) -> Any:
    """Ones for interactions, (U, I), of users and items that `like` knows."""
    like = like or ratings
    known = (ratings.user_numbers < like.n_users) & (ratings.item_numbers < like.n_items)
    places = (ratings.user_numbers[known], ratings.item_numbers[known])
    return csr_array((np.ones(known.sum(), np.float32), places), shape=(like.n_users, like.n_items))


def scores(trained: TrainedModel, users: np.ndarray) -> np.ndarray:
    return trained.scorer.all_items(trained.users.rows(users), trained.items.all_rows())


def als_beside_others(ratings: Ratings) -> dict[str, Any]:
    import rusket
    from implicit.als import AlternatingLeastSquares

    X = csr_matrix(table(ratings))
    options: dict[str, Any] = {"factors": FACTORS, "regularization": REGULARIZATION, "regularization_power": 0.0}
    options |= {"unobserved_weight": 1.0, "form": "hu"}
    train(ratings, "implicit_als", epochs=1, **options)
    with limit_blas():
        implicit = AlternatingLeastSquares(
            factors=FACTORS, regularization=REGULARIZATION, alpha=1.0, iterations=ITERATIONS, random_state=0
        )
        implicit_seconds, _ = timed(lambda: implicit.fit(X * 2, show_progress=False))
    other = rusket.ALS(
        factors=FACTORS, regularization=REGULARIZATION, alpha=1.0, iterations=ITERATIONS, seed=0, anderson_m=5
    )
    rusket_seconds, _ = timed(lambda: other.fit(X))
    ours = []
    for epochs in range(1, 12):
        seconds, model = timed(lambda epochs=epochs: train(ratings, "implicit_als", epochs=epochs, **options))
        ours.append(
            {"epochs": epochs, "seconds": seconds, "loss": loss(X, model.users.vectors[0], model.items.vectors[0])}
        )
        if seconds > min(implicit_seconds, rusket_seconds):
            break
    return {
        "factors": FACTORS, "ours": ours,
        "implicit": {"iterations": ITERATIONS, "seconds": implicit_seconds,
                     "loss": loss(X, implicit.user_factors, implicit.item_factors)},
        "rusket": {"iterations": ITERATIONS, "seconds": rusket_seconds,
                   "loss": loss(X, np.asarray(other.user_factors), np.asarray(other.item_factors))},
    }  # fmt: skip


def held_out() -> dict[str, Any]:
    return {"shipped": held_out_users(movielens()), "goodbooks": held_out_users(goodbooks())}


def goodbooks() -> Ratings:
    ratings = Ratings.from_parquet(BOOKS, user="user", item="item", rating="rating")
    chosen = np.random.default_rng(0).permutation(ratings.n_users)[:12_000]
    return ratings.take(np.isin(ratings.user_numbers, chosen))


def held_out_users(ratings: Ratings) -> dict[str, Any]:
    hidden = np.zeros(ratings.n_users, bool)
    hidden[np.random.default_rng(3).permutation(ratings.n_users)[: min(ratings.n_users // 5, 2_000)]] = True
    rows = hidden[ratings.user_numbers]
    known = ratings.take(np.flatnonzero(~rows))
    X = positive_matrix(ratings.take(np.flatnonzero(rows)), Feedback())
    out = held_out_entries(X.indptr, np.random.default_rng(0))
    owners = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    given, held = (csr_array((X.data[at], (owners[at], X.indices[at])), shape=X.shape) for at in (~out, out))
    asked = np.flatnonzero((np.diff(held.indptr) > 0) & (np.diff(given.indptr) > 0))
    given, held = given[asked], held[asked]
    line: dict[str, Any] = {"users": len(asked), "trained on": len(known)}
    for model in ("ease", "sparse_ease", "elsa"):
        seconds, trained = timed(lambda model=model: train(known, model))
        found = [one for first in range(0, len(asked), 200) for one in ndcgs(trained, given, held, first)]
        line[model] = {"seconds": seconds, "ndcg@100": float(np.mean(found))} | dict(trained.facts)
        print(model, line[model], flush=True)
    return line


def ndcgs(trained: TrainedModel, given: Any, held: Any, first: int) -> list[float]:
    """The NDCG@100 of 200 users from the first on."""
    some = slice(first, first + 200)
    table_of = history_scores(trained, given[some])
    count = table_of.shape[0]
    return [held_out_ndcg(table_of[at : at + 1], given[some][[at]], held[some][[at]], 100) for at in range(count)]


def large() -> dict[str, Any]:
    return {model: json.loads(subprocess.run(
        [sys.executable, __file__, "--train", model], check=True, capture_output=True, text=True,
    ).stdout) for model in ("sparse_ease", "elsa")}  # fmt: skip


def train_large(model: str) -> None:
    ratings = synthetic(users=200_000, items=100_000, ratings=2_000_000, seed=0).ratings
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    seconds, _ = timed(lambda: train(ratings, model))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = {"interactions": len(ratings), "items rated": len(np.unique(ratings.item_numbers)), "cpu seconds": seconds}
    found |= {"seconds": time.perf_counter() - started, "peak MB": peak / 1024, "MB before training": before / 1024}
    print(json.dumps(found))


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "ease": lambda: ease_beside_rusket(movielens()),
    "implicit_als": lambda: als_beside_others(synthetic(users=6_040, items=3_706, ratings=1_000_000, seed=0).ratings),
    "held_out": held_out,
    "large": large,
}


if __name__ == "__main__":
    main()
