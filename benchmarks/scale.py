"""Time per epoch and peak memory by number of ratings, on one machine and with Spark.

    python benchmarks/scale.py --sizes 1M 5M             # Spark, ALS and gradient descent
    python benchmarks/scale.py --sizes 20M --engines als dot_bias
    python benchmarks/scale.py --sizes 1M --engines spark --epochs 4
    python benchmarks/scale.py --sizes 1M 5M 20M --engines bayes default --budget 600
    python benchmarks/scale.py --sizes 1M --engines implicit_als implicit bayes myfm   # with the other libraries

Gradient descent updates only the rows of a batch (sparse_updates=True), so the time for a rating does not depend on
the size. `bayes` and the default (with its own number of factors) have a budget; an epoch of theirs is a sweep of the
chain. implicit and myFM are fitted twice, with one and with several epochs; the time of an epoch is the difference
over the additional epochs. Choices are the rated pairs. Each measurement runs in a separate process, which reads a
Parquet file of synthetic ratings (power laws on both sides, known factors and noise) and reports its peak resident
memory; for Spark, that of the JVM. The machine is shared, so processor seconds of all threads are reported besides
wall seconds. Results are added to results/scale.json; a later run of the same size and engine replaces an earlier
one.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "scale.json"
SHAPES = {
    "100K": (700, 1_700), "1M": (6_000, 3_700), "5M": (35_000, 10_000), "20M": (138_000, 27_000),
    "100M": (480_000, 60_000),
}  # fmt: skip
"""Numbers of users and items, close to MovieLens of that size."""
ENGINES = ("spark", "als", "dot_bias", "bayes", "implicit_als", "elsa", "sparse_ease", "default", "implicit", "myfm")
TESTED = 100_000
"""The largest number of ratings held out, the same for every engine."""
WARM_UP = 200_000
"""Ratings for warming up the JVM."""
LISTED = 5_000
"""Users whose lists are timed."""
NOISE = 0.7
LIBRARIES = ("numpy", "numba", "torch", "polars", "pyspark", "pyarrow", "implicit", "myfm")


def main() -> None:
    asked = _asked()
    if asked.measure:
        print(json.dumps(MEASURES[asked.measure](Path(asked.folder), asked)))
        return
    for size in asked.sizes:
        with tempfile.TemporaryDirectory(prefix="penchant-scale-") as folder:
            place = Path(asked.tables or folder) / size
            made = _made(place, size, asked)
            print(f"\n{size}: {made}", flush=True)
            for engine in asked.engines:
                found = {"size": size, "engine": engine, **made, **_separately(engine, place, size, asked)}
                print(f"  {engine}: {found}", flush=True)
                _keep(found)


def _made(place: Path, size: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Sizes of the synthetic tables, which are made now or by an earlier run."""
    known = place / "made.json"
    if not known.exists():
        place.mkdir(parents=True, exist_ok=True)
        known.write_text(json.dumps(_separately("make", place, size, asked)))
    made: dict[str, Any] = json.loads(known.read_text())
    return made


def _asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--sizes", nargs="+", choices=SHAPES, default=["1M"])
    words.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES[:3]))
    words.add_argument("--factors", type=int, default=32)
    words.add_argument("--epochs", type=int, default=3)
    words.add_argument("--budget", type=float, default=300.0, help="seconds for bayes and the default")
    words.add_argument("--memory", default="6g", help="memory of Spark's JVM")
    words.add_argument("--tables", help="a folder to keep the synthetic tables in for later runs")
    words.add_argument("--measure", help=argparse.SUPPRESS)
    words.add_argument("--folder", help=argparse.SUPPRESS)
    return words.parse_args()


