"""Lists and metrics for everybody on Spark are those of one machine."""

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

pytestmark = pytest.mark.java


def whole_number_model(samples: int = 2) -> pt.Model:
    """Rows of small whole numbers: scores are exact in any order of summing, and many of them are equal."""
    rng, ratings = np.random.default_rng(3), low_rank(users=50, items=40, n=500)
    kinds = pl.DataFrame({"id": ratings.items.ids.tolist(), "kind": ["even", "odd"] * 20})
    ratings = ratings.with_features(items=kinds)
    rows = [
        (rng.integers(-1, 2, (samples, n)).astype(np.float32), rng.integers(-1, 2, (samples, n, 3)).astype(np.float32))
        for n in (50, 40)
    ]
    prior = flat_prior(samples, 3, 1.0)
    return pt.Model(
        assemble(
            ratings, kind="dot_bias", settings={}, scorer=DotScorer(np.full(samples, 3, np.float32)), user_rows=rows[0],
            item_rows=rows[1], priors=(prior, prior), noise=np.ones(samples, np.float32),
        )
    )  # fmt: skip


def lists(session: Any, model: pt.Model, folder: Path, **how: Any) -> pl.DataFrame:
    from penchant.engines import spark

    found = spark.recommend_all(model, str(folder / "lists"), **how)
    return pl.read_parquet(f"{found}/*.parquet").sort("user", "rank")


FILTERS = {
    "as they come": {},
    "seen items too": {"exclude_seen": False},
    "some left out": {"exclude": ["i3", "i4", "nobody's"]},
    "those of a kind": {"where": {"kind": "even"}},
    "only these, fewer than asked for": {"among": [f"i{n}" for n in range(0, 40, 7)]},
}


@pytest.mark.parametrize("case", FILTERS)
def test_lists_are_the_local_ones_ties_included(spark_here: Any, tmp_path: Path, case: str) -> None:
    model = whole_number_model()
    there = lists(spark_here, model, tmp_path, n=12, **FILTERS[case])
    for user in model.trained.users.vocabulary.ids.tolist():
        here = model.recommend(user, 12, **FILTERS[case])
        mine = there.filter(pl.col("user") == user)
        assert mine["item"].to_list() == here.items.tolist()
        assert mine["rank"].to_list() == list(range(1, len(here) + 1))
        np.testing.assert_allclose(mine["score"], here.scores, atol=1e-6)


def test_the_ties_are_there_to_be_broken() -> None:
    model = whole_number_model()
    scores = model.recommend(100, 12).scores
    assert len(np.unique(scores)) < len(scores)


def test_a_curved_link_is_listed_too(spark_here: Any, tmp_path: Path) -> None:
    straight = whole_number_model()
    head = DotScorer(straight.trained.mean, "sigmoid", 1, 5)
    model = pt.Model(replace(straight.trained, scorer=head))
    there = lists(spark_here, model, tmp_path, n=5)
    for user in (100, 117):
        here = model.recommend(user, 5)
        mine = there.filter(pl.col("user") == user)
        np.testing.assert_allclose(mine["score"], here.scores, atol=1e-5)


def test_lists_that_exist_are_not_lost(spark_here: Any, tmp_path: Path) -> None:
    model = whole_number_model()
    before = lists(spark_here, model, tmp_path, n=2)
    with pytest.raises(EngineError, match="already"):
        lists(spark_here, model, tmp_path, n=3)
    assert pl.read_parquet(f"{tmp_path}/lists/*.parquet").height == before.height
    assert lists(spark_here, model, tmp_path, n=3, overwrite=True).height > before.height


def test_figures_are_the_local_ones(spark_here: Any) -> None:
    """Some test users and items were never met in training."""
    from penchant.engines import spark

    ratings = low_rank(users=80, items=60, n=1100, noise=0.5)
    split = pt.split.random(ratings.take(np.flatnonzero(ratings.user_numbers * 3 != ratings.item_numbers)), test=0.3)
    model = pt.train(split.train, "baseline")
    report = pt.evaluate(model, split, pictures=False)
    found = spark.evaluate(model, split.test)
    assert found["ratings"] == len(split.test)
    assert found["ratings_of_unmet_users"] == (split.test.user_numbers >= split.train.n_users).sum()
    own = report.lines[0].metrics
    for name in ("rmse", "mae", "recall@10", "ndcg@10", "mrr@10", "hit_rate@10", "precision@10", "map@10"):
        assert found[name] == pytest.approx(own[name].value, abs=1e-5), name


def test_figures_of_a_file(spark_here: Any, tmp_path: Path) -> None:
    from penchant.engines import spark

    split = pt.split.random(low_rank(), test=0.2)
    model = pt.train(split.train, "baseline")
    path = tmp_path / "test.csv"
    split.test.to_frame().write_csv(path)
    found, memory = spark.evaluate(model, str(path), at=5), spark.evaluate(model, split.test, at=5)
    assert found == pytest.approx(memory, abs=1e-6)
    assert 0 < found["recall@5"] < 1
