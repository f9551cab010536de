"""Training on Spark without a model's name gives a rating model, a choice model and a ranker, as here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import penchant as pt
from made_ratings import chosen_and_rated, low_rank
from penchant.foundations.errors import SettingsError

pytestmark = [pytest.mark.java, pytest.mark.slow]

HOW: dict[str, Any] = {"engine": "spark", "blocks": 2, "seed": 3}
ORDERS = ("combined", "choice", "rating")


@dataclass(frozen=True)
class Halves:
    """Training ratings, also as a file in order of user and item, and test ratings."""

    train: pt.Ratings
    path: Path
    test: pt.Ratings


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Halves:
    split = pt.split.random(chosen_and_rated(), test=0.2)
    path = tmp_path_factory.mktemp("world") / "ratings.parquet"
    split.train.to_frame().sort("user", "item").write_parquet(path)
    return Halves(pt.Ratings.from_parquet(path), path, split.test)


@pytest.fixture(scope="module")
def model(spark_session: Any, world: Halves) -> pt.Recommender:
    return pt.train(world.train, **HOW)


def test_both_questions_and_a_ranker_fitted_on_held_back_rows(model: pt.Recommender, world: Halves) -> None:
    assert str(model) == "<Recommender rating als, choice ease: 200 users, 80 items>"
    assert model.ranker is not None
    assert model.ranker.weights.keys() == {"log_choice", "log_like"} and min(model.ranker.weights.values()) > 0
    facts = model.ranker.facts
    assert facts["cut"] == f"{int(0.15 * len(world.train)):,} random rows"
    assert facts["users"] > 150 and facts["seconds"].keys() >= {"parts", "weights", "rating", "choice"}
    assert facts["choice_model"].startswith("ease: ease takes up to 0.00 GB on the driver for 80 items, which fits")
    for part in (model.rating_model, model.choice_model):
        assert part is not None and part.facts["engine"].startswith("spark ")
        assert part.facts["ratings"] == len(world.train)


def test_the_weights_between_items_are_those_of_local_training(model: pt.Recommender, world: Halves) -> None:
    """The Gramian is a sum of whole numbers, and the penalty is chosen with the same seed."""
    here = pt.train(world.train, "ease", seed=HOW["seed"]).choice_model
    assert here is not None and model.choice_model is not None
    assert model.choice_model.facts["regularization"] == here.facts["regularization"]
    np.testing.assert_allclose(model.choice_model.items.vectors, here.items.vectors, atol=1e-6)


def lists(model: pt.Recommender, folder: Path, by: Any, n: int = 10) -> pl.DataFrame:
    from penchant.engines import spark

    order = {} if by == "combined" else {"by": by}  # the default order of two parts
    return pl.read_parquet(spark.recommend_all(model, str(folder / by), n, **order) + "/*.parquet").sort("user", "rank")


def ndcg(found: pl.DataFrame, world: Halves) -> float:
    """NDCG@10 of held-out items rated 4 or more."""
    liked = world.test.values >= 4
    users = world.test.users.take(world.test.user_numbers[liked]).tolist()
    items = world.test.items.take(world.test.item_numbers[liked]).tolist()
    held = pl.DataFrame({"user": users, "item": items})
    gains = 1 / np.log2(np.arange(2, 12))
    reached = dict.fromkeys(users, 0.0)
    for user, rank in found.join(held, ["user", "item"], "inner").select("user", "rank").rows():
        reached[user] += gains[rank - 1]
    counts = held.group_by("user").len().rows()
    return float(np.mean([reached[user] / gains[: min(count, 10)].sum() for user, count in counts]))


def test_lists_on_spark_equal_those_of_this_machine_in_every_order(
    model: pt.Recommender, world: Halves, tmp_path: Path
) -> None:
    """And the combined order finds more of what is chosen and liked later than either part."""
    reached = {}
    for by in ORDERS:
        found, here = lists(model, tmp_path, by), model.recommend_many(n=10, by=by).drop("source")
        assert found.columns == here.columns == ["user", "rank", "item", "score", "p_choose"]
        same = (found["item"] == here["item"]).to_numpy()
        near_tie = np.abs(found["score"].to_numpy() - here["score"].to_numpy()) < 1e-5
        assert same.mean() > 0.999 and near_tie.all(), by
        np.testing.assert_allclose(found["p_choose"].to_numpy()[same], here["p_choose"].to_numpy()[same], rtol=1e-4)
        reached[by] = ndcg(found, world)
    assert reached["combined"] > reached["choice"] > reached["rating"]


def test_a_saved_recommender_works_without_spark(model: pt.Recommender, tmp_path: Path) -> None:
    folder = model.save(tmp_path / "m")
    code = f"""
import sys
sys.modules["pyspark"] = sys.modules["pyarrow"] = None
import penchant as pt
model = pt.load({str(folder)!r})
print(model.recommend(105, 5).ids, model.ranker is not None, model.fold_in({{"i3": 5}}).recommend(2).ids)
"""
    source = str(Path(pt.__file__).parents[1])
    path = os.environ | {"PYTHONPATH": source}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path)
    folded = model.fold_in({"i3": 5}).recommend(2).ids
    assert done.stdout.strip() == f"{model.recommend(105, 5).ids} True {folded}", done.stderr


def test_the_same_seed_gives_the_same_recommender_also_from_a_file(model: pt.Recommender, world: Halves) -> None:
    again = pt.train(world.path, **HOW)
    for one in (again, model):
        assert one.ranker is not None and one.rating_model is not None and one.choice_model is not None
    assert again.ranker.weights == pytest.approx(model.ranker.weights, rel=1e-3)
    np.testing.assert_allclose(again.rating_model.items.vectors, model.rating_model.items.vectors, atol=1e-6)
    np.testing.assert_array_equal(again.choice_model.items.vectors, model.choice_model.items.vectors)
    np.testing.assert_array_equal(again.choice_model.interactions.items, model.choice_model.interactions.items)


def test_choices_get_a_choice_model_only_and_without_memory_for_ease_that_of_mllib(
    spark_session: Any, world: Halves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.engines.spark.parts.available_memory", lambda: 40_000)
    train = world.train
    choices = replace(train, values=np.ones(len(train), np.float32), scale=replace(train.scale, kind="choices"))
    found = pt.train(choices, **HOW)
    assert str(found).startswith("<Recommender choice implicit_als:")
    assert found.ranker is not None and found.ranker.liking is None
    why = "implicit_als: ease takes up to 0.00 GB on the driver for 80 items, and 0.00 GB are free; the memory of"
    assert found.ranker.facts["choice_model"].startswith(why)


def test_the_memory_decides_about_ease(monkeypatch: pytest.MonkeyPatch) -> None:
    from penchant.engines.spark.parts import choice_kind_on_driver

    need = 6 * 50_000**2
    for free, name in ((need / 0.79, "ease"), (need, "implicit_als"), (None, "ease")):
        monkeypatch.setattr("penchant.engines.spark.parts.available_memory", lambda free=free: free)
        assert choice_kind_on_driver(10**6, 50_000).name == name


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"cut": "random", "model": "als"}, "one model has no ranker"),
        ({"cut": "random", "factors": 3}, "one model has no ranker"),
        ({"cut": "latest"}, "the table has no times"),
    ],
)
def test_a_cut_that_has_no_use_is_refused(spark_session: Any, how: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        pt.train(low_rank(30, 20, n=300), engine="spark", **how)
    with pytest.raises(SettingsError, match="a table that Spark reads has no times"):
        pt.train("ratings.parquet", engine="spark", cut="latest")
