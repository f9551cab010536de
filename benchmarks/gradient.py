"""Gradient descent for dot_bias with 50 factors: ratings per second on both backends and time to an error, with fastai.

    python benchmarks/gradient.py             # in an environment with fastai 2.8.12, torch 2.13.0 and this package
    python benchmarks/gradient.py --alone     # without fastai
    python benchmarks/gradient.py --large     # without fastai; also 20M ratings × 64 factors and peak memory

fastai trains as its tutorial does: collab_learner's dot-bias, batches of 64, five epochs of one cycle at 5e-3, weight
decay 0.1, on one torch thread. Both sides run in one process on the lesson's training rows and are evaluated on its
test rows; each predicts an unseen user or item by its own fallback. Each of our backends trains once before it is
timed, so that compilation (about 20 s on a first run, then cached on disk) is left out. No setting was chosen on test
rows. Processor seconds are reported besides wall seconds. Where their ratios differ, the machine was busy.
"""

from __future__ import annotations

import argparse
import json
import resource
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.data.synthetic import synthetic
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.training.gradient import learner
from penchant.training.gradient.backend import Backend
from penchant.training.gradient.backend_choice import dot_bias_backend
from penchant.training.gradient.dot import biased_model
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.fitting import FitResult, training_plan
from penchant.training.gradient.initial_parameters import biased_start
from penchant.training.gradient.settings import DotBiasSettings

