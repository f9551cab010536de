"""The public border: one id in any scalar type, plain values out, wrong arguments answered in one clear sentence."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import penchant as pt
from made_models import made
from made_ratings import low_rank
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import Vocabulary, plain_id
from penchant.foundations.errors import CallerError
from penchant.recommending.recommender import Recommender


@pytest.fixture(scope="module")
def model() -> Recommender:
    return Recommender.of(made())


@pytest.fixture(scope="module")
def numbered() -> Recommender:
    """The same with whole numbers as user ids."""
    trained = made()
    users = dataclasses.replace(trained.users, vocabulary=Vocabulary([10, 20, 30, 40]))
    return Recommender.of(dataclasses.replace(trained, users=users))


SAME = [7, np.int64(7), np.int32(7), np.uint8(7), 7.0, np.float64(7.0), np.float32(7), np.array(7), "7", np.str_("7")]


@pytest.mark.parametrize("item", SAME, ids=lambda one: type(one).__name__)
def test_one_id_may_come_in_any_scalar_type(model: Recommender, item: Any) -> None:
    expected = model.predict("ann", 7).mean
    ann = np.str_("ann")
    np.testing.assert_array_equal(model.predict(ann, item).mean, expected)
    np.testing.assert_array_equal(model.predict(["ann"], [item]).mean, expected)
    assert model.recommend(ann, 9, among=[item], exclude_seen=False).ids == [7]
    assert model.recommend(ann, 9, exclude=[item], exclude_seen=False).unknown == []
    key = item.item() if isinstance(item, np.ndarray) else item  # an array is no key of a mapping
    assert model.fold_in({key: 4.0}).numbers.tolist() == [0]
    assert model.similar_items(item, 2).ids == model.similar_items(7, 2).ids
    assert model.explain(ann, item).score == model.explain("ann", 7).score
    assert model.fold_in().onboarding(9, skip=[item])[0].item != 7
    assert len(model.with_item(item, {"ann": 4.0}).recommend("zoe", 9)) == 5


@pytest.mark.parametrize("user", [20, np.int64(20), 20.0, np.array(20), "20"], ids=lambda one: type(one).__name__)
def test_users_too(numbered: Recommender, user: Any) -> None:
    assert numbered.predict(user, 7).user_source.tolist() == ["known"]
    assert numbered.recommend(user).source == "known"
    assert numbered.similar_users(user, 2).ids == numbered.similar_users(20, 2).ids
    assert numbered.fold_in_item({plain_id(user): 4.0}).unknown == []
    assert numbered.recommend_many([user], 1)["user"].to_list() == [20]


def test_columns_of_any_library_are_ids(model: Recommender) -> None:
    pl = pytest.importorskip("polars")
    expected = model.predict("ann", [7, 3]).mean
    for ids in ((7, 3), np.array([7, 3]), np.array([7.0, 3.0]), pd.Series([7, 3]), pl.Series([7, 3]), pd.Index([7, 3])):
        np.testing.assert_array_equal(model.predict("ann", ids).mean, expected)
        assert sorted(model.recommend("zoe", 9, among=ids).ids) == [3, 7]


def test_a_series_of_ratings_is_a_mapping(model: Recommender) -> None:
    given, series = {7: 5.0, 3: 2.0}, pd.Series([5.0, 2.0], index=[7, 3])
    assert model.fold_in(series).recommend().to_json() == model.fold_in(given).recommend().to_json()


def test_answers_hold_plain_values(model: Recommender) -> None:
    top = model.recommend(np.str_("ann"), np.int64(2))
    assert [type(one) for one in top.ids] == [int, int]
    for answer in (
        top,
        model.popular(3),
        model.similar_items(np.int64(7)),
        model.similar_users("ann"),
        model.explain("ann", np.int64(7)),
        model.fold_in({np.int64(7): np.float32(4.0), np.int64(404): 1.0}).recommend(),
        model.fold_in({7: 4.0}).explain(np.int64(404)),
        model.fold_in_item({np.str_("ann"): 5}).audience(),
        model.fold_in_item({"ann": 5}).similar(),
    ):
        json.dumps(answer.to_json())
    np.testing.assert_allclose(model.predict("ann", top.ids).mean, top.predicted, rtol=1e-6)


def test_a_list_is_printed_as_a_table(model: Recommender) -> None:
    top = model.recommend("ann", 2, exclude_seen=False)
    head, _, first, *rest = str(top).splitlines()
    assert head.split() == ["#", "id", "title", "score", "predicted", "p_like", "source"]
    assert first.split()[:2] == ["1", str(top.ids[0])] and len(rest) == 1
    assert "score" in str(model.recommend("ann", among=[])), "a list without items has its head"


def test_a_fraction_and_a_boolean_are_no_id(model: Recommender) -> None:
    assert plain_id(1.5) == 1.5
    calls: list[Callable[[Any], Any]] = [
        lambda value: model.recommend(value),
        lambda value: model.recommend_many([value]),
        lambda value: model.recommend("ann", among=[value]),
        lambda value: model.predict(value, 7),
        lambda value: model.similar_items(value),
        lambda value: model.fold_in({value: 4.0}),
        lambda value: model.fold_in(user=value),
        lambda value: model.with_item(value, {"ann": 4.0}),
    ]
    for value, call in itertools.product((7.5, True, np.True_, float("nan"), float("inf"), pd.NA, b"a"), calls):
        with pytest.raises(CallerError, match=r" is not an id\. Give whole numbers or texts"):
            call(value)


WRONG: dict[str, tuple[Callable[[Recommender], Any], str]] = {
    "an unknown argument": (lambda m: m.recommend("ann", foo=1), r"recommend\(\): .*'foo'.*It takes: user, n, by"),
    "a missing argument": (lambda m: m.predict("ann"), r"predict\(\): .*'items'.*It takes: users, items"),
    "a word as a rating": (lambda m: m.fold_in({7: "five"}), r"the rating of 7: 'five' is no finite number"),
    "true as a rating": (lambda m: m.fold_in({7: True}), r"the rating of 7: True is no finite number"),
    "a truth value of NumPy": (lambda m: m.fold_in_item({"ann": np.True_}), r"True_? is no finite number|True\) is no"),
    "a user's feature there is not": (
        lambda m: m.fold_in(features={"age": 3}),
        r"users have no feature 'age'. The users of this model have none",
    ),
    "an item's feature there is not": (
        lambda m: m.fold_in_item(features={"genre": "x"}),
        r"items have no feature 'genre'",
    ),
    "nothing as a rating": (lambda m: m.fold_in({7: None}), r"the rating of 7: None is no finite number"),
    "an infinite rating": (lambda m: m.fold_in({7: float("inf")}), r"no finite number"),
    "a rating off the scale": (
        lambda m: m.fold_in({7: 50.0}),
        r"the rating of 7: 50 is not on the scale. Rate from 1 to 5",
    ),
    "an item's off the scale": (lambda m: m.fold_in_item({"ann": 0}), r"0 is not on the scale"),
    "a kept one off the scale": (lambda m: m.with_user("zoe", {7: 6}), r"6 is not on the scale"),
    "ratings as a list": (lambda m: m.fold_in([1, 2]), r"ratings are given as item id -> rating, not as \[1, 2\]"),
    "an item's as a list": (lambda m: m.fold_in_item([1, 2]), r"ratings are given as user id -> rating"),
    "ratings as a frame": (
        lambda m: m.fold_in(pd.DataFrame({"item": [7], "rating": [4.0]})),
        r"ratings are given as item id -> rating",
    ),
    "features as a list": (lambda m: m.fold_in(features=["x"]), r"features are given as name -> value"),
    "users and items unlike": (lambda m: m.predict(["ann", "bob"], [7, 3, 9]), r"2 users and 3 items make no pairs"),
    "a table of ids": (lambda m: m.predict("ann", np.ones((2, 2), int)), r"items: \[1, 1\] is not an id"),
    "a list as a user": (lambda m: m.recommend(["ann", "bob"]), r"user: one user is asked for, not \['ann', 'bob'\]"),
    "a user in a list": (lambda m: m.explain(["ann"], 7), r"one user is asked for"),
    "no item": (lambda m: m.predict("ann", None), r"items: None is not an id"),
    "a rating of two ids": (lambda m: m.fold_in({(7, 3): 4.0}), r"ratings: \(7, 3\) is not an id"),
    "a missing value as a user": (lambda m: m.recommend(float("nan")), r"user: nan is not an id"),
    "a missing value as an item": (lambda m: m.predict("ann", [7, np.nan]), r"items: nan is not an id"),
    "no user": (lambda m: m.recommend(None), r"user: no id was given"),
    "items in a list": (lambda m: m.similar_items([7, 3]), r"one item is asked for"),
    "exclude as a number": (
        lambda m: m.recommend("ann", exclude=5),
        r"exclude: 5 is not a list of ids. Write exclude=\[1, 2\]",
    ),
    "among as a text": (lambda m: m.recommend("ann", among="abc"), r"among: 'abc' is not a list of ids"),
    "users as a number": (lambda m: m.recommend_many(5), r"users: 5 is not a list of ids"),
    "where as a text": (lambda m: m.recommend("ann", where="Drama"), r"where: 'Drama' is not a mapping"),
    "n as a text": (lambda m: m.recommend("ann", "ten"), r"n: 'ten' is not a number of items"),
    "n as a fraction": (lambda m: m.popular(2.5), r"n: 2.5 is not a number of items"),
    "n below one": (lambda m: m.similar_items(7, 0), r"at least one"),
    "no such order": (
        lambda m: m.recommend("ann", by="stars"),
        r"by: there is no order 'stars'. Choose one of: combined",
    ),
    "no such part": (lambda m: m.recommend("ann", by="choice"), r"this recommender has no choice model"),
    "no ranker": (lambda m: m.recommend("ann", by="combined"), r"has one part.*ask for the one there is"),
    "diversity as a text": (
        lambda m: m.recommend("ann", diversity="x"),
        r"diversity: 'x' is not a number from 0 to below 1. Give 0",
    ),
    "no number as diversity": (lambda m: m.recommend("ann", diversity=float("nan")), r"diversity: nan is not a number"),
    "a share above 1": (lambda m: m.recommend("ann", new_items=2), r"new_items: 2 is not a share.*Give 0.2"),
    "explore as a text": (lambda m: m.recommend("ann", explore="x"), r"explore: the seed 'x' .*Give a number"),
    "explore below 0": (lambda m: m.fold_in().recommend(explore=-1), r"explore: the seed -1 is not a whole number"),
    "no number to explore by": (lambda m: m.recommend("ann", explore=float("nan")), r"explore: the seed nan"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_answered_with_what_where_and_remedy(model: Recommender, name: str) -> None:
    call, sentence = WRONG[name]
    with pytest.raises(CallerError, match=sentence):
        call(model)


def test_training_evaluating_and_comparing_refuse_what_they_cannot_use() -> None:
    ratings = low_rank(20, 15, n=150)
    model, split = pt.train(ratings, "baseline"), pt.split.random(ratings)
    with pytest.raises(CallerError, match=r"trained on Ratings, not on a DataFrame"):
        pt.train(pd.DataFrame({"user": [1]}), "baseline")
    with pytest.raises(CallerError, match=r"not on an int\. Read"):
        pt.train(3, "baseline")  # type: ignore[arg-type]
    with pytest.raises(CallerError, match=r"train\(\): .*'ratings'"):
        pt.train()  # type: ignore[call-arg]
    with pytest.raises(CallerError, match=r"evaluated on a Split, not on Ratings.*pt\.split"):
        pt.evaluate(model, ratings)  # type: ignore[arg-type]
    with pytest.raises(CallerError, match=r"'als' is not a list of models. Write \["):
        pt.compare("als", split)
    with pytest.raises(CallerError, match=r"compared on a Split"):
        pt.compare(["als"], ratings)  # type: ignore[arg-type]
    with pytest.raises(CallerError, match=r"evaluated is a Recommender, not a str"):
        pt.evaluate("als", split)  # type: ignore[arg-type]


def test_settings_may_be_a_mapping_or_keywords() -> None:
    ratings: Ratings = low_rank(20, 15, n=150)
    one = pt.train(ratings, "als", seed=1, settings={"factors": 3})
    other = pt.train(ratings, "als", seed=1, factors=3)
    assert one.rating_model is not None
    assert other.rating_model is not None
    np.testing.assert_array_equal(one.rating_model.items.vectors, other.rating_model.items.vectors)
