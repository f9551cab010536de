"""A cluster of a master and two workers, each in its own process; one worker is killed during training."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import penchant as pt
from made_ratings import low_rank
from penchant.foundations.errors import EngineError
from penchant.foundations.progress import Silent
from penchant.recommending.recommender import main_model
from spark_processes import Cluster, SharedSession, cluster, need_spark
from waiting import PATIENCE

pytestmark = [pytest.mark.java, pytest.mark.slow]

HOW: dict[str, Any] = {
    "engine": "spark", "factors": 4, "blocks": 2, "bias_rounds": 1, "epochs": 6, "checkpoint_every": 2, "seed": 5,
}  # fmt: skip
CONFIG = {
    "spark.driver.memory": "700m", "spark.executor.memory": "600m", "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2", "spark.network.timeout": "300s", "spark.sql.adaptive.enabled": "true",
}  # fmt: skip
KILLED_AT = 30
"""Number of stages; training without a loss has about twice as many."""


class Killer(Silent):
    """Kills a worker when training has reached a stage."""

    def __init__(self, victim: Cluster) -> None:
        self.victim, self.task, self.stages = victim, "", 0.0
        self.alive_before = self.killed_at = 0.0

    def start(self, task: str, total: int | None = None) -> None:
        self.task = task

    def step(self, metrics: Any = None, advance: int = 1) -> None:
        self.stages = metrics["stages"]
        if self.task == "factorize" and self.stages >= KILLED_AT and not self.killed_at:
            self.alive_before, self.killed_at = self.victim.alive(self.victim.state()), self.stages
            self.victim.kill("worker1")


@pytest.fixture(scope="module")
def ratings() -> Any:
    return low_rank(users=300, items=120, n=9000)


@pytest.fixture(scope="module")
def reference(ratings: Any, shared_spark: SharedSession) -> pt.Recommender:
    """The model trained by one process; its session ends before the cluster's begins."""
    need_spark()
    shared_spark.end()
    return pt.train(ratings, "als", **HOW, master="local[2]", config=CONFIG)


@pytest.fixture(scope="module")
def running(reference: pt.Recommender, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    need_spark()
    with cluster(tmp_path_factory.mktemp("cluster")) as one:
        yield one


@pytest.fixture(scope="module")
def session(running: Cluster) -> Iterator[Any]:
    from penchant.engines import spark

    with spark.spark_session(running.url, CONFIG) as started:
        yield started


@contextmanager
def bounded(session: Any, on: Cluster) -> Iterator[None]:
    """Cancels Spark's work after a time that says it hangs, and fails with what the cluster has logged."""
    late = threading.Event()

    def cancel() -> None:
        late.set()
        session.sparkContext.cancelAllJobs()

    watch = threading.Timer(PATIENCE, cancel)
    watch.start()
    try:
        yield
    except EngineError:
        if late.is_set():
            pytest.fail(f"training had not ended after {PATIENCE:.0f} s; {on.state()}\n{on.logs()}")
        raise
    finally:
        watch.cancel()


def same_factors(one: pt.Recommender, other: pt.Recommender) -> None:
    for side in ("users", "items"):
        for name in ("bias", "vectors"):
            mine, theirs = (getattr(getattr(main_model(each), side), name) for each in (one, other))
            np.testing.assert_allclose(mine, theirs, atol=1e-6, err_msg=f"{side} {name}")


def test_two_workers_train_the_model_that_one_process_trains(
    session: Any, running: Cluster, reference: pt.Recommender, ratings: Any
) -> None:
    model = pt.train(ratings, "als", **HOW)
    assert main_model(model).facts["master"] == running.url
    same_factors(model, reference)


def test_workers_compute_lists_with_the_code_that_was_sent(
    session: Any, reference: pt.Recommender, tmp_path: Any
) -> None:
    """The package is not installed on the workers."""
    import polars as pl

    from penchant.engines import spark

    found = pl.read_parquet(spark.recommend_all(reference, str(tmp_path / "lists"), 3) + "/*.parquet")
    user = main_model(reference).users.vocabulary.ids[17]
    mine = found.filter(pl.col("user") == user).sort("rank")
    assert mine["item"].to_list() == reference.recommend(user, 3).ids


def test_workers_count_pairs_of_items_and_make_combined_lists(
    session: Any, reference: pt.Recommender, ratings: Any, tmp_path: Any
) -> None:
    import polars as pl

    from penchant.engines import spark
    from penchant.engines.spark.encoded_tables import from_memory
    from penchant.engines.spark.pair_counts import gramian_of

    chosen = np.zeros((ratings.n_users, ratings.n_items), np.float32)
    chosen[ratings.user_numbers, ratings.item_numbers] = 1
    np.testing.assert_array_equal(gramian_of(from_memory(session, ratings), 3), np.tril(chosen.T @ chosen))
    model = pt.Recommender(reference.rating_model, pt.train(ratings, "ease", regularization=50).choice_model)
    found = pl.read_parquet(spark.recommend_all(model, str(tmp_path / "lists"), 5) + "/*.parquet").sort("user", "rank")
    assert found["item"].to_list() == model.recommend_many(n=5, by="combined")["item"].to_list()


def test_an_executor_out_of_memory_names_the_setting(session: Any) -> None:
    from penchant.engines.spark.failures import explained

    too_much = "length(repeat('x', 2000000000))"
    with (
        pytest.raises(EngineError, match=r"spark\.executor\.memory=600m.*ran out of memory\. Raise spark\.executor"),
        explained(session),
    ):
        session.range(1, numPartitions=1).selectExpr(f"{too_much} + id").collect()


def test_training_survives_the_loss_of_a_worker(
    session: Any, running: Cluster, reference: pt.Recommender, ratings: Any
) -> None:
    killer = Killer(running)
    with bounded(session, running):
        model = pt.train(ratings, "als", **HOW, progress=killer)
    assert killer.alive_before == 2
    assert running.alive(running.state()) <= 1 or not running.pid_file("worker1").exists()
    assert killer.stages > killer.killed_at
    same_factors(model, reference)
