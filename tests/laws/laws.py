"""Tests of every recommender, and of every registered model. A model joins with a class of its own; see
`test_models.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from laws.small_world import ITEMS, UNRATED, small_world
from penchant.foundations.errors import CallerError, SettingsError
from penchant.foundations.progress import Silent
from penchant.foundations.rng import generator
from penchant.recommending.options import By
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender, index_of, load, main_model
from penchant.recommending.results import SOURCES, Ranking
from penchant.recommending.train_parts import train
from penchant.recommending.user_state import new_user_state
from penchant.training.registry import model_spec

KNOWN_USERS, KNOWN_ITEMS = [100, 117, 159], ["item-0", "item-20"]
STRANGE = [UNRATED, "item-404", "", "ünïcode", 12, -1, 2**40]


class RecommenderLaws:
    """Tests of every recommender, for any of its parts."""

    seeded: ClassVar[bool] = True
    """Whether the seed matters."""

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> Recommender:
        return cls.trained(seed=3)

    @classmethod
    def trained(cls, seed: int) -> Recommender:
        raise NotImplementedError

    # --- known and unknown ids ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("user", [*KNOWN_USERS, "100", "unknown", 404, -1, ""])
    def test_every_user_and_item_gets_a_prediction_with_its_source(self, model: Recommender, user: Any) -> None:
        known = user in (*KNOWN_USERS, "100")
        listed = model.recommend(user, ITEMS, exclude_seen=False)
        assert len(listed) == ITEMS
        assert np.isfinite(listed.scores).all()
        assert listed.source == ("known" if known else "prior")
        if model.rating_model is None:
            with pytest.raises(CallerError, match=r"no rating model.*recommend"):
                model.predict(user, KNOWN_ITEMS)
            return
        found = model.predict(user, [*KNOWN_ITEMS, *STRANGE])
        assert np.isfinite(found.mean).all()
        assert np.isfinite(found.std).all()
        assert (found.std > 0).all()
        assert set(found.source) <= set(SOURCES)
        assert set(found.user_source) == {"known" if known else "prior"}
        assert found.item_source[:3].tolist() == ["known", "known", "features"]
        assert set(found.item_source[3:]) == {"prior"} or set(found.item_source[3:]) == {"features"}

    def test_a_list_without_an_allowed_item_is_empty(self, model: Recommender) -> None:
        for user in (100, "unknown"):
            assert model.recommend(user, among=[]).ids == []
            assert model.recommend(user, exclude=index_of(model).items.ids).ids == []
            assert len(model.recommend_many([user], among=[])) == 0
        assert model.fold_in({"item-3": 5.0}).recommend(among=[]).ids == []

    def test_predictions_stay_on_the_scale(self, model: Recommender) -> None:
        if model.rating_model is not None:
            users = model.rating_model.users.vocabulary.ids
            means = np.concatenate([model.predict(users, item).mean for item in (*KNOWN_ITEMS, *STRANGE)])
            assert means.min() >= 0.5
            assert means.max() <= 5.0

    @pytest.mark.parametrize("ratings", [{}, {"item-3": 5.0}, {"item-3": 4.5, "item-404": 5.0, UNRATED: 4.0}])
    def test_a_new_user_is_predicted_from_their_ratings(self, model: Recommender, ratings: dict[str, float]) -> None:
        state = model.fold_in(ratings)
        assert state.source == ("folded_in" if ratings else "prior")
        assert len(state.recommend(ITEMS)) == ITEMS - len(set(ratings) - {"item-404"})
        if model.rating_model is not None:
            assert np.isfinite(state.predict([*KNOWN_ITEMS, *STRANGE]).mean).all()
            assert set(state.predict(KNOWN_ITEMS).source) == {state.source}

    items_from_features: ClassVar[bool] = True

    def test_a_new_item_is_predicted_from_its_ratings_and_features(self, model: Recommender) -> None:
        states = [
            model.fold_in_item(),
            model.fold_in_item(features={"genres": ["warm"]}),
            model.fold_in_item({100: 5.0, 1: 2}),
        ]
        named = "features" if self.items_from_features else "prior"
        assert [one.source for one in states] == ["prior", named, "folded_in"]
        for one in states:
            assert np.isfinite(one.audience(9).scores).all()
            if model.rating_model is not None:
                assert np.isfinite(one.predict([100, 404]).mean).all()

    def test_the_order_of_ratings_does_not_matter(self, model: Recommender) -> None:
        ratings = {"item-3": 5.0, "item-7": 1.0, "item-11": 4.0}
        back = dict(reversed(ratings.items()))
        one, other = (scores_by_id(model.fold_in(each).recommend(ITEMS)) for each in (ratings, back))
        assert one == pytest.approx(other, abs=2e-3)

    @pytest.mark.parametrize("ratings", [{}, {"item-3": 5.0, "item-7": 1.0}])
    def test_a_user_is_scored_the_same_folded_in_or_kept(self, model: Recommender, ratings: dict[str, float]) -> None:
        kept = model.with_user(10**6, ratings)
        one, other = (state.recommend(ITEMS) for state in (model.fold_in(ratings), kept.fold_in(user=10**6)))
        assert scores_by_id(one) == pytest.approx(scores_by_id(other), rel=1e-5, abs=1e-5)
        if model.rating_model is not None:
            items = [*KNOWN_ITEMS, *STRANGE]
            np.testing.assert_allclose(
                kept.predict(10**6, items).mean, model.fold_in(ratings).predict(items).mean, rtol=1e-5, atol=1e-5
            )

    # --- consistency ------------------------------------------------------------------------------------------

    def test_lists_leave_out_rated_items_and_are_in_order(self, model: Recommender) -> None:
        trained = main_model(model)
        for user in (*KNOWN_USERS, "unknown"):
            listed, whole = model.recommend(user, 7), model.recommend(user, ITEMS)
            number = trained.users.vocabulary.number(user)
            seen = trained.interactions.row(number)[0] if number >= 0 else np.array([], np.int32)
            rated = [item != UNRATED for item in whole.ids]
            assert rated == sorted(rated, reverse=True), "an item without ratings precedes one with ratings"
            assert (np.diff(whole.scores[rated]) <= 1e-5).all()
            assert len(whole) == ITEMS - len(seen)
            assert not set(whole.ids) & set(trained.items.vocabulary.take(seen).tolist())
            np.testing.assert_allclose(listed.scores, whole.scores[:7], rtol=1e-5, atol=1e-6)

    def test_lists_and_predictions_agree(self, model: Recommender) -> None:
        for user in (*KNOWN_USERS, "unknown"):
            listed = model.recommend(user, 7)
            if model.rating_model is None:
                assert listed.predicted is listed.std is listed.p_like is None
                continue
            found = model.predict(user, listed.ids)
            np.testing.assert_allclose(listed.predicted, found.mean, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(listed.std, found.std, rtol=1e-4)
            by_rating = model.recommend(user, 7, by="rating")
            np.testing.assert_array_equal(by_rating.scores, by_rating.predicted)

    def test_lists_for_all_are_the_lists_of_each(self, model: Recommender) -> None:
        import polars as pl

        table = model.recommend_many(None, 5)
        chosen = model.ranker is not None and model.choice_model is not None
        assert table.shape == (5 * len(main_model(model).users), 6 if chosen else 5)
        for by in (None, *parts_of(model)):
            table = model.recommend_many(KNOWN_USERS, 5, by=by)
            for user in KNOWN_USERS:
                own, alone = table.filter(pl.col("user") == user), model.recommend(user, 5, by=by)
                np.testing.assert_allclose(own["score"], alone.scores, rtol=1e-4, atol=1e-5)
                assert len(set(own["item"])) == 5
                assert (alone.p_choose is not None) == chosen
                if alone.p_choose is not None:
                    np.testing.assert_allclose(own["p_choose"], alone.p_choose, rtol=1e-4)

    def test_the_probabilities_of_choosing_add_up_to_one(self, model: Recommender) -> None:
        for user in (100, "unknown"):
            for explore in (None, 1) if model.ranker is not None else ():
                listed = model.recommend(user, ITEMS, exclude_seen=False, explore=explore)
                assert sum(line.p_choose or 0.0 for line in listed) == pytest.approx(1.0, abs=1e-5)

    def test_filters_are_the_same_for_known_and_new_users(self, model: Recommender) -> None:
        filters: dict[str, Any] = {"exclude": ["item-1"], "where": {"genres": "warm"}}
        asked = model.fold_in(user=100).recommend(5, **filters)
        assert asked.ids == model.recommend(100, 5, **filters).ids
        assert "item-1" not in asked.ids
        json.dumps(asked.to_json())

    def test_explanations_add_up(self, model: Recommender) -> None:
        for found in (
            model.explain(100, "item-1"),
            model.explain("unknown", 7),
            model.fold_in({"item-3": 5}).explain(UNRATED),
        ):
            assert found.total == pytest.approx(found.score, abs=1e-3)
            json.dumps(found.to_json())
        for state in (model.fold_in(user=100), model.fold_in(user="unknown"), model.fold_in({"item-3": 5})):
            lines = list(state.recommend(ITEMS))
            for line in (*lines[:3], lines[-1]):  # the last one has no interactions
                said = state.explain(line.id)
                assert said.total == pytest.approx(said.score, abs=1e-5)
                if model.ranker is not None:
                    assert said.score == pytest.approx(line.score, abs=1e-5)

    def test_a_grown_recommender_answers_as_the_folded_in_user(self, model: Recommender) -> None:
        ratings = {"item-3": 5.0, "item-7": 1.0}
        grown, state = model.with_user(999, ratings), model.fold_in(ratings)
        for by in parts_of(model):
            kept = grown.recommend(999, 2, by=by, among=KNOWN_ITEMS)
            new = state.recommend(2, by=by, among=KNOWN_ITEMS)
            assert scores_by_id(kept) == pytest.approx(scores_by_id(new), abs=1e-4)
        assert len(main_model(model).users) + 1 == len(main_model(grown).users)

    def test_popular_items_are_counted_in_the_training_ratings(self, model: Recommender) -> None:
        popular = model.popular(5, where={"genres": "warm"})
        assert (np.diff(popular.scores) <= 0).all()
        assert popular.by == "count"
        assert UNRATED not in model.popular(ITEMS).ids

    # --- saved, and trained again ------------------------------------------------------------------------------

    @pytest.mark.parametrize("mapped", [False, True])
    def test_a_saved_recommender_gives_the_same_answers(self, model: Recommender, tmp_path: Path, mapped: bool) -> None:
        again = load(model.save(tmp_path / "model"), mapped=mapped)
        assert again.ranker == model.ranker
        for user in (*KNOWN_USERS, "unknown"):
            for by in (None, *parts_of(model)):
                assert model.recommend(user, by=by).to_json() == again.recommend(user, by=by).to_json()
        ratings = {"item-3": 5.0, "item-7": 1.0}
        assert model.fold_in(ratings).recommend().to_json() == again.fold_in(ratings).recommend().to_json()

    def test_the_same_seed_gives_the_same_bits(self, model: Recommender) -> None:
        again, other = self.trained(seed=3), self.trained(seed=4)
        for side in ("users", "items"):
            one, two = getattr(main_model(model), side), getattr(main_model(again), side)
            np.testing.assert_array_equal(one.vectors, two.vectors)
            np.testing.assert_array_equal(one.bias, two.bias)
        same = np.array_equal(main_model(model).items.vectors, main_model(other).items.vectors)
        assert same != self.seeded


class ModelLaws(RecommenderLaws):
    """The laws of a recommender with one registered model as its only part.

    name: in the registry. settings: for a quick test. agreement: the largest root mean square difference, over the
    catalogue, between the fold-in of users' training ratings and their trained rows.
    """

    name: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]] = {}
    agreement: ClassVar[float]

    @classmethod
    def trained(cls, seed: int) -> Recommender:
        return train(small_world(), cls.name, seed=seed, settings=cls.settings)

    def test_the_model_is_the_part_of_its_objective(self, model: Recommender) -> None:
        trained = main_model(model)
        assert trained.kind == self.name
        assert (model.rating_model is trained) == (trained.objective == "rating")
        assert (model.choice_model is trained) == (trained.objective == "preference")
        assert model.ranker is None
        assert model.recommend(100, 3).by == ("rating" if trained.objective == "rating" else "choice")

    def test_a_trainer_called_directly_gives_the_same_model(self, model: Recommender) -> None:
        trained = main_model(model)
        spec, world = model_spec(self.name), small_world()
        settings = spec.settings_class().from_json(dict(self.settings))
        again = spec.train()(world, settings, rng=generator(3), progress=Silent())
        for side, other in ((trained.users, again.users), (trained.items, again.items)):
            np.testing.assert_array_equal(side.all_rows().joined, other.all_rows().joined)
            assert [one.name for one in side.prior.effects] == [one.name for one in other.prior.effects]

    def test_another_kind_or_width_cannot_be_resumed(self, model: Recommender) -> None:
        other = train(small_world(), "als" if self.name == "baseline" else "baseline")
        with pytest.raises(SettingsError, match="cannot be continued as"):
            train(small_world(), self.name, resume=other, **self.settings)
        if "factors" in self.settings:
            with pytest.raises(SettingsError, match=r"factors|not a net of this shape"):
                train(small_world(), self.name, resume=model, **{**self.settings, "factors": 5})

    def test_fold_in_of_training_ratings_gives_about_the_trained_row(self, model: Recommender) -> None:
        trained, catalogue = main_model(model), np.arange(ITEMS - 1)
        apart = []
        for user in range(len(trained.users)):
            again = new_user_state(index_of(model), *trained.interactions.row(user)).main.predict(catalogue)
            known = predict_numbers(trained, np.full(ITEMS - 1, user), catalogue)
            apart.append(again.mean - known.mean)
        assert np.sqrt(np.mean(np.square(apart))) <= self.agreement


def parts_of(model: Recommender) -> list[By]:
    """The parts of the recommender, as values of `by`."""
    parts: list[tuple[By, Any]] = [("rating", model.rating_model), ("choice", model.choice_model)]
    return [name for name, part in parts if part is not None]


def scores_by_id(ranking: Ranking) -> dict[Any, float]:
    return dict(zip(ranking.ids, ranking.scores.tolist(), strict=True))
