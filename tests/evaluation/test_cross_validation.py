from __future__ import annotations

import json

import numpy as np
import pytest

from evaluation.made_worlds import NOISE, World
from penchant.data.splitting import Split, split_rows
from penchant.evaluation.comparison.cross_validation import CrossValidationResult, cross_validate
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.foundations.errors import CallerError
from penchant.metrics.rating_error import rmse
from penchant.recommending.train_parts import train


@pytest.fixture(scope="module")
def folds() -> list[Split]:
    ratings = World().ratings
    parts = np.array_split(np.random.default_rng(0).permutation(len(ratings)), 4)
    return [split_rows(ratings, rows, question="?", name=f"fold {n}") for n, rows in enumerate(parts)]


@pytest.fixture(scope="module")
def found(folds: list[Split]) -> CrossValidationResult:
    return cross_validate(folds, "baseline", relevant_from=3.5)


def test_pooled_metrics_are_those_of_all_rows_together(folds: list[Split], found: CrossValidationResult) -> None:
    truth, said = [], []
    for split in folds:
        scorer = RecommenderScorer(train(split.train, "baseline"), split)
        truth.append(split.test.values)
        said.append(scorer.predict(split.test.user_numbers, split.test.item_numbers).mean)
    assert found["rmse"].value == pytest.approx(rmse(np.concatenate(truth), np.concatenate(said)), rel=1e-6)
    assert NOISE < found["rmse"].low < found["rmse"].value < found["rmse"].high


def test_a_user_tested_in_several_splits_counts_once(folds: list[Split], found: CrossValidationResult) -> None:
    twice = cross_validate([*folds, *folds], "baseline", relevant_from=3.5)
    assert twice["rmse"].value == pytest.approx(found["rmse"].value)
    assert (twice["rmse"].low, twice["rmse"].high) == pytest.approx((found["rmse"].low, found["rmse"].high))


def test_every_split_has_its_own_metrics(found: CrossValidationResult) -> None:
    assert len(found.by_split) == 4 and len({one["rmse"] for one in found.by_split}) == 4
    json.dumps(found.to_json(), allow_nan=False)
    assert "4 splits: fold 0 … fold 3" in str(found) and "NDCG @ 10" in str(found)


def test_an_empty_list_of_splits_is_refused() -> None:
    with pytest.raises(CallerError, match="no split"):
        cross_validate([], "baseline")