def _separately(what: str, folder: Path, size: str, asked: argparse.Namespace) -> dict[str, Any]:
    """One measurement in a separate process."""
    line = [sys.executable, __file__, "--measure", what, "--folder", str(folder), "--sizes", size]
    line += ["--factors", str(asked.factors), "--epochs", str(asked.epochs), "--memory", asked.memory]
    line += ["--budget", str(asked.budget)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


# --- what the processes measure ------------------------------------------------------------------------------------


def make(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Writes synthetic ratings as train.parquet and test.parquet."""
    import numpy as np

    from penchant.data.synthetic import synthetic

    size = asked.sizes[0]
    users, items = SHAPES[size]
    n = int(size[:-1]) * {"K": 1_000, "M": 1_000_000}[size[-1]]
    world = synthetic(users=users, items=items, ratings=n, noise=NOISE, scale=(0.5, 5, 0.5), seed=0)
    ratings = world.ratings
    rng = np.random.default_rng(1)
    held = np.zeros(len(ratings), bool)
    held[rng.choice(len(ratings), min(TESTED, len(ratings) // 10), replace=False)] = True
    for name, rows in (("train", ~held), ("test", held)):
        part = ratings.take(rows)
        _frame(part).write_parquet(folder / f"{name}.parquet")
    return {"ratings": len(ratings), "users": users, "items": items}


def _frame(part: Any) -> Any:
    import polars as pl

    columns = {"user": part.users.ids[part.user_numbers], "item": part.items.ids[part.item_numbers]}
    return pl.DataFrame({**columns, "rating": part.values})


class Clock:
    """A Progress that records when each step of a task ended, in wall and processor seconds."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def start(self, task: str, total: int | None = None) -> None:
        self.ends = [(time.perf_counter(), time.process_time())]

    def step(self, metrics: Any = None, advance: int = 1) -> None:
        if advance:
            self.ends.append((time.perf_counter(), time.process_time()))

    def note(self, text: str) -> None:
        return None

    @property
    def later_step(self) -> tuple[float, float]:
        """Wall and processor seconds of a step, the mean over all but the first, which may compile."""
        ends = self.ends[1:] if len(self.ends) > 2 else self.ends
        wall, worked = (last - first for first, last in zip(ends[0], ends[-1], strict=True))
        return wall / (len(ends) - 1), worked / (len(ends) - 1)


def here(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Training on this machine."""
    import penchant as pt
    from penchant.recommending.recommender import main_model

    started = time.perf_counter()
    train = pt.Ratings.from_parquet(folder / "train.parquet")
    read = time.perf_counter()
    after_reading = peak_megabytes()
    clock = Clock()
    model = _trained(train, clock, asked)
    trained, worked = time.perf_counter(), time.process_time()
    wall, cpu = clock.later_step
    return {
        "factors": main_model(model).users.factors, "epochs": len(clock.ends) - 1,
        "read_seconds": round(read - started, 2), "read_peak_mb": after_reading,
        "whole_seconds": round(trained - started, 2), "whole_cpu_seconds": round(worked, 2),
        "epoch_seconds": round(wall, 3), "epoch_cpu_seconds": round(cpu, 3),
        "training_peak_mb": peak_megabytes(), **quality_and_lists(model, folder),
    }  # fmt: skip


def _trained(train: Any, clock: Clock, asked: argparse.Namespace) -> Any:
    """The model of the engine with its defaults, but for what the command line says."""
    import penchant as pt

    own: dict[str, dict[str, Any]] = {
        "bayes": {"budget": asked.budget},
        "dot_bias": {"epochs": asked.epochs, "validation_share": 0.0, "sparse_updates": True},
    }
    if asked.measure == "default":
        return pt.train(train, seed=0, progress=clock, budget=asked.budget)
    if asked.measure == "sparse_ease":
        return pt.train(train, asked.measure, seed=0, progress=clock)
    how = own.get(asked.measure, {"epochs": asked.epochs})
    return pt.train(train, asked.measure, seed=0, progress=clock, factors=asked.factors, **how)


def of_others(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Training by another library."""
    import penchant as pt
    from external.implicit_adapter import ImplicitAdapter
    from external.myfm_adapter import MyFMAdapter
    from penchant.evaluation.scoring.external_models import CatalogueInfo

    started = time.perf_counter()
    train = pt.Ratings.from_parquet(folder / "train.parquet")
    read = time.perf_counter()
    catalogue = CatalogueInfo(train.n_users, train.n_items, None, None)

    def fit(epochs: int) -> tuple[float, float]:
        begun, worked = time.perf_counter(), time.process_time()
        if asked.measure == "implicit":
            ImplicitAdapter(factors=asked.factors, iterations=epochs).fit(train, catalogue, seed=0)
        else:
            MyFMAdapter(rank=asked.factors, samples=epochs).fit(train, catalogue, seed=0)
        return time.perf_counter() - begun, time.process_time() - worked

    one, more = fit(1), fit(asked.epochs)
    wall, cpu = ((after - before) / (asked.epochs - 1) for before, after in zip(one, more, strict=True))
    return {
        "factors": asked.factors, "epochs": asked.epochs, "read_seconds": round(read - started, 2),
        "whole_seconds": round(more[0], 2), "whole_cpu_seconds": round(more[1], 2), "epoch_seconds": round(wall, 3),
        "epoch_cpu_seconds": round(cpu, 3), "peak_mb": peak_megabytes(),
    }  # fmt: skip


def quality_and_lists(model: Any, folder: Path) -> dict[str, Any]:
    """The error on the held-out ratings, if the model predicts some, and the speed of top-10 lists for some users."""
    import penchant as pt
    from penchant.metrics.rating_error import rmse
    from penchant.recommending.recommender import main_model

    found = {}
    if model.rating_model is not None:
        test = pt.Ratings.from_parquet(folder / "test.parquet")
        predicted = model.predict(test.users.ids[test.user_numbers], test.items.ids[test.item_numbers]).mean
        found["test_rmse"] = round(rmse(test.values, predicted), 4)
    some = main_model(model).users.vocabulary.ids[:LISTED]
    model.recommend_many(some[:10])  # the kernel is compiled
    begun = time.process_time()
    model.recommend_many(some, to=folder / "lists.parquet")
    worked = time.process_time() - begun
    return {**found, "lists_per_cpu_second": round(len(some) / worked), "peak_mb": peak_megabytes()}


def on_spark(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """MLlib on two cores of this machine, after a smaller table has warmed the JVM.

    The time of an epoch is the difference of two fits, with one and with several epochs, over the additional epochs.
    """
    import penchant as pt
    from penchant.engines import spark
    from penchant.recommending.recommender import main_model

    table = str(folder / "train.parquet")
    how = {
        "engine": "spark", "factors": asked.factors, "histories": False, "bias_rounds": 1, "blocks": 4,
        "regularization": 0.03,
    }  # fmt: skip
    config = {"spark.driver.memory": asked.memory, "spark.sql.shuffle.partitions": "8"}
    with spark.spark_session("local[2]", config) as session:
        pt.train(session.read.parquet(table).limit(WARM_UP), "als", **how, epochs=3)
        _, one = _timed(lambda: pt.train(table, "als", **how, epochs=1))
        model, more = _timed(lambda: pt.train(table, "als", **how, epochs=asked.epochs))
        wall, cpu = ((after - before) / (asked.epochs - 1) for before, after in zip(one, more, strict=True))
        return {
            "factors": asked.factors, "epochs": asked.epochs, "whole_seconds": round(more[0], 2),
            "whole_cpu_seconds": round(more[1], 2), "epoch_seconds": round(wall, 3), "epoch_cpu_seconds": round(cpu, 3),
            "numbering_seconds": main_model(model).facts["numbering_seconds"], "memory_given": asked.memory,
            **quality_and_lists(model, folder), "peak_mb": jvm_peak_megabytes(),
        }  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """What the work gives, and its seconds: on the wall, and of the JVM's processor time."""
    started, before = time.perf_counter(), jvm_cpu_seconds()
    done = work()
    return done, (time.perf_counter() - started, jvm_cpu_seconds() - before)


MEASURES = dict.fromkeys(ENGINES, here) | {
    "make": make, "spark": on_spark, "implicit": of_others, "myfm": of_others
}  # fmt: skip


def peak_megabytes() -> int:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 10**6


def jvm_peak_megabytes() -> int:
    """The most memory that the JVM below this process has held, in MB."""
    lines = dict(line.split(":", 1) for line in _of_jvm("status").splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024 // 10**6


def jvm_cpu_seconds() -> float:
    """Processor seconds of the JVM so far, compiling and collecting garbage included."""
    fields = _of_jvm("stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _of_jvm(name: str) -> str:
    from pyspark import SparkContext

    return Path(f"/proc/{SparkContext._gateway.proc.pid}/{name}").read_text()


# --- keeping -------------------------------------------------------------------------------------------------------


def _keep(found: dict[str, Any]) -> None:
    """Add to the results file, with what the metrics depend on."""
    kept = json.loads(RESULTS.read_text())["metrics"] if RESULTS.exists() else []
    protocol = {
        "command": shlex.join(["python", *sys.argv]), "versions": _versions(), "cores": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d"), "machine": platform.machine(), "noise": NOISE,
    }  # fmt: skip
    same = ("size", "engine", "factors")
    kept = [one for one in kept if any(one[name] != found[name] for name in same)]
    RESULTS.parent.mkdir(exist_ok=True)
    metrics = sorted([*kept, found | {"protocol": protocol}], key=lambda one: (one["ratings"], one["engine"]))
    RESULTS.write_text(json.dumps({"metrics": metrics}, indent=1) + "\n")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


if __name__ == "__main__":
    main()
