"""How fast are top-N lists and fold-in, and how much memory do they need?

    python benchmarks/lists.py            # with implicit 0.7.3 (environment: external/README.md)

Four parts, the first three on synthetic models with random rows, since speed does not depend on the values:
new_user: fold in 20 ratings, then the top 10 of 10,000 items, through the public API, one call at a time;
all: the top 10 unseen items of 6,040 users among 3,706, 64 factors, both libraries in turn, best of 7 runs;
many: 138,000 users with 20 million ratings among 27,000 items, streamed to Parquet, in a separate process;
whole_table: the default, trained on the shipped ratings: mean and spread of all 6 million pairs, beside the same from
gathered rows (100,000 pairs of them), and the lists of all users by choice and by both questions, best of 3 runs.
Both sides get the same factors and the same seen items. Compilation and imports are not timed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.interactions import Interactions
from penchant.data.ratings import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.evaluation.scoring.protocol import versions
from penchant.foundations.threads import limit_blas
from penchant.models.pair_predictions import score_pairs
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender, main_model

RESULTS = Path(__file__).parent / "results" / "lists.json"
SEED, RUNS, CALLS = 0, 7, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--part", choices=("new_user", "all", "many", "whole_table"), help="one part, without writing results"
    )
    asked = parser.parse_args()
    parts: dict[str, Callable[[], Any]] = {
        "new_user": new_users,
        "all": all_users,
        "many": many_users,
        "whole_table": whole_table,
    }
    if asked.part:
        print(json.dumps(parts[asked.part]()))
        return
    found = {
        "command": shlex.join(["python", *sys.argv]),
        "versions": versions(("numpy", "scipy", "numba", "polars", "implicit")),
        "protocol": f"synthetic rows, seed {SEED}; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at the start",
        **{name: _separately(name) for name in parts},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def _separately(part: str) -> Any:
    """One part in a separate process, so that its memory is measured alone."""
    done = subprocess.run([sys.executable, __file__, "--part", part], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


# --- the parts ----------------------------------------------------------------------------------------------------


def new_users() -> list[dict[str, Any]]:
    """Milliseconds of one fold-in and of one list after it, by wall clock and by this thread's processor time."""
    rows = []
    for samples, factors in ((1, 64), (32, 16)):
        rng = np.random.default_rng(SEED)
        model = made(rng, users=100, items=10_000, ratings=20, factors=factors, samples=samples)
        given = dict(zip(rng.choice(10_000, 20, replace=False).tolist(), rng.integers(1, 6, 20).tolist(), strict=True))
        folded = model.fold_in(given)
        rows.append(
            {
                "samples": samples,
                "factors": factors,
                "fold-in of 20 ratings": _quantiles(lambda model=model, given=given: model.fold_in(given)),
                "ten of 10,000 items": _quantiles(lambda folded=folded: folded.recommend(10)),
            }
        )
    return rows


def all_users() -> dict[str, Any]:
    """Users per second of both libraries, and the share of equal items in their lists."""
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    model = made(np.random.default_rng(SEED), users=6_040, items=3_706, ratings=165, factors=64, biased=False)
    trained, seen = main_model(model), main_model(model).interactions
    external = AlternatingLeastSquares(factors=64)
    external.user_factors, external.item_factors = trained.users.vectors[0], trained.items.vectors[0]
    rated = csr_matrix((seen.values, seen.items, seen.starts), shape=(6_040, 3_706))
    everyone = np.arange(6_040)

    def theirs() -> Any:
        with limit_blas(1):
            return external.recommend(everyone, rated, N=10, filter_already_liked_items=True)[0]

    def ours() -> Any:
        return model.recommend_many(None, 10)

    best = {"penchant": np.inf, "implicit": np.inf}
    for _ in range(RUNS):
        best = {name: min(best[name], _seconds(run)) for name, run in (("penchant", ours), ("implicit", theirs))}
    same = np.mean(ours()["item"].to_numpy().reshape(6_040, 10) == theirs())
    rates = {name: round(6_040 / seconds) for name, seconds in best.items()}
    return {"users per second": rates, "ratio": rates["penchant"] / rates["implicit"], "same items": float(same)}


def many_users() -> dict[str, Any]:
    """Users per second and peak memory of the process, the model included."""
    model = made(np.random.default_rng(SEED), users=138_000, items=27_000, ratings=145, factors=64)
    before = _megabytes()
    model.recommend_many([0], 10)
    with tempfile.TemporaryDirectory() as folder:
        seconds = _seconds(lambda: model.recommend_many(None, 10, to=Path(folder) / "lists.parquet"))
        size = (Path(folder) / "lists.parquet").stat().st_size
    return {
        "users per second": round(138_000 / seconds),
        "peak MB": _megabytes(),
        "of which before the lists MB": before,
        "file MB": round(size / 1e6),
    }


