"""How accurate and how fast is "bayes" compared with myFM on the same inputs?

    python benchmarks/accuracy.py                      # the lesson's rows and goodbooks-10k
    python benchmarks/accuracy.py --data movielens     # one of them

Needs the environment of `benchmarks/external`. Both models of a row are run in this process, one after
the other: bayes with default settings except for the inputs; myFM 0.4.0 with the same inputs and 200 samples (300 with
features, 100 on goodbooks-10k), without burn-in. Settings were chosen on held-out parts of the lesson's training rows,
never on test rows. Times are of fitting only: wall time, and processor time of all threads. bayes is compiled on a few
rows before it is timed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.splitting import Split
from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.foundations.threads import available_threads
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import main_model

ROOT = Path(__file__).parents[1]
GOODBOOKS = ROOT / "benchmarks" / "data" / "goodbooks-10k" / "ratings.parquet"
NINETY = 1.6449
IDS = {"use_features": False, "history": False}
EVERYTHING = {"rank": 10, "samples": 300, "history": True, "genres": True, "years": True}


@dataclass(frozen=True)
class Row:
    """One comparison: the inputs, the settings of bayes and of myFM, and the largest RMSE that is accepted."""

    inputs: str
    ours: Mapping[str, Any]
    external: Mapping[str, Any]
    limit: float | None = None


QUESTIONS: dict[str, list[Row]] = {
    "movielens": [
        Row("ids", IDS, {"rank": 10, "samples": 200}, 0.8540),
        Row("ids, rank 16", IDS, {"rank": 16, "samples": 200}),
        Row("genres, year, histories", {}, EVERYTHING, 0.8270),
        Row("the same, with time", {"temporal_bias": True}, {}, 0.8250),
    ],
    "goodbooks": [
        Row("ids", IDS, {"rank": 16, "samples": 100}),
        Row("histories", {}, {}),
    ],
}  # fmt: skip


class Stopwatch:
    """Seconds since it was made: wall time, and processor time of all threads of this process."""

    def __init__(self) -> None:
        self.clock, self.threads = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {"seconds": time.perf_counter() - self.clock, "cpu_seconds": time.process_time() - self.threads}


def main() -> None:
    asked = _asked()
    sys.path.insert(0, str(ROOT / "benchmarks"))
    for name in asked.data:
        split = _split(name)
        _compile(split)
        print(f"\n{name}: {split.name}; {len(split.train)} training and {len(split.test)} test rows")
        rows = [row for row in QUESTIONS[name] if not asked.inputs or row.inputs in asked.inputs]
        found = [metrics for row in rows for metrics in _results(row, split, asked)]
        if asked.external:
            _write(split.name, found, asked.out / f"accuracy-{name}.json")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="*", default=list(QUESTIONS), choices=list(QUESTIONS), help="which ratings")
    parser.add_argument("--inputs", nargs="*", default=[], help="only the rows of these inputs, such as ids")
    parser.add_argument("--no-external", dest="external", action="store_false", help="leave myFM out")
    parser.add_argument("--seed", type=int, default=0, help="the seed of both sides")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the metrics")
    return parser.parse_args()


def _split(name: str) -> Split:
    if name == "movielens":
        return pt.split.random(pt.movielens(), test=0.2, seed=42)
    ratings = pt.Ratings.from_parquet(GOODBOOKS, user="user", item="item", rating="rating")
    return pt.split.random(ratings, test=0.1, seed=42)


def _compile(split: Split) -> None:
    pt.train(split.train.take(np.arange(2000)), "bayes", samples=2, thin=1, burn_in=1)


def _results(row: Row, split: Split, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Metrics of bayes, and of myFM where the row has settings for it."""
    metrics = [_printed("bayes", row, *_ours(row, split, asked.seed))]
    if asked.external and row.external:
        metrics.append(_printed("myFM", row, *_external(row, split, asked.seed)))
    return metrics


def _ours(row: Row, split: Split, seed: int) -> tuple[dict[str, float], dict[str, Any]]:
    watch = Stopwatch()
    model = pt.train(split.train, "bayes", seed=seed, **row.ours)
    times = watch.read()
    test = split.test
    predicted = predict_numbers(
        main_model(model),
        test.user_numbers,
        test.item_numbers,
        item_features=test.item_features,
        timestamps=test.timestamps,
    )
    inside = np.abs(test.values - predicted.mean) < NINETY * predicted.std
    metrics = {"rmse": _rmse(predicted.mean, split), **times, "in_90_interval": float(inside.mean())}
    return metrics, {"settings": dict(main_model(model).settings), "facts": dict(main_model(model).facts)}


def _external(row: Row, split: Split, seed: int) -> tuple[dict[str, float], dict[str, Any]]:
    model = importlib.import_module("external.myfm_adapter").MyFMAdapter(**row.external)
    watch = Stopwatch()
    model.fit(split.train, CatalogueInfo.of(split), seed=seed)
    times = watch.read()
    predicted = split.train.scale.clip(np.asarray(model.predict(split.test.user_numbers, split.test.item_numbers)))
    return {"rmse": _rmse(predicted, split), **times}, dict(model.identity())


def _rmse(predicted: np.ndarray, split: Split) -> float:
    return float(np.sqrt(np.mean((predicted - split.test.values.astype(np.float64)) ** 2)))


def _printed(model: str, row: Row, metrics: dict[str, float], identity: dict[str, Any]) -> dict[str, Any]:
    limit = f"  limit {row.limit:.4f}" if row.limit and model == "bayes" else ""
    inside = f"  {metrics['in_90_interval']:.1%} in the 90 % interval" if "in_90_interval" in metrics else ""
    spent = f"{metrics['seconds']:6.1f} s ({metrics['cpu_seconds']:.1f} s of all threads)"
    print(f"  {row.inputs:26} {model:6} {metrics['rmse']:.4f} in {spent}{inside}{limit}", flush=True)
    return {"inputs": row.inputs, "model": model, **metrics, **identity}


def _write(split: str, found: list[dict[str, Any]], path: Path) -> None:
    from importlib.metadata import version

    facts: dict[str, Any] = {
        "question": "How accurate and how fast is bayes compared with myFM on the same inputs?",
        "split": split,
        "command": shlex.join(["python", *sys.argv]),
        "versions": {name: version(name) for name in ("numpy", "scipy", "numba", "myfm")},
        "machine": {"processor": platform.processor() or platform.machine(), "threads": available_threads()},
        "rows": found,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():  # rows that were not asked for this time stay
        fresh = {(one["inputs"], one["model"]) for one in found}
        earlier = json.loads(path.read_text(encoding="utf-8"))["rows"]
        facts["rows"] = [one for one in earlier if (one["inputs"], one["model"]) not in fresh] + found
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
