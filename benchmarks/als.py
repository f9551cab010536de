"""ALS: seconds for each epoch and the final loss, compared with implicit; and how the time grows with the ratings.

    python benchmarks/als.py              # with implicit 0.7.3 (see external/libraries.txt), then 1M to 20M ratings
    python benchmarks/als.py --quick      # the comparison alone

Both sides run in one process on the same positive interactions, with the same factors, regularization and number of
epochs. The first epoch of each is not timed; ours compiles in it. implicit is limited to one BLAS thread, as its
authors advise. The loss is implicit's, for both: Σ 2 (1 - s)² over positive pairs + Σ s² over other pairs + λ (Σ|p|² +
Σ|q|²).
"""

from __future__ import annotations

import argparse
import json
import resource
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.synthetic import synthetic
from penchant.evaluation.scoring.protocol import versions
from penchant.foundations.threads import limit_blas
from penchant.models.trained import TrainedModel
from penchant.training.registry import train

RESULTS = Path(__file__).parent / "results" / "als.json"
USERS, ITEMS, REGULARIZATION, EPOCHS = 6_040, 3_706, 10.0, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the growth from 1M to 20M ratings")
    asked = parser.parse_args()
    ratings = synthetic(users=USERS, items=ITEMS, ratings=1_000_000, seed=0).ratings
    rows = [compared_with_implicit(ratings, factors) for factors in (64, 128)]
    growth = [] if asked.quick else [grown(n) for n in (1_000_000, 5_000_000, 20_000_000)]
    found = {
        "command": shlex.join(["python", *sys.argv]),
        "versions": versions(("numpy", "scipy", "numba", "implicit")),
        "protocol": f"{len(ratings):,} interactions, {USERS} x {ITEMS}, power law, seed 0; median of {EPOCHS} epochs",
        "compared_with_implicit": rows,
        "growth": growth,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1))


def compared_with_implicit(ratings: Ratings, factors: int) -> dict[str, Any]:
    """Seconds for each epoch and final loss of both, after the same number of epochs."""
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_array, csr_matrix

    ones = np.ones(len(ratings), np.float32)
    positives = csr_array((ones, (ratings.user_numbers, ratings.item_numbers)), shape=(USERS, ITEMS))
    options: dict[str, Any] = {"factors": factors, "regularization": REGULARIZATION, "regularization_power": 0.0}
    options |= {"unobserved_weight": 1.0, "form": "hu"}
    train(ratings, "implicit_als", epochs=1, **options)
    our_seconds, ours = one_epoch(ratings, "implicit_als", **options)
    with limit_blas():
        external = AlternatingLeastSquares(
            factors=factors, regularization=REGULARIZATION, alpha=1.0, iterations=EPOCHS, random_state=0
        )
        times: list[float] = []
        external.fit(
            csr_matrix(positives * 2), show_progress=False, callback=lambda _, seconds, *__: times.append(seconds)
        )
    losses = [
        loss(positives, users, items)
        for users, items in (
            (ours.users.vectors[0], ours.items.vectors[0]),
            (external.user_factors, external.item_factors),
        )
    ]
    line = {
        "factors": factors, "ours_seconds": our_seconds, "implicit_seconds": float(np.median(times)),
        "ratio": our_seconds / float(np.median(times)), "ours_loss": losses[0], "implicit_loss": losses[1],
    }  # fmt: skip
    print(line, flush=True)
    return line


def one_epoch(ratings: Ratings, model: str, **options: Any) -> tuple[float, TrainedModel]:
    """Seconds of one more epoch, without setup and finish, and the model after EPOCHS epochs."""
    times = []
    for epochs in (1, EPOCHS):
        started = time.perf_counter()
        trained = train(ratings, model, epochs=epochs, **options)
        times.append(time.perf_counter() - started)
    return (times[1] - times[0]) / (EPOCHS - 1), trained


def loss(positives: Any, users: np.ndarray, items: np.ndarray) -> float:
    """Σ over positive pairs of 2 (1 - s)² + Σ over the other pairs of s² + λ times the squares of both sides."""
    users, items = users.astype(np.float64), items.astype(np.float64)
    u, i = positives.nonzero()
    scores = (users[u] * items[i]).sum(axis=1)
    every = float(((users.T @ users) * (items.T @ items)).sum())
    return (
        float((2 * (1 - scores) ** 2 - scores**2).sum())
        + every
        + REGULARIZATION * float((users**2).sum() + (items**2).sum())
    )


def grown(n: int, factors: int = 64) -> dict[str, Any]:
    """Seconds for each epoch of explicit ALS on n ratings, and the peak memory of the process so far."""
    ratings = synthetic(users=n // 150, items=27_000, ratings=n, seed=0).ratings
    train(ratings.take(np.arange(10_000)), "als", factors=factors, epochs=1)
    seconds, _ = one_epoch(ratings, "als", factors=factors)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = {
        "ratings": n,
        "factors": factors,
        "seconds_per_epoch": seconds,
        "ns_per_rating": seconds / n * 1e9,
        "peak_gb": peak,
    }
    print(line, flush=True)
    return line


if __name__ == "__main__":
    main()
