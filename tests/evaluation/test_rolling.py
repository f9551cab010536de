"""Evaluation at rolling cuts: recent popularity beside the model, pooled over users and cuts."""

from __future__ import annotations

import json

import numpy as np
import pytest

import penchant as pt
from penchant.data import splitting
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.comparison.cross_validation import CrossValidationResult, cross_validate
from penchant.evaluation.scoring.baselines import MostPopular, baselines, naive_baselines
from penchant.foundations.errors import CallerError, DataError
from penchant.metrics.intervals import UserSums, bootstrap
from penchant.metrics.split_sums import SplitSums, interval_of
from worlds import small_ratings

RECENT = ["popular, 7 days", "popular, 30 days"]


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return small_ratings()


@pytest.fixture(scope="module")
def cuts(ratings: Ratings) -> list[Split]:
    span = int(np.ptp(ratings.timestamps)) / 86_400
    return splitting.rolling(ratings, cuts=3, horizon=span / 10)


@pytest.fixture(scope="module")
def found(cuts: list[Split]) -> CrossValidationResult:
    return cross_validate(cuts, "baseline", replicates=50)


def test_recent_popularity_is_a_baseline_where_the_split_has_a_cut(ratings: Ratings, cuts: list[Split]) -> None:
    for split in (cuts[0], splitting.temporal(ratings)):
        assert [one.label for one in baselines(split)] == ["baseline", "popular", *RECENT, "mean"]
    assert list(naive_baselines(splitting.random(ratings))) == ["popular", "mean"]


def test_recent_popularity_counts_back_from_the_cut_and_breaks_ties_by_all_time(cuts: list[Split]) -> None:
    split = cuts[1]
    recent = split.train.timestamps >= split.cut - 7 * 86_400
    n = len(split.test.items)
    late = np.bincount(split.train.item_numbers[recent], minlength=n)
    ever = np.bincount(split.train.item_numbers, minlength=n)
    scores = MostPopular(split, 7).score_rows(np.array([0]))[0]
    assert np.lexsort((np.arange(n), -scores)).tolist() == np.lexsort((np.arange(n), -ever, -late)).tolist()
    assert len(np.unique(scores)) == len(set(zip(late.tolist(), ever.tolist(), strict=True)))


def test_recent_popularity_needs_a_cut(ratings: Ratings) -> None:
    with pytest.raises(DataError, match="needs a cut"):
        MostPopular(splitting.random(ratings), 7)


def test_every_test_row_is_relevant_and_reports_say_so(cuts: list[Split]) -> None:
    report = pt.evaluate(pt.train(cuts[0].train, "baseline"), cuts[0], plots=False, replicates=20)
    assert [row.label for row in report.rows][2:4] == RECENT
    assert "What do users choose next?" in str(report)
    assert "Every item of the test rows is relevant." in str(report)
    table = pt.compare(["baseline"], cuts[0], replicates=20)
    assert set(RECENT) <= set(table.labels)


def test_pooled_metrics_with_their_baselines(cuts: list[Split], found: CrossValidationResult) -> None:
    assert found.rolling
    assert list(found.baselines) == ["popular", *RECENT, "mean"]
    users = [len(np.unique(split.test.user_numbers)) for split in cuts]
    recalls = [one["recall@10"] for one in found.by_split]
    assert found["recall@10"].value == pytest.approx(np.average(recalls, weights=users))
    gap = found.difference("popular", "recall@10")
    assert gap.value == pytest.approx(found["recall@10"].value - found.baselines["popular"]["recall@10"].value)
    assert gap.low <= gap.value <= gap.high
    same = found.difference("baseline", "recall@10")
    assert (same.low, same.value, same.high) == (0, 0, 0)
    text = str(found)
    assert "users and cuts" in text and "popular, 30 days" in text
    assert set(json.loads(json.dumps(found.to_json(), allow_nan=False))["models"]) == {"baseline", *found.baselines}


def test_a_baseline_that_there_is_not(found: CrossValidationResult) -> None:
    with pytest.raises(CallerError, match="nothing is called 'ease'"):
        found.difference("ease", "recall@10")


def test_one_split_alone_is_no_list_of_splits(cuts: list[Split]) -> None:
    with pytest.raises(CallerError, match="no splits"):
        cross_validate(cuts[0], "baseline")  # type: ignore[arg-type]


# --- intervals -------------------------------------------------------------------------------------------------------


def test_intervals_over_users_are_those_of_pooled_sums() -> None:
    rng = np.random.default_rng(0)
    sums = SplitSums(rng.random((80, 3)), np.ones((80, 3)))
    ours = interval_of(sums.pooled.value, sums.samples(seed=1, replicates=400, splits=False), 0.9)
    plain = bootstrap(
        UserSums(sums.parts.sum(1), sums.weights.sum(1)), rng=np.random.default_rng(2), replicates=400, level=0.9
    )
    assert ours.value == plain.value
    assert ours.low == pytest.approx(plain.low, abs=0.01) and ours.high == pytest.approx(plain.high, abs=0.01)
    np.testing.assert_allclose(sums.by_split, sums.parts.mean(axis=0))


def test_intervals_over_splits_are_wider_where_splits_differ() -> None:
    """The spread of the mean over C splits that differ by a standard deviation of 1 is 1 / sqrt(C)."""
    effects = np.random.default_rng(0).normal(size=12)
    effects = (effects - effects.mean()) / effects.std()
    sums = SplitSums(np.tile(effects, (200, 1)), np.ones((200, 12)))
    assert sums.samples(seed=0, replicates=300, splits=False).std() == pytest.approx(0, abs=1e-9)
    assert sums.samples(seed=0, replicates=2000, splits=True).std() == pytest.approx(12**-0.5, rel=0.1)
