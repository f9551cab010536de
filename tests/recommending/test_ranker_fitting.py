"""The fitted ranker: the rows it is fitted on, what its weights and P(like) achieve, and exact short lists."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from made_ratings import of_arrays
from penchant.data.ratings import Ratings
from penchant.data.splitting import random as random_split
from penchant.evaluation.report.evaluate import evaluate
from penchant.models.pair_predictions import score_table
from penchant.models.trained import TrainedModel
from penchant.recommending import ranking_terms
from penchant.recommending.list_scoring import rank_blocks_by_ranker, user_inputs
from penchant.recommending.popularity import DAY
from penchant.recommending.ranker import Ranker
from penchant.recommending.ranker_fitting import fit_ranker
from penchant.recommending.ranking_candidates import Candidates
from penchant.recommending.ranking_cuts import choose_cuts
from penchant.recommending.ranking_terms import best_by_ranker, p_choose, ranking_table
from penchant.recommending.ranking_weights import fitted as fitted_weights
from penchant.recommending.recommender import Recommender, index_of
from penchant.recommending.row_lookup import resolve
from penchant.training import registry

USERS, ITEMS = 300, 120


def chosen_and_rated(seed: int = 0, *, times: bool = False) -> Ratings:
    """Users choose popular items of their taste; how they rate them depends on another taste.

    times: twelve weeks; a third of the items is popular in each four of them.
    """
    rng = np.random.default_rng(seed)
    tastes, kinds = rng.normal(size=(USERS, 3)), rng.normal(size=(ITEMS, 3))
    likes, worth = rng.normal(size=(USERS, 2)), rng.normal(size=(ITEMS, 2))
    wanted = rng.normal(0, 1.2, ITEMS) + 0.7 * tastes @ kinds.T + rng.gumbel(size=(USERS, ITEMS))
    week = rng.integers(0, 12, (USERS, 25)) if times else None
    if week is None:
        items = np.argsort(-wanted, axis=1)[:, :25]
    else:
        fresh = np.arange(ITEMS) % 3
        items = np.stack([_of_weeks(row, weeks, fresh) for row, weeks in zip(wanted, week, strict=True)])
    users = np.repeat(np.arange(USERS), 25)
    score = 3 + 0.5 * (likes @ worth.T) + rng.normal(0, 0.4, (USERS, ITEMS))
    values = np.clip(np.round(score[users, items.ravel()]), 1, 5)
    made = of_arrays(users, items.ravel(), values, USERS, ITEMS)
    if week is None:
        return made
    return dataclasses.replace(made, timestamps=(week.ravel() * 7 * DAY + rng.integers(0, 7 * DAY, users.size)))


def _of_weeks(wanted: np.ndarray, weeks: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """One item for each week, none twice: the items of its four weeks are far more wanted."""
    left, found = wanted.copy(), []
    for week in weeks:
        item = int(np.argmax(left + 4.0 * (fresh == week // 4)))
        left[item] = -np.inf
        found.append(item)
    return np.array(found)


def rating_model(rows: Ratings) -> TrainedModel:
    return registry.train(rows, "als", seed=0, factors=4)


def choice_model(rows: Ratings) -> TrainedModel:
    return registry.train(rows, "ease", seed=0, positive_from=0.0, regularization=50.0)


def ranker_of(rows: Ratings) -> Ranker:
    return fit_ranker(choose_cuts(rows, seed=0), choice_model, rating_model)


@pytest.fixture(scope="module")
def split() -> Any:
    return random_split(chosen_and_rated(), test=0.2, seed=1)


@pytest.fixture(scope="module")
def fitted(split: Any) -> Recommender:
    return Recommender(rating_model(split.train), choice_model(split.train), ranker_of(split.train))


def test_lists_of_both_parts_are_better_than_those_of_each(fitted: Recommender, split: Any) -> None:
    combined, *others = evaluate(fitted, split).rows
    alone = [row.metrics["ndcg@10"].value for row in others if ", by " in row.label]
    assert len(alone) == 2
    assert combined.metrics["ndcg@10"].value > 1.05 * max(alone)


def test_p_like_is_calibrated(fitted: Recommender, split: Any) -> None:
    assert evaluate(fitted, split).rows[0].metrics["like_gap"].value < 0.05


def test_the_facts_show_what_each_part_is_worth(fitted: Recommender) -> None:
    assert fitted.ranker is not None
    facts = fitted.ranker.facts["combined"]
    for term in facts["terms"].values():
        assert term["without"] <= facts["ndcg@10"] + 1e-9
        assert term["alone"] <= facts["ndcg@10"] + 1e-9
    assert facts["log_likelihood"] < 0
    assert facts["log_likelihood_without"].keys() == {"log_choice", "log_like"}
    assert max(facts["log_likelihood_without"].values()) < facts["log_likelihood"]


@pytest.mark.parametrize("by", ["combined", "choice"])
def test_short_lists_are_the_top_of_the_whole_table(
    fitted: Recommender, by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_terms, "FEWEST", 1)
    monkeypatch.setattr(ranking_terms, "FIRST", 1)  # so that the bound has to prove the list several times
    index, ranker = index_of(fitted), fitted.ranker
    assert ranker is not None
    users, allowed = np.arange(20, dtype=np.int32), np.arange(ITEMS) % 5 != 0
    monkeypatch.setattr(index, "ranker_for", lambda by: ranker)  # also where one term alone would need none
    (block,) = rank_blocks_by_ranker(index, by, users, 7, allowed=allowed, seen=None)
    for user in users:
        rows = {name: resolve(part.trained.users, users[user : user + 1]).rows for name, part in index.parts.items()}
        choice = index.part("choice")
        one = user_inputs(index, score_table(choice.trained, rows["choice"], choice.stacked), rows["rating"], user=user)
        table = np.where(allowed & ~index.unrated, ranking_table(ranker, by, one)[0], -np.inf)
        best, scores = best_by_ranker(ranker, by, one, 7, allowed & ~index.unrated)
        np.testing.assert_allclose(scores, np.sort(table)[::-1][:7], rtol=1e-5)
        assert set(best) == set(np.argsort(-table)[:7])
        np.testing.assert_array_equal(block.items[user], best)  # many at once have the lists of one at a time
        np.testing.assert_allclose(block.scores[user], scores, rtol=1e-5)
        np.testing.assert_allclose(block.p_choose[user], p_choose(ranker, one, best)[0], rtol=1e-5)


# --- cuts ---------------------------------------------------------------------------------------------------------


def test_the_latest_weeks_are_held_back_if_they_differ_from_all_time() -> None:
    drifting = chosen_and_rated(times=True)
    cuts = choose_cuts(drifting, seed=0)
    assert len(cuts) == 5
    assert [cut.at for cut in cuts] == sorted(cut.at or 0 for cut in cuts)
    for cut in cuts:
        assert cut.train.timestamps is not None
        assert cut.test.timestamps is not None
        assert cut.train.timestamps.max() < (cut.at or 0) <= cut.test.timestamps.min()
    assert choose_cuts(drifting, seed=0, how="random")[0].at is None


def test_random_rows_are_held_back_if_times_say_nothing() -> None:
    still = chosen_and_rated()
    days = np.random.default_rng(0).integers(0, 84 * DAY, len(still))
    (cut,) = choose_cuts(dataclasses.replace(still, timestamps=days), seed=0)
    assert cut.at is None
    assert len(cut.test) == int(0.15 * len(still))
    assert choose_cuts(dataclasses.replace(still, timestamps=days), seed=0, how="latest")[0].at is not None


def test_recent_choices_get_a_weight_where_they_predict_what_comes_next() -> None:
    ranker = ranker_of(chosen_and_rated(times=True))
    recent = [weight for name, weight in ranker.choice_weights.items() if name != "log_choice"]
    assert max(recent) > 0
    assert ranker.facts["choice"]["ndcg@10"] > 1.2 * ranker.facts["choice"]["terms"]["log_choice"]["alone"]


# --- new users ----------------------------------------------------------------------------------------------------


def test_a_user_of_whom_nothing_is_known_gets_popular_items(fitted: Recommender) -> None:
    listed, popular = fitted.recommend("new", 10).ids, fitted.popular(20).ids
    assert len(set(listed) & set(popular)) >= 6


def test_a_rating_of_one_and_a_rating_of_five_give_different_lists(fitted: Recommender) -> None:
    low, high = (fitted.fold_in({"i3": value}).recommend(10).ids for value in (1.0, 5.0))
    assert low != high


def test_a_share_of_the_list_can_be_reserved_for_items_without_ratings() -> None:
    ratings = chosen_and_rated()
    kept = ratings.take(ratings.item_numbers >= 10)
    model = Recommender(rating_model(kept), choice_model(kept), ranker_of(kept))
    new = {f"i{number}" for number in range(10)}
    assert not new & set(model.recommend(100, 10).ids)
    assert len(new & set(model.recommend(100, 10, new_items=0.2).ids)) == 2
    assert len(new & set(model.recommend(100, ITEMS).ids)) == 10
    assert not new & set(model.recommend_many([100], 10)["item"])


def test_where_no_term_helps_lists_are_ordered_by_choice() -> None:
    held = np.array([1.0, 0.0, 0.0] * 20)
    starts = np.arange(0, 61, 3)
    table = Candidates(-held[:, None], held, held, starts, {"chosen": np.ones(20)})
    assert fitted_weights(["log_choice"], table, "chosen")[0] == {"log_choice": 1.0}
