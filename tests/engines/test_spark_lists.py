"""Lists and metrics computed on Spark equal those computed on one machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import penchant as pt
from made_ratings import low_rank
from penchant.foundations.errors import EngineError
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.trained import assemble
from penchant.recommending.recommender import main_model

pytestmark = pytest.mark.java


def whole_number_model(samples: int = 2) -> pt.Recommender:
    """A model with small integer parameters: scores are exact in any order of summation, and many are tied."""
    rng, ratings = np.random.default_rng(3), low_rank(users=50, items=40, n=500)
    kinds = pl.DataFrame({"id": ratings.items.ids.tolist(), "kind": ["even", "odd"] * 20})
    ratings = ratings.with_features(items=kinds)
    rows = [
        (rng.integers(-1, 2, (samples, n)).astype(np.float32), rng.integers(-1, 2, (samples, n, 3)).astype(np.float32))
        for n in (50, 40)
    ]
    prior = flat_prior(samples, 3, 1.0)
    return pt.Recommender.of(
        assemble(
            ratings, kind="dot_bias", settings={}, scorer=DotScorer(np.full(samples, 3, np.float32)), user_rows=rows[0],
            item_rows=rows[1], priors=(prior, prior), noise=np.ones(samples, np.float32),
        )
    )  # fmt: skip


def lists(session: Any, model: pt.Recommender, folder: Path, **how: Any) -> pl.DataFrame:
    from penchant.engines import spark

    found = spark.recommend_all(model, str(folder / "lists"), **how)
    return pl.read_parquet(f"{found}/*.parquet").sort("user", "rank")


FILTERS = {
    "no filter": {},
    "seen items included": {"exclude_seen": False},
    "some items excluded": {"exclude": ["i3", "i4", "unknown"]},
    "items with a feature": {"where": {"kind": "even"}},
    "a candidate list shorter than n": {"among": [f"i{n}" for n in range(0, 40, 7)]},
}


@pytest.mark.parametrize("case", FILTERS)
def test_lists_equal_the_local_lists_including_ties(spark_session: Any, tmp_path: Path, case: str) -> None:
    model = whole_number_model()
    on_spark = lists(spark_session, model, tmp_path, n=12, **FILTERS[case])
    for user in main_model(model).users.vocabulary.ids.tolist():
        local = model.recommend(user, 12, **FILTERS[case])
        rows = on_spark.filter(pl.col("user") == user)
        assert rows["item"].to_list() == local.ids
        assert rows["rank"].to_list() == list(range(1, len(local) + 1))
        np.testing.assert_allclose(rows["score"], local.scores, atol=1e-6)


def test_the_lists_of_these_tests_contain_ties() -> None:
    model = whole_number_model()
    scores = model.recommend(100, 12).scores
    assert len(np.unique(scores)) < len(scores)


def test_lists_of_a_model_with_a_sigmoid_link(spark_session: Any, tmp_path: Path) -> None:
    linear = whole_number_model()
    scorer = DotScorer(main_model(linear).mean, "sigmoid", 1, 5)
    model = pt.Recommender.of(replace(main_model(linear), scorer=scorer))
    on_spark = lists(spark_session, model, tmp_path, n=5)
    for user in (100, 117):
        local = model.recommend(user, 5)
        rows = on_spark.filter(pl.col("user") == user)
        np.testing.assert_allclose(rows["score"], local.scores, atol=1e-5)


def test_existing_lists_are_not_overwritten_unless_asked(spark_session: Any, tmp_path: Path) -> None:
    model = whole_number_model()
    before = lists(spark_session, model, tmp_path, n=2)
    with pytest.raises(EngineError, match="already"):
        lists(spark_session, model, tmp_path, n=3)
    assert pl.read_parquet(f"{tmp_path}/lists/*.parquet").height == before.height
    assert lists(spark_session, model, tmp_path, n=3, overwrite=True).height > before.height


def test_metrics_equal_the_local_metrics(spark_session: Any) -> None:
    """Some test users and items are not in the training ratings."""
    from penchant.engines import spark

    ratings = low_rank(users=80, items=60, n=1100, noise=0.5)
    split = pt.split.random(ratings.take(np.flatnonzero(ratings.user_numbers * 3 != ratings.item_numbers)), test=0.3)
    model = pt.train(split.train, "baseline")
    report = pt.evaluate(model, split, plots=False)
    found = spark.evaluate(model, split.test)
    assert found["ratings"] == len(split.test)
    assert found["ratings_of_unknown_users"] == (split.test.user_numbers >= split.train.n_users).sum()
    own = report.rows[0].metrics
    for name in ("rmse", "mae", "recall@10", "ndcg@10", "mrr@10", "hit_rate@10", "precision@10", "map@10"):
        assert found[name] == pytest.approx(own[name].value, abs=1e-5), name


def test_metrics_of_a_file_equal_those_of_ratings_in_memory(spark_session: Any, tmp_path: Path) -> None:
    from penchant.engines import spark

    split = pt.split.random(low_rank(), test=0.2)
    model = pt.train(split.train, "baseline")
    path = tmp_path / "test.csv"
    split.test.to_frame().write_csv(path)
    found, memory = spark.evaluate(model, str(path), at=5), spark.evaluate(model, split.test, at=5)
    assert found == pytest.approx(memory, abs=1e-6)
    assert 0 < found["recall@5"] < 1
