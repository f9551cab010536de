from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evaluation.made_worlds import World
from penchant.data import splitting
from penchant.data.splitting import Split
from penchant.evaluation.comparison.compare import compare
from penchant.evaluation.report.evaluate import evaluate
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer, labels_of
from penchant.foundations.errors import CallerError
from penchant.models.trained import Feedback
from penchant.recommending.recommender import Recommender, main_model


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def hidden_items(world: World, share: int = 10) -> Split:
    """A split with all ratings of some items in the test, so that these items are new."""
    rows = np.flatnonzero(world.ratings.item_numbers % share == 0)
    return splitting.split_rows(world.ratings, rows, question="new items?", name="hidden items")


def test_scores_of_rows_are_the_predictions_of_pairs_with_unrated_items_last(world: World) -> None:
    split = hidden_items(world)
    scorer = RecommenderScorer(world.oracle(split.train), split)
    users = np.array([3, 0, 17])
    table = scorer.score_rows(users)
    assert table.shape == (3, len(split.test.items))
    rated = np.unique(split.train.item_numbers)
    hidden = np.setdiff1d(np.arange(len(split.test.items)), rated)
    assert len(hidden)
    for row, user in enumerate(users):
        pairs = scorer.predict(np.full(len(rated), user), rated).mean
        np.testing.assert_allclose(split.train.scale.clip(table[row, rated]), pairs, rtol=1e-5)
        assert table[row, hidden].max() < table[row, rated].min()


def test_metrics_do_not_depend_on_the_numbering_of_ids(world: World) -> None:
    split = hidden_items(world)
    shuffled = np.random.default_rng(3).permutation(len(split.train))
    frame = split.train.take(shuffled)
    order = np.random.default_rng(4).permutation(split.train.n_items)
    inverse = np.argsort(order).astype(np.int32)
    other = dataclasses.replace(
        frame,
        items=type(frame.items)(frame.items.ids[order]),
        item_numbers=inverse[frame.item_numbers],
        item_features=frame.item_features and frame.item_features.take(order),
    )
    one, two = (evaluate(world.oracle(train), split, plots=False, relevant_from=3.5) for train in (split.train, other))
    for name, interval in one.rows[0].metrics.items():
        assert two[name].value == pytest.approx(interval.value, rel=1e-5), name


def test_an_unknown_item_is_predicted_from_the_prior_and_flagged(world: World) -> None:
    split = hidden_items(world)
    scorer = RecommenderScorer(world.oracle(split.train), split)
    answers = scorer.predict(np.array([0, 0]), np.array([0, len(split.train.items)]))
    assert answers.sources is not None and answers.sources.tolist() == ["known", "prior"]
    assert answers.std is not None and answers.std[1] > answers.std[0]


def test_two_scorers_may_not_share_a_label(world: World) -> None:
    split = world.split()
    one = RecommenderScorer(world.oracle(split.train), split)
    with pytest.raises(CallerError, match="two models have the label 'oracle'"):
        labels_of([one, one])


# --- two parts ----------------------------------------------------------------------------------------------------


def both_parts(world: World, split: Split) -> Recommender:
    """The oracle as rating model, and a choice model with other item rows."""
    rating, other = (main_model(world.oracle(split.train, blur=blur)) for blur in (0.0, 0.5))
    return Recommender(rating, dataclasses.replace(other, feedback=Feedback()))


def test_two_parts_predict_by_one_and_are_ordered_as_their_lists_are(world: World) -> None:
    split = world.split()
    model = both_parts(world, split)
    scorers = {by: RecommenderScorer(model, split, by=by) for by in (None, "combined", "rating", "choice")}  # type: ignore[arg-type]
    assert scorers[None].predicts_ratings
    assert scorers[None].label == "oracle+oracle"
    users, items = np.array([3, 0, 17]), np.arange(len(split.test.items))
    alone = RecommenderScorer(world.oracle(split.train), split)
    np.testing.assert_array_equal(scorers[None].predict(users, items[:3]).mean, alone.predict(users, items[:3]).mean)
    np.testing.assert_array_equal(scorers["rating"].score_rows(users), alone.score_rows(users))
    np.testing.assert_array_equal(scorers[None].score_rows(users), scorers["combined"].score_rows(users))
    for by in ("combined", "rating", "choice"):
        table = scorers[by].score_rows(users)
        for row, user in enumerate(users):
            listed = model.recommend(split.test.users.ids[user], 5, by=by, exclude_seen=False)  # type: ignore[arg-type]
            best = np.argsort(-table[row], kind="stable")[:5]
            assert listed.ids == split.test.items.ids[best].tolist()
    rows = {row.label: row.metrics for row in evaluate(model, split, plots=False).rows}
    assert {"rmse", "like_gap", "ndcg@10"} <= rows["oracle+oracle"].keys()
    assert "ndcg@10" in rows["oracle+oracle, by choice"] and "rmse" not in rows["oracle+oracle, by choice"]
    assert rows["oracle+oracle, by rating"]["ndcg@10"] == evaluate(world.oracle(split.train), split)["ndcg@10"]
    labels = compare([model], split).labels
    assert set(labels) >= {"oracle+oracle", "oracle+oracle, by rating", "oracle+oracle, by choice"}


def test_a_choice_part_that_has_learned_from_test_rows_is_refused(world: World) -> None:
    split = world.split()
    leaky = dataclasses.replace(main_model(world.oracle(world.ratings)), feedback=Feedback())
    rating = main_model(world.oracle(split.train))
    with pytest.raises(CallerError, match="learned from"):
        RecommenderScorer(Recommender(rating, leaky), split)