# --- synthetic models ------------------------------------------------------------------------------------------------


def whole_table() -> dict[str, Any]:
    """The default's predictions for every pair, and its lists for every user."""
    model = pt.train(pt.movielens(), seed=SEED)
    trained = main_model(model)
    users, items = (np.arange(len(side)) for side in (trained.users, trained.items))
    pairs = np.repeat(users, len(items)), np.tile(items, len(users))
    some = np.random.default_rng(SEED).permutation(len(pairs[0]))[:100_000]
    gathered = [(trained.users.rows(u), trained.items.rows(i)) for u, i in _thousands(*(side[some] for side in pairs))]
    predict_numbers(trained, *(side[:10] for side in pairs))
    whole = min(_seconds(lambda: predict_numbers(trained, *pairs)) for _ in range(3))
    by_rows = min(_seconds(lambda: [score_pairs(trained, u, i) for u, i in gathered]) for _ in range(3))
    ids = list(trained.users.vocabulary.ids)
    per_second = {}
    for by in ("choice", "combined", "rating"):
        model.recommend_many(ids[:20], 10, by=by)
        per_second[by] = round(
            len(ids) / min(_seconds(lambda by=by: model.recommend_many(ids, 10, by=by)) for _ in range(3))
        )
    return {
        "pairs": len(pairs[0]),
        "samples": trained.samples,
        "factors": trained.users.factors,
        "seconds for all pairs": round(whole, 2),
        "microseconds a pair": round(1e6 * whole / len(pairs[0]), 2),
        "microseconds a pair from rows gathered before": round(1e6 * by_rows / len(some), 2),
        "lists of ten, users per second": per_second,
        "combined over choice": round(per_second["combined"] / per_second["choice"], 2),
    }


def _thousands(users: Any, items: Any) -> Any:
    for start in range(0, len(users), 1000):
        yield users[start : start + 1000], items[start : start + 1000]


def made(
    rng: np.random.Generator,
    *,
    users: int,
    items: int,
    ratings: int,
    factors: int,
    samples: int = 1,
    biased: bool = True,
) -> Recommender:
    """A model of random rows whose every user has about `ratings` ratings."""
    numbers = np.sort(rng.integers(0, items, size=(users, ratings), dtype=np.int32), axis=1)
    fresh = np.diff(numbers, axis=1, prepend=-1) > 0
    starts = np.concatenate([[0], np.cumsum(fresh.sum(axis=1))]).astype(np.int64)
    rated = numbers[fresh]
    values = rng.integers(1, 6, len(rated)).astype(np.float32)
    known = Interactions(starts, rated, values)
    counts = [np.diff(starts).astype(np.int32), np.ones(items, np.int32)]
    sides = [
        _side(rng, size, factors, samples, biased, count) for size, count in zip((users, items), counts, strict=True)
    ]
    mean, noise = np.full(samples, 3.5 * biased, np.float32), np.full(samples, 0.9, np.float32)
    return Recommender.of(TrainedModel("made", {}, DotScorer(mean), sides[0], sides[1], noise, Scale(1, 5, 1), known))


def _side(
    rng: np.random.Generator, size: int, factors: int, samples: int, biased: bool, counts: np.ndarray[Any, Any]
) -> Side:
    bias = 0.3 * biased * rng.standard_normal((samples, size), dtype=np.float32)
    vectors = rng.standard_normal((samples, size, factors), dtype=np.float32) / np.float32(np.sqrt(factors))
    return Side(Vocabulary(np.arange(size)), bias, vectors, counts, flat_prior(samples, factors, 5.0))


# --- clocks -------------------------------------------------------------------------------------------------------


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _quantiles(run: Callable[[], Any]) -> dict[str, float]:
    """Milliseconds of many calls: median and 99th percentile."""
    walls, busy = [], []
    for _ in range(CALLS + 20):
        wall, own = time.perf_counter(), time.thread_time()
        run()
        walls.append(time.perf_counter() - wall)
        busy.append(time.thread_time() - own)
    metrics = {"wall": walls[20:], "processor": busy[20:]}
    return {
        f"{name} ms p{q}": round(1000 * float(np.percentile(times, q)), 3)
        for name, times in metrics.items()
        for q in (50, 99)
    }


def _megabytes() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    main()
