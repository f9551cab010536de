"""New items, and models that keep what is new."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from made_models import made
from penchant.data.features import FeatureTable
from penchant.recommending.recommender import Recommender, main_model
from recommending.made_heads import HEADS


@pytest.mark.parametrize("name", HEADS)
def test_a_grown_model_answers_as_the_visitor_did(name: str) -> None:
    model = Recommender.of(made(HEADS[name], samples=1))
    ratings = {7: 5.0, 9: 1.0}
    visitor, grown = model.fold_in(ratings), model.with_user("zoe", ratings)
    np.testing.assert_allclose(grown.predict("zoe", [3, 5]).mean, visitor.predict([3, 5]).mean, rtol=1e-5)
    assert grown.recommend("zoe").ids == visitor.recommend().ids
    assert grown.recommend("zoe").source == "known"
    assert main_model(grown).items.counts.tolist() == [3, 2, 3, 2, 0]
    assert "zoe" not in main_model(model).users.vocabulary


def test_a_grown_catalogue_lists_the_new_item() -> None:
    model = Recommender.of(made())
    grown = model.with_item(42, ratings={"ann": 5.0, "zoe": 3.0})
    arrival = model.fold_in_item(ratings={"ann": 5.0, "zoe": 3.0})
    assert (arrival.source, list(arrival.unknown)) == ("folded_in", ["zoe"])
    np.testing.assert_allclose(grown.predict(["bob", "cy"], 42).mean, arrival.predict(["bob", "cy"]).mean, rtol=1e-5)
    assert 42 in grown.recommend("bob", 9).ids
    assert 42 not in grown.recommend("ann", 9).ids
    assert main_model(grown).items.counts.tolist() == [2, 2, 2, 2, 0, 1]


def test_a_known_row_takes_new_ratings_in() -> None:
    model = Recommender.of(made())
    grown = model.with_user("ann", {9: 4.0})
    assert len(main_model(grown).users) == 4
    assert main_model(grown).interactions.row(0)[0].tolist() == [0, 1, 2]
    assert main_model(grown).interactions.row(1)[0].tolist() == main_model(model).interactions.row(1)[0].tolist()


def test_an_arrival_finds_its_audience_and_its_like() -> None:
    model = Recommender.of(made())
    arrival = model.fold_in_item(ratings={"ann": 5.0})
    audience = arrival.audience(9)
    assert sorted(audience.ids) == ["bob", "cy", "dee"]
    assert audience.scores.tolist() == sorted(audience.scores.tolist(), reverse=True)
    assert 5 not in arrival.similar(9).ids  # nobody rated it
    assert model.fold_in_item().source == "prior"


def test_features_of_grown_rows_are_kept() -> None:
    trained = made()
    table = FeatureTable({"genres": [("a",)] * 5}, {"genres": "many"}, list("vwxyz"))
    model = Recommender.of(dataclasses.replace(trained, items=dataclasses.replace(trained.items, features=table)))
    grown = main_model(model.with_item(42, {"ann": 4.0})).items.features
    assert grown is not None
    assert list(grown.columns["genres"]) == [("a",)] * 5 + [None]
