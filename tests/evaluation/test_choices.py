"""Tables without ratings are evaluated on choices alone."""

from __future__ import annotations

import numpy as np
import pytest

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError
from worlds import small_ratings


@pytest.fixture(scope="module")
def chosen() -> Ratings:
    return Ratings.from_frame(small_ratings().to_frame().drop("rating"))


def test_choices_are_measured_by_every_test_row_and_against_popularity(chosen: Ratings) -> None:
    split = pt.split.random(chosen)
    model = pt.train(split.train, "ease")
    report = pt.evaluate(model, split, replicates=20)
    assert [row.label for row in report.rows] == ["ease", "popular"]
    assert "rmse" not in report.names and report["ndcg@10"].value > 0
    assert set(pt.compare(["ease"], split, replicates=20).labels) == {"ease", "popular"}
    with pytest.raises(CallerError, match="no rating model"):
        model.predict(1, 1)


def test_equal_ratings_are_evaluated_without_an_error() -> None:
    table = small_ratings().to_frame().with_columns(rating=np.full(700, 4.0))
    split = pt.split.random(Ratings.from_frame(table, scale=(1, 5)))
    report = pt.evaluate(pt.train(split.train, "baseline"), split, replicates=20)
    assert report["rmse"].value == pytest.approx(0, abs=1e-6)
    assert report["ndcg@10"].value > 0


@pytest.mark.parametrize("model", ["als", "bayes", "baseline", "dot", "dot_bias", "net"])
def test_rating_models_are_refused_for_choices(chosen: Ratings, model: str) -> None:
    with pytest.raises(CallerError, match=f"model: '{model}' learns from ratings, and the table has none. Name no"):
        pt.train(chosen, model)
