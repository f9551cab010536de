"""Training on Spark gives the same kind of model as local training."""

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
from penchant.recommending.recommender import main_model

pytestmark = pytest.mark.java

FEW: dict[str, Any] = {"engine": "spark", "factors": 2, "blocks": 2, "bias_rounds": 2, "epochs": 5}


class RecordedProgress(Silent):
    """Records the tasks and metrics it receives."""

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
def model(spark_session: Any, world: Any) -> pt.Recommender:
    return pt.train(world.train, "als", **FEW, regularization=0.02, validation=world.test)


def test_synthetic_ratings_are_predicted_close_to_their_noise(model: pt.Recommender, world: Any) -> None:
    """The noise is 0.2 and the standard deviation of the ratings about 1; biases alone reach an RMSE of about 0.65."""
    assert 0.19 < rmse_of(main_model(model), world.test) < 0.30
    assert main_model(model).history[-1]["validation_rmse"] == pytest.approx(
        rmse_of(main_model(model), world.test), abs=1e-5
    )


def test_it_is_the_same_kind_of_model(model: pt.Recommender, world: Any, tmp_path: Path) -> None:
    trained = main_model(model)
    assert (trained.kind, trained.samples, trained.users.factors) == ("als", 1, 2)
    assert trained.users.vocabulary == world.train.users
    assert (
        trained.interactions.counts.tolist() == world.train.by_user().counts.tolist() == trained.users.counts.tolist()
    )
    again = pt.load(model.save(tmp_path / "m"))
    user = trained.users.vocabulary.ids[3]
    assert again.recommend(user, 5).ids == model.recommend(user, 5).ids
    assert main_model(again).facts["engine"].startswith("spark ")


def test_folding_in_a_training_history_gives_nearly_the_trained_row(model: pt.Recommender) -> None:
    """They are not equal: Spark solves biases before vectors, fold-in solves both together."""
    trained = main_model(model)
    items, values = trained.interactions.row(5)
    ids = trained.items.vocabulary.ids
    user = model.fold_in(dict(zip(ids[items].tolist(), values.tolist(), strict=True)))
    known = model.predict(trained.users.vocabulary.ids[5], ids.tolist()).mean
    assert np.abs(user.predict(ids.tolist()).mean - known).mean() < 0.1


def test_the_same_seed_gives_the_same_factors(model: pt.Recommender, world: Any) -> None:
    again = pt.train(world.train, "als", **FEW, regularization=0.02)
    np.testing.assert_allclose(main_model(again).items.vectors, main_model(model).items.vectors, atol=1e-6)
    other = pt.train(world.train, "als", **FEW | {"epochs": 1}, seed=1)
    assert np.abs(main_model(other).items.vectors - main_model(model).items.vectors).max() > 0.01


def test_biases_equal_a_plain_loop(model: pt.Recommender, world: Any) -> None:
    train = world.train
    settings = main_model(model).settings
    users, items = np.zeros(train.n_users), np.zeros(train.n_items)
    residuals = train.values - train.values.astype(np.float64).mean()
    for _ in range(settings["bias_rounds"]):
        for i in range(train.n_items):
            mine = train.item_numbers == i
            rest = residuals[mine] - users[train.user_numbers[mine]]
            items[i] = rest.sum() / (mine.sum() + settings["item_damping"])
        for u in range(train.n_users):
            mine = train.user_numbers == u
            rest = residuals[mine] - items[train.item_numbers[mine]]
            users[u] = rest.sum() / (mine.sum() + settings["user_damping"])
    np.testing.assert_allclose(main_model(model).users.bias[0], users, atol=1e-5)
    np.testing.assert_allclose(main_model(model).items.bias[0], items, atol=1e-5)


def test_a_path_a_frame_and_ratings_give_the_same_model(spark_session: Any, world: Any, tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    world.train.to_frame().write_parquet(path)
    recorded = RecordedProgress()
    by_path = pt.train(path, "als", **FEW | {"epochs": 2}, progress=recorded)
    by_frame = pt.train(spark_session.read.parquet(str(path)), "als", **FEW | {"epochs": 2})
    in_memory = pt.train(Ratings.from_parquet(path), "als", **FEW | {"epochs": 2})
    for other in (by_frame, in_memory):
        assert main_model(other).users.vocabulary == main_model(by_path).users.vocabulary
        np.testing.assert_allclose(main_model(other).users.vectors, main_model(by_path).users.vectors, atol=1e-6)
    assert recorded.tasks == ["number ids", "factorize"]
    assert recorded.metrics[-1]["stages"] > 10


def test_without_histories_no_item_counts_as_seen(spark_session: Any, world: Any) -> None:
    lean = pt.train(world.train, "als", **FEW | {"epochs": 1}, histories=False)
    assert len(main_model(lean).interactions) == 0
    assert main_model(lean).users.counts.tolist() == world.train.by_user().counts.tolist()
    assert len(lean.recommend(main_model(lean).users.vocabulary.ids[0], 60)) == 60


def test_implicit_feedback_separates_two_groups_of_users(spark_session: Any) -> None:
    """Even users choose even items, odd users odd ones; the one item of the group that a user misses comes first."""
    users, items = np.divmod(np.arange(40 * 20), 20)
    chosen = (users % 2 == items % 2) & (items // 2 != users % 10)
    ratings = of_arrays(users[chosen], items[chosen], np.ones(chosen.sum()), 40, 20)
    model = pt.train(ratings, "implicit_als", engine="spark", factors=4, blocks=2, epochs=5)
    assert main_model(model).objective == "preference"
    for user in range(40):
        missing = 2 * (user % 10) + user % 2
        assert model.recommend(100 + user, 1).ids == [f"i{missing}"]


def test_options_that_spark_does_not_support_are_refused(spark_session: Any, model: pt.Recommender, world: Any) -> None:
    with pytest.raises(SettingsError, match="cannot continue"):
        pt.train(world.train, "als", engine="spark", resume=model)
    with pytest.raises(SettingsError, match="no setting 'thin'"):
        pt.train(world.train, "als", engine="spark", thin=3)
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
