"""A recommender of two parts: which part answers what, how the ranker orders, saving, and what does not fit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm

import penchant as pt
from laws.small_world import small_world
from made_models import made
from made_ratings import low_rank
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import CallerError, ModelFolderError, ModelShapeError, SettingsError
from penchant.models.rating_moments import ItemSpread
from penchant.models.trained import Feedback, TrainedModel
from penchant.recommending.ranker import Liking, Ranker
from penchant.recommending.ranking_terms import moments_of
from penchant.recommending.recommender import Recommender, load
from penchant.recommending.saving import RECOMMENDER
from penchant.recommending.train_parts import choice_kind, train, train_again
from penchant.recommending.user_state import UserState
from penchant.training import registry

ITEMS = [7, 3, 9, 1, 5]


def choice() -> TrainedModel:
    """A choice model with other rows over the same ids."""
    trained = made(samples=1)
    flipped = dataclasses.replace(trained.items, bias=-trained.items.bias, vectors=-trained.items.vectors)
    return dataclasses.replace(trained, kind="implicit_als", items=flipped, feedback=Feedback(positive_from=3.0))


@pytest.fixture
def both() -> Recommender:
    rating = made()
    weights = {"log_choice": 2.0, "log_like": 0.5}
    return Recommender(rating, choice(), Ranker(weights, {"log_choice": 1.0}, Liking(4.0, 4.0), floor=0.01))


def table(model: Recommender, user: str, by: str) -> dict[int, float]:
    listed = model.recommend(user, 9, by=by, exclude_seen=False)  # type: ignore[arg-type]
    return dict(zip(listed.ids, listed.scores.tolist(), strict=True))


def test_a_model_becomes_the_part_of_its_objective() -> None:
    rating, preference = Recommender.of(made()), Recommender.of(choice())
    assert rating.rating_model is not None
    assert rating.choice_model is rating.ranker is None
    assert preference.choice_model is not None
    assert preference.rating_model is None
    assert (rating.recommend("ann").by, preference.recommend("ann").by) == ("rating", "choice")
    with pytest.raises(CallerError, match=r"no rating model.*recommend"):
        preference.predict("ann", 7)
    with pytest.raises(CallerError, match=r"no rating model"):
        preference.fold_in({7: 4.0}).predict(7)
    with pytest.raises(CallerError, match=r"no rating model"):
        preference.fold_in_item({"ann": 4.0}).predict("bob")


def test_predictions_are_those_of_the_rating_model_alone(both: Recommender) -> None:
    alone = Recommender.of(made())
    np.testing.assert_array_equal(both.predict("ann", ITEMS).mean, alone.predict("ann", ITEMS).mean)
    np.testing.assert_array_equal(both.fold_in({7: 4.0}).predict(ITEMS).std, alone.fold_in({7: 4.0}).predict(ITEMS).std)
    assert table(both, "ann", "rating") == table(alone, "ann", "rating")
    assert table(both, "bob", "choice") == table(Recommender.of(choice()), "bob", "choice")


@pytest.mark.parametrize("user", ["ann", "zoe"])
def test_the_combined_order_is_the_weighted_sum_of_the_log_terms(both: Recommender, user: str) -> None:
    one, other = table(both, user, "choice"), table(both, user, "rating")
    unclipped = both.fold_in(user=user).rows["rating"].item_scores()
    assert set(other) == set(ITEMS)
    rating = both.rating_model
    assert rating is not None
    moments = moments_of(
        rating, both.fold_in(user=user).rows["rating"].rows, rating.items.all_rows(), ItemSpread.of(rating)
    )
    mean, std = (one[0] for one in moments(None))
    np.testing.assert_allclose(mean, unclipped, rtol=1e-5)
    score = np.maximum([one[item] for item in ITEMS[:4]], 0) + 0.01
    chosen = np.log(np.append(score / score.sum() * (1 - 1e-9), 1e-9))  # the last item has no interactions
    expected = dict(zip(ITEMS, 2.0 * chosen + 0.5 * norm.logcdf((mean - 4.0) / std), strict=True))
    listed = both.recommend(user, 9, exclude_seen=False)
    assert listed.by == "combined"
    assert dict(zip(listed.ids, listed.scores.tolist(), strict=True)) == pytest.approx(expected, abs=1e-4)
    assert listed.scores.tolist() == sorted(listed.scores.tolist(), reverse=True)
    np.testing.assert_allclose(listed.predicted, both.predict(user, listed.ids).mean, rtol=1e-5)
    assert listed.p_like is not None
    assert listed.std is not None
    assert listed.predicted is not None
    np.testing.assert_allclose(listed.p_like, ndtr((listed.predicted - 4.0) / listed.std), rtol=1e-5)


def test_combined_lists_for_many_are_the_lists_for_each(both: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.recommending.list_scoring.TABLE", 10)  # two users at a time
    lists = both.recommend_many(["ann", "zoe", "bob", "cy"], 3, exclude=[9])
    for user in ("ann", "zoe", "bob", "cy"):
        own, alone = lists.filter(lists["user"] == user), both.recommend(user, 3, exclude=[9])
        assert own["item"].to_list() == alone.ids
        np.testing.assert_allclose(own["score"], alone.scores, rtol=1e-4)
        assert own["source"].unique().to_list() == [alone.source]


def test_items_seen_by_either_part_are_left_out() -> None:
    rating, other = made(), choice()
    items = other.interactions.items
    others = dataclasses.replace(other.interactions, items=np.where(items == 0, 4, items).astype(np.int32))
    both = Recommender(rating, dataclasses.replace(other, interactions=others))
    rated = {item for part in (rating.interactions, others) for item in np.array(ITEMS)[part.row(0)[0]].tolist()}
    assert len(rated) == 3
    assert set(both.recommend("ann", 9).ids) == set(ITEMS) - rated
    for by in ("combined", "rating", "choice"):
        assert set(both.recommend_many(["ann"], 9, by=by)["item"]) == set(ITEMS) - rated  # type: ignore[arg-type]


def test_both_parts_grow_together(both: Recommender) -> None:
    grown = both.with_user("zoe", {7: 5.0, 9: 1.0}).with_item(42, {"ann": 5.0, "zoe": 4.0})
    assert grown.rating_model is not None
    assert grown.choice_model is not None
    for part in (grown.rating_model, grown.choice_model):
        assert part.users.vocabulary.number("zoe") == 4
        assert part.items.vocabulary.number(42) == 5
    assert grown.ranker == both.ranker
    assert 42 in grown.recommend("bob", 9).ids
    assert 42 not in grown.recommend("zoe", 9).ids


def test_explaining_after_folding_in_does_not_fold_in_again(both: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    state: UserState = both.fold_in({7: 5.0, 3: 2.0})

    def refused(*_: object) -> None:
        raise AssertionError("folded in again")

    monkeypatch.setattr("penchant.recommending.part_row.infer", refused)
    for by in ("rating", "choice"):
        said = state.explain(9, by=by)  # type: ignore[arg-type]
        assert (said.by, said.predicted is None) == (by, by == "choice")
        assert said.total == pytest.approx(said.score, abs=1e-4)
    state.onboarding(2)


def test_explore_works_with_the_combined_order(both: Recommender) -> None:
    lists = {tuple(both.fold_in({7: 4.0}).recommend(4, explore=seed).ids) for seed in range(20)}
    assert len(lists) > 1
    assert both.recommend("ann", 2, explore=3).ids == both.recommend("ann", 2, explore=3).ids


def test_parts_that_do_not_fit_are_refused() -> None:
    other = choice()
    renamed = dataclasses.replace(other.items, vocabulary=Vocabulary([1, 2, 3, 4, 5]))
    with pytest.raises(ModelShapeError, match="number their items differently"):
        Recommender(made(), dataclasses.replace(other, items=renamed))
    with pytest.raises(CallerError, match="needs a rating model or a choice model"):
        Recommender()
    with pytest.raises(CallerError, match=r"rating_model: a implicit_als model is no rating_model"):
        Recommender(rating_model=choice())


# --- the ranker ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"weights": {"stars": 1.0}}, "no term 'stars'"),
        ({"weights": {"log_popularity_soon": 1.0}}, "no term 'log_popularity_soon'"),
        ({"weights": {"log_like": float("nan")}}, "not a number from 0 on"),
        ({"choice_weights": {"log_choice": -1.0}}, "not a number from 0 on"),
        ({"cold_share": 0.0}, "not a share"),
        ({"floor": 0.0}, "not a number above 0"),
    ],
)
def test_a_ranker_refuses_what_it_cannot_add_up(values: dict[str, Any], said: str) -> None:
    with pytest.raises(CallerError, match=said):
        Ranker(**{"weights": {}, "choice_weights": {}, **values})


def test_a_ranker_uses_the_terms_with_a_weight() -> None:
    ranker = Ranker({"log_choice": 0.0, "log_like": 2.0, "log_popularity_7": 0.5}, {"log_choice": 1.0})
    assert ranker.used("combined") == {"log_like": 2.0, "log_popularity_7": 0.5}
    assert ranker.used("choice") == {"log_choice": 1.0}
    assert Ranker.product(None).used("combined") == {"log_choice": 1.0, "log_like": 1.0}
    assert Ranker.from_json(json.loads(json.dumps(ranker.to_json()))) == ranker


# --- saving -------------------------------------------------------------------------------------------------------


def test_both_parts_and_the_ranker_are_saved_and_loaded(both: Recommender, tmp_path: Path) -> None:
    again = load(both.save(tmp_path / "model"))
    assert again.ranker == both.ranker
    assert sorted(one.name for one in (tmp_path / "model").iterdir()) == ["choice", "rating", RECOMMENDER]
    for user in ("ann", "zoe"):
        assert again.recommend(user, 9).to_json() == both.recommend(user, 9).to_json()
    Recommender.of(made()).save(tmp_path / "model")
    assert [one.name for one in tmp_path.iterdir()] == ["model"]
    assert load(tmp_path / "model").choice_model is None


def rewritten(folder: Path, **changes: Any) -> None:
    values = json.loads((folder / RECOMMENDER).read_text())
    (folder / RECOMMENDER).write_text(json.dumps(values | changes))


def replaced(folder: Path) -> None:
    other = Recommender.of(made(samples=1)).save(folder.with_name("other"))
    for file in (other / "rating").iterdir():
        (folder / "rating" / file.name).write_bytes(file.read_bytes())


def exchanged(folder: Path) -> None:
    parts = json.loads((folder / RECOMMENDER).read_text())["parts"]
    (folder / "rating").rename(folder / "kept")
    (folder / "choice").rename(folder / "rating")
    (folder / "kept").rename(folder / "choice")
    rewritten(folder, parts={"rating": parts["choice"], "choice": parts["rating"]})


BAD_WEIGHT = {**Ranker.product(None).to_json(), "weights": {"log_like": "x"}}
DAMAGES: dict[str, Callable[[Path], Any]] = {
    "no manifest": lambda folder: (folder / RECOMMENDER).unlink(),
    "not JSON": lambda folder: (folder / RECOMMENDER).write_text("{"),
    "newer": lambda folder: rewritten(folder, format=99),
    "no parts": lambda folder: rewritten(folder, parts={}),
    "a part of another name": lambda folder: rewritten(folder, parts={"../rating": ""}),
    "a part gone": lambda folder: (folder / "choice" / "items.parquet").unlink(),
    "a part replaced": replaced,
    "parts exchanged": exchanged,
    "a bad ranker": lambda folder: rewritten(folder, ranker=BAD_WEIGHT),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_folder_is_refused(both: Recommender, tmp_path: Path, how: str) -> None:
    folder = both.save(tmp_path / "model")
    DAMAGES[how](folder)
    with pytest.raises(ModelFolderError):
        load(folder)


def test_a_folder_with_other_files_is_not_overwritten(both: Recommender, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ModelFolderError, match="other things"):
        both.save(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


# --- training again -----------------------------------------------------------------------------------------------


def test_every_part_is_trained_again_with_its_own_settings() -> None:
    ratings = low_rank(30, 20, n=300)
    parts = [registry.train(ratings, name, seed=1, **how) for name, how in (("als", {"factors": 3}), ("ease", {}))]
    ranker = Ranker({"log_choice": 1.0}, {"log_choice": 1.0})
    again = train_again(Recommender(*parts, ranker), ratings, seed=1, settings={"regularization": 7.0})
    assert again.rating_model is not None
    assert again.choice_model is not None
    assert again.rating_model.users.factors == 3
    assert [one.settings["regularization"] for one in (again.rating_model, again.choice_model)] == [7.0, 7.0]
    same = train_again(Recommender(*parts), ratings, seed=1)
    assert same.rating_model is not None
    np.testing.assert_array_equal(same.rating_model.items.vectors, parts[0].items.vectors)
    with pytest.raises(SettingsError, match="no setting 'colour'"):
        train_again(Recommender(*parts), ratings, settings={"colour": 1})


def test_a_model_of_another_engine_is_not_trained_again_here() -> None:
    part = registry.train(low_rank(30, 20, n=300), "als", factors=2)
    there = replace(part, settings={"factors": 2, "blocks": 10}, facts={"engine": "spark 4.3.0"})
    with pytest.raises(SettingsError, match=r"als model was trained on spark 4\.3\.0.*Train a new recommender"):
        train_again(Recommender.of(there), low_rank(30, 20, n=300))


def test_training_again_fits_the_ranker_on_the_new_rows() -> None:
    ratings = small_world()
    parts = [registry.train(ratings, name, seed=1, **how) for name, how in (("als", {"factors": 3}), ("ease", {}))]
    earlier = Recommender(*parts, Ranker({"log_choice": 9.0}, {"log_choice": 9.0}, facts={"asked_cut": "random"}))
    again = train_again(earlier, ratings, seed=1)
    assert again.ranker is not None
    assert set(again.ranker.weights) == {"log_choice", "log_like"}
    assert again.ranker.weights["log_choice"] != 9.0
    assert "random rows" in again.ranker.facts["cut"]
    assert again.ranker.facts["seconds"].keys() >= {"parts", "weights", "rating", "choice"}
    assert again.ranker.facts["asked_cut"] == "random"


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"cut": "first"}, r"no cut 'first'.*auto, latest, random"),
        ({"cut": "latest"}, "the table has no times"),
        ({"cut": "random", "model": "als"}, "one model has no ranker"),
        ({"cut": "random", "factors": 3}, "one model has no ranker"),
    ],
)
def test_a_cut_that_has_no_use_is_refused(how: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        pt.train(low_rank(30, 20, n=300), **how)


def test_the_choice_model_follows_the_size_and_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = low_rank(30, 20, n=300)
    # 12 and 6 times 20² bytes
    for exact, free, name in (
        (20, 10_000, "ease"),
        (20, 2_500, "elsa"),
        (19, 10_000, "sparse_ease"),
        (19, 3_500, "ease"),
        (19, 2_500, "elsa"),
    ):
        monkeypatch.setattr("penchant.recommending.train_parts.EXACT", exact)
        monkeypatch.setattr("penchant.recommending.train_parts.available_memory", lambda free=free: free)
        found = choice_kind(ratings)
        assert found.name == name
        assert "30 users and 20 items" in found.reason


def test_a_model_continues_the_part_of_its_name() -> None:
    ratings = low_rank(30, 20, n=300)
    parts = [registry.train(ratings, name, seed=1, **how) for name, how in (("als", {"factors": 3}), ("ease", {}))]
    more = train(ratings, "als", seed=1, resume=Recommender(*parts), factors=3, epochs=1)
    alone = registry.train(ratings, "als", seed=1, resume=parts[0], factors=3, epochs=1)
    assert more.rating_model is not None
    np.testing.assert_array_equal(more.rating_model.items.vectors, alone.items.vectors)
    with pytest.raises(SettingsError, match="cannot be continued"):
        train(ratings, "als", resume=parts[0])  # type: ignore[arg-type]
