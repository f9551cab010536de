"""No test rating may reach a scorer; a scorer that uses test ratings is caught."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from evaluation.made_worlds import World
from penchant.data.splitting import Split
from penchant.evaluation.report.evaluate import evaluate
from penchant.evaluation.scoring.baselines import GlobalMean, MostPopular, baselines
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, RecommenderScorer, ScorerOutput
from penchant.foundations.errors import CallerError


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def with_other_test_ratings(split: Split) -> Split:
    """The same training rows, the same test pairs, other test ratings."""
    values = split.test.values[::-1].copy()
    assert not np.array_equal(values, split.test.values)
    return dataclasses.replace(split, test=dataclasses.replace(split.test, values=values))


def check_no_test_rating_is_used(build: Callable[[Split], EvaluationScorer], split: Split) -> None:
    """The predictions for the test pairs must not change when only the test ratings change."""
    users, items = split.test.user_numbers, split.test.item_numbers
    one, other = build(split), build(with_other_test_ratings(split))
    np.testing.assert_array_equal(one.predict(users, items).mean, other.predict(users, items).mean)
    some = np.unique(users)[:5]
    np.testing.assert_array_equal(one.score_rows(some), other.score_rows(some))


@pytest.mark.parametrize("build", [GlobalMean, MostPopular, lambda split: baselines(split)[0]])
def test_baselines_do_not_use_test_ratings(build: Callable[[Split], EvaluationScorer], world: World) -> None:
    check_no_test_rating_is_used(build, world.split())


def test_models_do_not_use_test_ratings(world: World) -> None:
    check_no_test_rating_is_used(lambda s: RecommenderScorer(world.oracle(s.train), s), world.split())


class Peeking(GlobalMean):
    """A cheat: its mean is that of the test."""

    def __init__(self, split: Split) -> None:
        super().__init__(split)
        self._answers = split.test.values

    def predict(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None = None) -> ScorerOutput:
        return ScorerOutput(self._answers)


def test_a_scorer_that_uses_test_ratings_is_detected(world: World) -> None:
    with pytest.raises(AssertionError):
        check_no_test_rating_is_used(Peeking, world.split())


def test_a_model_trained_on_test_rows_is_refused(world: World) -> None:
    split = world.split()
    cheat = world.oracle(world.ratings)
    with pytest.raises(CallerError, match=r"learned from 750 of the 750 test rows. Train it on split\.train"):
        evaluate(cheat, split)


def test_one_leaked_row_is_refused(world: World) -> None:
    split = world.split()
    rows = np.sort(np.append(np.setdiff1d(np.arange(3000), np.arange(10)), 5))
    with pytest.raises(CallerError, match="learned from"):
        evaluate(world.oracle(world.ratings.take(rows)), split)
