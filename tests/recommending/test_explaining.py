"""Explanations add up to the score that they explain."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from made_models import made
from penchant.data.ratings import Ratings
from penchant.models.scorers import DotScorer
from penchant.recommending.explanations import Explanation, RankedExplanation
from penchant.recommending.ranker import Liking, Ranker
from penchant.recommending.recommender import Recommender, main_model
from penchant.training import registry
from recommending.made_scorers import SCORERS


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("item", [7, 9, 5, 404])
def test_the_parts_add_up_for_known_and_unknown_users(name: str, item: int) -> None:
    model = Recommender.of(made(SCORERS[name], samples=1))
    for found in (
        model.explain("ann", item),
        model.explain("zoe", item),
        model.fold_in({7: 4.0, 3: 1.5}).explain(item),
    ):
        assert found.total == pytest.approx(found.score, abs=1e-4)
        assert found.predicted == pytest.approx(main_model(model).clip(_linked(model, found.score)), abs=1e-3)
        json.dumps(found.to_json())


def _linked(model: Recommender, score: float) -> float:
    scorer = main_model(model).scorer
    return float(scorer.linked(np.array([[score]], np.float32))[0, 0]) if isinstance(scorer, DotScorer) else score


TERMS = {"log_choice": 0.9, "log_like": 0.6, "log_popularity_7": 0.3, "log_recent_neighbours": 0.2}


@pytest.fixture(scope="module")
def timed() -> Recommender:
    """Both parts of a table with times, and a ranker with every kind of term."""
    ratings = dated()
    parts = [registry.train(ratings, name, seed=1, **how) for name, how in (("als", {"factors": 3}), ("ease", {}))]
    own = {name: weight for name, weight in TERMS.items() if name != "log_like"}
    return Recommender(*parts, Ranker(TERMS, own, Liking.of(ratings.values, ratings.scale), cold_share=0.01))


def test_the_terms_of_the_ranker_add_up_to_the_score_of_the_list(timed: Recommender) -> None:
    for state in (timed.fold_in(user=3), timed.fold_in(user="new"), timed.fold_in({2: 5.0, 4: 1.0})):
        listed = state.recommend(50, exclude_seen=False)
        assert UNSEEN in listed.ids
        for line in listed:
            said = state.explain(line.id)
            assert isinstance(said, RankedExplanation)
            assert {one.name: one.weight for one in said.terms} == TERMS
            assert sum(one.weight * one.value for one in said.terms) == pytest.approx(line.score, abs=1e-5)
            values = {one.name: one.value for one in said.terms}
            assert np.exp(values["log_choice"]) == pytest.approx(said.p_choose, rel=1e-5)
            assert (said.predicted, said.std) == (pytest.approx(line.predicted), pytest.approx(line.std))
            assert said.p_like == pytest.approx(line.p_like)
            for name in ("rating", "choice"):
                assert said.parts[name] == state.explain(line.id, by=name)  # type: ignore[call-overload]
            json.dumps(said.to_json())


def test_an_unknown_item_is_explained_as_a_new_one(timed: Recommender) -> None:
    said, unseen = timed.explain(3, 404), timed.explain(3, UNSEEN)
    assert isinstance(said, RankedExplanation)
    assert isinstance(unseen, RankedExplanation)
    values, others = ({one.name: one.value for one in why.terms} for why in (said, unseen))
    assert said.p_choose == pytest.approx(unseen.p_choose / 2, rel=1e-5)  # two new items share what one had
    assert [values[name] for name in ("log_popularity_7", "log_recent_neighbours")] == pytest.approx(
        [others[name] for name in ("log_popularity_7", "log_recent_neighbours")]
    )
    assert np.isfinite(said.score)


def test_a_list_by_choice_with_more_terms_is_explained_by_them() -> None:
    ratings = dated()
    ranker = Ranker({}, {"log_choice": 1.0, "log_popularity_7": 0.5})
    model = Recommender(choice_model=registry.train(ratings, "ease", seed=1), ranker=ranker)
    for line in model.recommend(3, 5):
        said = model.explain(3, line.id)
        assert said.by == "choice"
        assert said.total == pytest.approx(line.score, abs=1e-5)
        assert isinstance(model.explain(3, line.id, by="choice"), Explanation)


UNSEEN = 9
"""An item of the catalogue without ratings."""


def dated() -> Ratings:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(30 * 9)[:120]
    table = {
        "user": pairs // 9,
        "item": pairs % 9,
        "rating": rng.integers(1, 6, 120).astype(float),
        "timestamp": 1_700_000_000 + rng.integers(0, 30 * 86_400, 120),
    }
    features = pl.DataFrame({"item": range(10), "genre": ["a", "b"] * 5})
    return Ratings.from_frame(pl.DataFrame(table)).with_features(items=features, id_column="item")


def test_an_explanation_is_shown_in_a_line(timed: Recommender) -> None:
    why = timed.fold_in(user=3).explain(5)
    assert isinstance(why, RankedExplanation)
    for one in (why, *why.parts.values()):
        assert one.title in repr(one) and f"{one.score:.4g}" in repr(one)
        assert "\n" not in repr(one) and len(repr(one)) < 250
    pulls = [one.pulls for one in why.parts.values()]
    assert f"{len(pulls[0])} pulls" in repr(why.parts["rating"])
