"""What every registered model promises. A model joins by naming itself; see `test_models.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from laws.small_world import ITEMS, UNRATED, small_world
from penchant.foundations.errors import SettingsError
from penchant.foundations.progress import Silent
from penchant.foundations.rng import generator
from penchant.recommending.recommender import Model, load, train
from penchant.recommending.request import SOURCES, Request
from penchant.training.registry import model_spec

KNOWN_USERS, KNOWN_ITEMS = [100, 117, 159], ["item-0", "item-20"]
STRANGE = [UNRATED, "item-404", "", "ünïcode", 12, -1, 2**40]


class ModelLaws:
    """The laws. name: in the registry. settings: small enough for a quick test. agreement: how far, in root mean
    square over the catalogue, the fold-in of a user's own training ratings may lie from the user's learnt row."""

    name: ClassVar[str]
    settings: ClassVar[Mapping[str, Any]] = {}
    agreement: ClassVar[float]
    seeded: ClassVar[bool] = True
    """Whether the seed matters."""

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls) -> Model:
        return cls.trained(seed=3)

    @classmethod
    def trained(cls, seed: int) -> Model:
        return train(small_world(), cls.name, seed=seed, **cls.settings)

    # --- nobody is unknown -------------------------------------------------------------------------------------

    @pytest.mark.parametrize("user", [*KNOWN_USERS, "100", "nobody", 404, -1, ""])
    def test_anybody_and_anything_gets_a_number_and_its_source(self, model: Model, user: Any) -> None:
        said = model.predict(user, [*KNOWN_ITEMS, *STRANGE])
        assert np.isfinite(said.mean).all()
        assert np.isfinite(said.std).all()
        assert (said.std > 0).all()
        assert set(said.source) <= set(SOURCES)
        known = model.trained.users.vocabulary.number(user) >= 0
        assert set(said.user_source) == {"known" if known else "prior"}
        assert said.item_source[:3].tolist() == ["known", "known", "features"]
        assert set(said.item_source[3:]) == {"prior"} or set(said.item_source[3:]) == {"features"}

    def test_ratings_stay_on_their_scale(self, model: Model) -> None:
        if model.trained.objective == "rating":
            users = model.trained.users.vocabulary.ids
            means = np.concatenate([model.predict(users, item).mean for item in (*KNOWN_ITEMS, *STRANGE)])
            assert means.min() >= 0.5
            assert means.max() <= 5.0

    @pytest.mark.parametrize("ratings", [{}, {"item-3": 5.0}, {"item-3": 0.5, "item-404": 5.0, UNRATED: 4.0}])
    def test_visitors_are_answered_by_what_they_say(self, model: Model, ratings: dict[str, float]) -> None:
        visitor = model.fold_in(ratings)
        assert visitor.source == ("folded_in" if ratings else "prior")
        assert np.isfinite(visitor.predict([*KNOWN_ITEMS, *STRANGE]).mean).all()
        assert set(visitor.predict(KNOWN_ITEMS).source) == {visitor.source}
        assert len(visitor.recommend(ITEMS)) == ITEMS - len(set(ratings) - {"item-404"})

    def test_a_new_item_is_answered_by_what_is_said_of_it(self, model: Model) -> None:
        said = [
            model.fold_in_item(),
            model.fold_in_item(features={"genres": ["warm"]}),
            model.fold_in_item(ratings={100: 5.0, 1: 2}),
        ]
        assert [one.source for one in said] == ["prior", "features", "folded_in"]
        for one in said:
            assert np.isfinite(one.predict([100, 404]).mean).all()

    # --- fold-in is the training step --------------------------------------------------------------------------

    def test_folding_in_a_users_own_ratings_gives_about_their_row(self, model: Model) -> None:
        trained, catalogue = model.trained, np.arange(ITEMS - 1)
        apart = []
        for user in range(len(trained.users)):
            again = model.fold_in_numbers(*trained.interactions.row(user)).predict_numbers(catalogue)
            learnt = model.predict_numbers(np.full(ITEMS - 1, user), catalogue)
            apart.append(again.mean - learnt.mean)
        assert np.sqrt(np.mean(np.square(apart))) <= self.agreement

    def test_the_order_of_ratings_does_not_matter(self, model: Model) -> None:
        ratings = {"item-3": 5.0, "item-7": 1.0, "item-11": 4.0}
        back = dict(reversed(ratings.items()))
        np.testing.assert_allclose(
            model.fold_in(ratings).predict(KNOWN_ITEMS).mean, model.fold_in(back).predict(KNOWN_ITEMS).mean, atol=2e-3
        )

    @pytest.mark.parametrize("ratings", [{}, {"item-3": 5.0, "item-7": 1.0}])
    def test_a_user_is_predicted_the_same_folded_in_or_kept(self, model: Model, ratings: dict[str, float]) -> None:
        items = [*KNOWN_ITEMS, *STRANGE]
        kept = model.with_user("zoe" if model.trained.users.vocabulary.of_text else 10**6, ratings)
        user = kept.trained.users.vocabulary.ids[-1]
        np.testing.assert_allclose(
            kept.predict(user, items).mean, model.fold_in(ratings).predict(items).mean, rtol=1e-5, atol=1e-5
        )

    # --- training ----------------------------------------------------------------------------------------------

    def test_a_trainer_called_directly_gives_the_same_model(self, model: Model) -> None:
        spec, world = model_spec(self.name), small_world()
        settings = spec.settings_class().from_json(dict(self.settings))
        again = spec.train()(world, settings, rng=generator(3), progress=Silent())
        for side, other in ((model.trained.users, again.users), (model.trained.items, again.items)):
            np.testing.assert_array_equal(side.all_rows().joined, other.all_rows().joined)
            assert [one.name for one in side.prior.effects] == [one.name for one in other.prior.effects]

    def test_another_kind_or_width_cannot_be_resumed(self, model: Model) -> None:
        other = train(small_world(), "als" if self.name == "baseline" else "baseline")
        with pytest.raises(SettingsError, match="cannot be continued as"):
            train(small_world(), self.name, resume=other, **self.settings)
        if "factors" in self.settings:
            with pytest.raises(SettingsError, match=r"factors|not a net of this shape"):
                train(small_world(), self.name, resume=model, **{**self.settings, "factors": 5})

    # --- one model, one answer ---------------------------------------------------------------------------------

    def test_lists_pairs_and_ids_agree(self, model: Model) -> None:
        for user in (*KNOWN_USERS, "nobody"):
            answer = model.recommend(user, 7)
            said = model.predict(user, answer.items)
            np.testing.assert_allclose(answer.scores, said.mean, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(answer.std, said.std, rtol=1e-4)
            every = model.predict(user, model.trained.items.vocabulary.ids).mean
            assert (np.diff(answer.scores) <= 1e-5).all()
            number = model.trained.users.vocabulary.number(user)
            seen = model.trained.interactions.row(number)[0] if number >= 0 else np.array([], np.int32)
            left = np.delete(every, seen)
            np.testing.assert_allclose(answer.scores, np.sort(left)[::-1][:7], rtol=1e-5, atol=1e-5)
            assert not set(answer.items) & set(model.trained.items.vocabulary.take(seen))

    def test_lists_for_all_are_the_lists_of_each(self, model: Model) -> None:
        import polars as pl

        table = model.recommend_many(None, 5)
        assert table.shape == (5 * len(model.trained.users), 5)
        for user in KNOWN_USERS:
            own, alone = table.filter(pl.col("user") == user), model.recommend(user, 5)
            np.testing.assert_allclose(own["score"], alone.scores, rtol=1e-4, atol=1e-5)
            assert len(set(own["item"])) == 5

    def test_requests_say_the_same(self, model: Model) -> None:
        asked = model.answer(Request(user=100, n=5, exclude=["item-1"], where={"genres": "warm"}))
        assert (
            asked.items.tolist() == model.recommend(100, 5, exclude=["item-1"], where={"genres": "warm"}).items.tolist()
        )
        assert "item-1" not in asked.items
        json.dumps(asked.to_json())

    def test_explanations_add_up(self, model: Model) -> None:
        for said in (
            model.explain(100, "item-1"),
            model.explain("nobody", 7),
            model.fold_in({"item-3": 5}).explain(UNRATED),
        ):
            assert said.total == pytest.approx(said.score, abs=1e-3)
            json.dumps(said.to_json())

    def test_a_grown_model_answers_as_its_visitor_did(self, model: Model) -> None:
        ratings = {"item-3": 5.0, "item-7": 1.0}
        grown = model.with_user(999, ratings)
        np.testing.assert_allclose(
            grown.predict(999, KNOWN_ITEMS).mean, model.fold_in(ratings).predict(KNOWN_ITEMS).mean, atol=1e-4
        )
        assert len(model.trained.users) + 1 == len(grown.trained.users)

    # --- kept, and made again ----------------------------------------------------------------------------------

    def test_a_saved_model_gives_the_same_answers(self, model: Model, tmp_path: Path) -> None:
        again = load(model.save(tmp_path / "model"))
        for user in (*KNOWN_USERS, "nobody"):
            said, told = model.predict(user, [*KNOWN_ITEMS, *STRANGE]), again.predict(user, [*KNOWN_ITEMS, *STRANGE])
            np.testing.assert_array_equal(said.mean, told.mean)
            np.testing.assert_array_equal(said.std, told.std)
            assert model.recommend(user).to_json() == again.recommend(user).to_json()
        ratings = {"item-3": 5.0, "item-7": 1.0}
        np.testing.assert_array_equal(
            model.fold_in(ratings).predict(KNOWN_ITEMS).mean, again.fold_in(ratings).predict(KNOWN_ITEMS).mean
        )

    def test_the_same_seed_gives_the_same_bits(self, model: Model) -> None:
        again, other = self.trained(seed=3), self.trained(seed=4)
        for side in ("users", "items"):
            one, two = getattr(model.trained, side), getattr(again.trained, side)
            np.testing.assert_array_equal(one.vectors, two.vectors)
            np.testing.assert_array_equal(one.bias, two.bias)
        same = np.array_equal(model.trained.items.vectors, other.trained.items.vectors)
        assert same != self.seeded
