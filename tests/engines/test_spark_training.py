"""Learning on Spark: the same model as any other way gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import penchant as pt
from made_ratings import low_rank, of_arrays, rmse_of
from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, DataError, EngineError, SettingsError
from penchant.foundations.progress import Silent

pytestmark = pytest.mark.java

FEW: dict[str, Any] = {"engine": "spark", "factors": 2, "blocks": 2, "bias_rounds": 2, "epochs": 5}


class Listening(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.metrics: list[dict[str, float]] = []

    def start(self, task: str, total: int | None = None) -> None:
        self.tasks.append(task)

    def step(self, metrics: Any = None, advance: int = 1) -> None:
        self.metrics.append(dict(metrics))


@pytest.fixture(scope="module")
def world() -> Any:
    return pt.split.random(low_rank(users=150, items=60, n=6000, noise=0.2), test=0.2)


@pytest.fixture(scope="module")
def model(spark_here: Any, world: Any) -> pt.Model:
    return pt.train(world.train, "als", **FEW, regularization=0.02, validation=world.test)


def test_a_known_world_is_learnt(model: pt.Model, world: Any) -> None:
    """The noise is 0.2, the spread of the ratings about 1; the mean and biases alone leave about 0.65."""
    assert 0.19 < rmse_of(model.trained, world.test) < 0.30
    assert model.history[-1]["validation_rmse"] == pytest.approx(rmse_of(model.trained, world.test), abs=1e-5)


def test_it_is_the_same_kind_of_model(model: pt.Model, world: Any, tmp_path: Path) -> None:
    trained = model.trained
    assert (trained.kind, trained.samples, trained.users.factors) == ("als", 1, 2)
    assert trained.users.vocabulary == world.train.users
    assert (
        trained.interactions.counts.tolist() == world.train.by_user().counts.tolist() == trained.users.counts.tolist()
    )
    again = pt.load(model.save(tmp_path / "m"))
    user = trained.users.vocabulary.ids[3]
    assert again.recommend(user, 5).items.tolist() == model.recommend(user, 5).items.tolist()
    assert again.trained.facts["engine"].startswith("spark ")


def test_folding_in_a_history_comes_near_the_row_that_was_trained(model: pt.Model) -> None:
    """Not exactly: Spark solves biases before vectors, fold-in both together."""
    trained = model.trained
    items, values = trained.interactions.row(5)
    ids = trained.items.vocabulary.ids
    visitor = model.fold_in(dict(zip(ids[items].tolist(), values.tolist(), strict=True)))
    known = model.predict(trained.users.vocabulary.ids[5], ids.tolist()).mean
    assert np.abs(visitor.predict(ids.tolist()).mean - known).mean() < 0.1


def test_the_same_seed_gives_the_same_factors(model: pt.Model, world: Any) -> None:
    again = pt.train(world.train, "als", **FEW, regularization=0.02)
    np.testing.assert_allclose(again.item_vectors, model.item_vectors, atol=1e-6)
    other = pt.train(world.train, "als", **FEW | {"epochs": 1}, seed=1)
    assert np.abs(other.item_vectors - model.item_vectors).max() > 0.01


def test_biases_are_those_of_the_slow_twin(model: pt.Model, world: Any) -> None:
    train = world.train
    settings = model.trained.settings
    users, items = np.zeros(train.n_users), np.zeros(train.n_items)
    left = train.values - train.values.astype(np.float64).mean()
    for _ in range(settings["bias_rounds"]):
        for i in range(train.n_items):
            mine = train.item_numbers == i
            items[i] = (left[mine] - users[train.user_numbers[mine]]).sum() / (mine.sum() + settings["item_damping"])
        for u in range(train.n_users):
            mine = train.user_numbers == u
            users[u] = (left[mine] - items[train.item_numbers[mine]]).sum() / (mine.sum() + settings["user_damping"])
    np.testing.assert_allclose(model.user_bias[0], users, atol=1e-5)
    np.testing.assert_allclose(model.item_bias[0], items, atol=1e-5)


def test_a_table_gives_the_model_that_its_ratings_give(spark_here: Any, world: Any, tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    world.train.to_frame().write_parquet(path)
    heard = Listening()
    by_path = pt.train(path, "als", **FEW | {"epochs": 2}, progress=heard)
    by_frame = pt.train(spark_here.read.parquet(str(path)), "als", **FEW | {"epochs": 2})
    in_memory = pt.train(Ratings.from_parquet(path), "als", **FEW | {"epochs": 2})
    for other in (by_frame, in_memory):
        assert other.trained.users.vocabulary == by_path.trained.users.vocabulary
        np.testing.assert_allclose(other.user_vectors, by_path.user_vectors, atol=1e-6)
    assert heard.tasks == ["number ids", "factorize"]
    assert heard.metrics[-1]["stages"] > 10


def test_histories_may_stay_in_spark(spark_here: Any, world: Any) -> None:
    lean = pt.train(world.train, "als", **FEW | {"epochs": 1}, histories=False)
    assert len(lean.trained.interactions) == 0
    assert lean.trained.users.counts.tolist() == world.train.by_user().counts.tolist()
    assert len(lean.recommend(lean.trained.users.vocabulary.ids[0], 60)) == 60  # nothing is known to be seen


def test_preferences_find_the_two_camps(spark_here: Any) -> None:
    """Even users choose even items, odd users odd ones; every user's one missing item of their camp comes first."""
    users, items = np.divmod(np.arange(40 * 20), 20)
    chosen = (users % 2 == items % 2) & (items // 2 != users % 10)
    ratings = of_arrays(users[chosen], items[chosen], np.ones(chosen.sum()), 40, 20)
    model = pt.train(ratings, "implicit_als", engine="spark", factors=4, blocks=2, epochs=5)
    assert model.trained.objective == "preference"
    for user in range(40):
        missing = 2 * (user % 10) + user % 2
        assert model.recommend(100 + user, 1).items.tolist() == [f"i{missing}"]


def test_what_spark_cannot_do_is_said(spark_here: Any, model: pt.Model, world: Any) -> None:
    with pytest.raises(SettingsError, match="cannot continue"):
        pt.train(world.train, "als", engine="spark", resume=model)
    with pytest.raises(SettingsError, match="no setting 'epochs'"):
        pt.train(world.train, "als", engine="spark", epochs=3)
    with pytest.raises(CallerError, match=r"a Spark session on local\[2\] runs in this process already"):
        pt.train(world.train, "als", engine="spark", master="local[4]")
    with pytest.raises(DataError, match=r"/nowhere/r\.csv: there is no such file"):
        pt.train("/nowhere/r.csv", "als", engine="spark")


def test_a_master_that_does_not_answer_is_named_at_once() -> None:
    pytest.importorskip("pyspark")
    from penchant.engines.spark.sessions import _check_reachable
    from spark_processes import free_port

    port = free_port()
    with pytest.raises(EngineError, match=rf"does not answer at 127.0.0.1:{port} \(Connection refused\).*use local"):
        _check_reachable(f"spark://127.0.0.1:{port}")
    with pytest.raises(CallerError, match="written spark://host:port"):
        _check_reachable("spark://127.0.0.1")
