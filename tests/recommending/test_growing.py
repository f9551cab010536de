"""New items, and models that keep new users and items."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from made_models import made
from penchant.data.features import FeatureTable
from penchant.recommending.recommender import Recommender, main_model
from recommending.made_scorers import SCORERS


@pytest.mark.parametrize("name", SCORERS)
def test_a_grown_model_predicts_as_the_folded_in_user(name: str) -> None:
    model = Recommender.of(made(SCORERS[name], samples=1))
    ratings = {7: 5.0, 9: 1.0}
    state, grown = model.fold_in(ratings), model.with_user("zoe", ratings)
    np.testing.assert_allclose(grown.predict("zoe", [3, 5]).mean, state.predict([3, 5]).mean, rtol=1e-5)
    assert grown.recommend("zoe").ids == state.recommend().ids
    assert grown.recommend("zoe").source == "known"
    assert main_model(grown).items.counts.tolist() == [3, 2, 3, 2, 0]
    assert "zoe" not in main_model(model).users.vocabulary


def test_a_grown_catalogue_lists_the_new_item() -> None:
    model = Recommender.of(made())
    grown = model.with_item(42, ratings={"ann": 5.0, "zoe": 3.0})
    item = model.fold_in_item(ratings={"ann": 5.0, "zoe": 3.0})
    assert (item.source, list(item.unknown)) == ("folded_in", ["zoe"])
    np.testing.assert_allclose(grown.predict(["bob", "cy"], 42).mean, item.predict(["bob", "cy"]).mean, rtol=1e-5)
    assert 42 in grown.recommend("bob", 9).ids
    assert 42 not in grown.recommend("ann", 9).ids
    assert main_model(grown).items.counts.tolist() == [2, 2, 2, 2, 0, 1]


def test_a_known_user_gets_new_ratings() -> None:
    model = Recommender.of(made())
    grown = model.with_user("ann", {9: 4.0})
    assert len(main_model(grown).users) == 4
    assert main_model(grown).interactions.row(0)[0].tolist() == [0, 1, 2]
    assert main_model(grown).interactions.row(1)[0].tolist() == main_model(model).interactions.row(1)[0].tolist()


def test_a_new_item_has_an_audience_and_similar_items() -> None:
    model = Recommender.of(made())
    item = model.fold_in_item(ratings={"ann": 5.0})
    audience = item.audience(9)
    assert sorted(audience.ids) == ["bob", "cy", "dee"]
    assert audience.scores.tolist() == sorted(audience.scores.tolist(), reverse=True)
    assert 5 not in item.similar(9).ids  # it has no ratings
    assert model.fold_in_item().source == "prior"


def test_features_of_grown_rows_are_kept() -> None:
    trained = made()
    table = FeatureTable({"genres": [("a",)] * 5}, {"genres": "many"}, list("vwxyz"))
    model = Recommender.of(dataclasses.replace(trained, items=dataclasses.replace(trained.items, features=table)))
    grown = main_model(model.with_item(42, {"ann": 4.0})).items.features
    assert grown is not None
    assert list(grown.columns["genres"]) == [("a",)] * 5 + [None]