RESULTS = Path(__file__).parent / "results" / "gradient.json"
BACKENDS = {
    "torch, Adam": {"backend": "torch", "sparse_updates": False},
    "kernels, Adam, every row": {"backend": "numba", "sparse_updates": False},
    "kernels, Adam, touched rows": {"backend": "numba", "sparse_updates": True},
    "kernels, SGD, touched rows": {
        "backend": "numba",
        "sparse_updates": True,
        "optimizer": "sgd",
        "learning_rate": 1.0,
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alone", action="store_true", help="leave fastai out")
    parser.add_argument("--large", action="store_true", help="also 20M ratings, without fastai")
    asked = parser.parse_args()
    split = pt.split.random(pt.movielens())
    found: dict[str, Any] = {
        "command": shlex.join(["python", *sys.argv]),
        "versions": versions(("numpy", "numba", "torch", "fastai")),
        "machine": machine(),
        "protocol": f"{split.name}, {len(split.train):,} training rows, batches of 4096, 50 factors, seed 0",
    }
    fastai = found["fastai"] = None if asked.alone or asked.large else through_fastai(split)
    parts: dict[str, Callable[[], Any]] = {
        "lesson_rows": lambda: [speed(name, split.train, fastai) for name in BACKENDS],
        "to_fastai_error": lambda: to_error(split, fastai),
        "tuned": lambda: [tuned(split, seed) for seed in range(3)],
        "a_million": lambda: [speed(name, million(), fastai, 2) for name in BACKENDS if name.startswith("kernels")],
    }
    if asked.large:
        parts["large"] = large
    RESULTS.parent.mkdir(exist_ok=True)
    for name, part in parts.items():
        found[name] = part()
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def through_fastai(split: Split) -> dict[str, Any]:
    """fastai's five epochs: seconds, ratings a second, and the error on the test rows."""
    import pandas as pd
    import torch
    from fastai.collab import TabularCollab, collab_learner
    from fastai.tabular.core import Categorify

    frame = pd.DataFrame(split.train.to_frame().to_dict(as_series=False))
    splits = (list(range(len(frame))), list(range(64)))
    table = TabularCollab(frame, [Categorify], ["user", "item"], y_names=["rating"], splits=splits)
    torch.manual_seed(0)
    torch.set_num_threads(1)  # on a busy machine this is several times faster than one thread for each core
    learn = collab_learner(table.dataloaders(bs=64), n_factors=50, y_range=(0.5, 5.5))
    with learn.no_bar(), learn.no_logging():
        seconds, cpu = timed(lambda: learn.fit_one_cycle(5, 5e-3, wd=0.1))
        test = pd.DataFrame(split.test.to_frame().to_dict(as_series=False))
        predicted = learn.get_preds(dl=learn.dls.test_dl(test))[0].numpy().ravel()
    error = np.sqrt(np.mean((np.clip(predicted, 0.5, 5.0) - split.test.values) ** 2))
    row = {"seconds": seconds, "cpu_seconds": cpu, "ratings_per_second": 5 * len(frame) / seconds, "rmse": float(error)}
    row["ratings_per_cpu_second"] = 5 * len(frame) / cpu
    print("fastai", row, flush=True)
    return row


def timed(job: Callable[[], Any]) -> tuple[float, float]:
    """Wall seconds, and processor seconds of all cores."""
    started, worked = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - started, time.process_time() - worked


def backend_for(ratings: Ratings, settings: DotBiasSettings) -> Backend:
    start = biased_start(ratings, settings.factors, settings.init_std, settings.damping, np.random.default_rng(0))
    return dot_bias_backend(start, ratings, settings, None, FeatureEmbeddings())


def speed(name: str, ratings: Ratings, fastai: dict[str, Any] | None, epochs: int = 5) -> dict[str, Any]:
    """Ratings per second over some epochs, shuffling included, after one untimed epoch; the best of three runs."""
    settings = DotBiasSettings.from_json({"factors": 50, "batch_size": 4096, "epochs": epochs} | BACKENDS[name])
    backend = backend_for(ratings, settings)
    plan = training_plan(settings)
    learner.fit(backend, training_plan(DotBiasSettings.from_json(settings.to_json() | {"epochs": 1})), seed=0)
    times = [timed(lambda: learner.fit(backend, plan, seed=0)) for _ in range(3)]
    seconds, cpu = min(one for one, _ in times), min(other for _, other in times)
    rate, by_cpu = epochs * len(ratings) / seconds, epochs * len(ratings) / cpu
    row = {"backend": name, "ratings": len(ratings), "ratings_per_second": rate, "ratings_per_cpu_second": by_cpu}
    if fastai:
        row["times_fastai"] = rate / fastai["ratings_per_second"]
        row["times_fastai_by_cpu"] = by_cpu / fastai["ratings_per_cpu_second"]
    print(row, flush=True)
    return row


def million() -> Ratings:
    return synthetic(users=6_040, items=3_706, ratings=1_000_000, seed=0).ratings


def to_error(split: Split, fastai: dict[str, Any] | None, epochs: int = 3) -> dict[str, Any]:
    """Seconds from ratings in memory to a model with at most fastai's error: initial biases, then a few epochs.

    Settings were chosen on a part of the training rows.
    """
    settings = DotBiasSettings(factors=50, epochs=epochs, batch_size=1024, learning_rate=0.02, sparse_updates=True)

    backends: list[Backend] = []

    def once() -> None:
        backends.append(backend_for(split.train, settings))
        learner.fit(backends[-1], training_plan(settings), seed=0)

    once()
    seconds, cpu = (min(column) for column in zip(*(timed(once) for _ in range(3)), strict=True))
    backend = backends[-1]
    model = biased_model(split.train, settings, FitResult(backend, [backend.state()], []), None, FeatureEmbeddings())
    row = {"epochs": epochs, "seconds": seconds, "cpu_seconds": cpu, "rmse": rmse(pt.Recommender.of(model), split)}
    if fastai:
        row |= {"share_of_fastai_time": seconds / fastai["seconds"], "reached": row["rmse"] <= fastai["rmse"]}
        row["share_of_fastai_cpu_time"] = cpu / fastai["cpu_seconds"]
    print(row, flush=True)
    return row


def tuned(split: Split, seed: int) -> dict[str, Any]:
    """The default settings, including early stopping and refitting."""
    started = time.perf_counter()
    model = pt.train(split.train, "dot_bias", seed=seed)
    seconds = time.perf_counter() - started
    row = {"seed": seed, "seconds": seconds, "rmse": rmse(model, split)}
    print("tuned", row, flush=True)
    return row


def rmse(model: pt.Recommender, split: Split) -> float:
    """The RMSE on all test rows, unseen users and items included."""
    test = split.test
    predicted = model.predict(test.users.take(test.user_numbers), test.items.take(test.item_numbers)).mean
    return float(np.sqrt(np.mean((predicted - test.values) ** 2)))


def large() -> dict[str, Any]:
    """An epoch of 20M ratings × 64 factors, and the peak memory of the process."""
    ratings = synthetic(users=138_000, items=27_000, ratings=20_000_000, seed=0).ratings
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    settings = DotBiasSettings(factors=64, epochs=1, batch_size=16_384, sparse_updates=True, backend="numba")
    backend = backend_for(ratings, settings)
    started = time.perf_counter()
    learner.fit(backend, training_plan(settings), seed=0)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    row = {"ratings": len(ratings), "seconds": seconds, "peak_gb": peak, "peak_gb_before_training": before}
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
