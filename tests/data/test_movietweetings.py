"""The shipped MovieTweetings data."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

import penchant as pt
from penchant.data.ratings import Ratings


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return pt.movietweetings()


def test_rows_ids_and_times(ratings: Ratings) -> None:
    rated = np.bincount(ratings.item_numbers, minlength=ratings.n_items) > 0
    assert (len(ratings), ratings.n_users, int(rated.sum())) == (141_695, 21_081, 12_611)
    assert ratings.users.ids[0] == 1 and all(len(one) == 7 for one in ratings.items.take(np.flatnonzero(rated)))
    first = ratings.to_frame().row(0)
    assert first == (1, "0054890", 9.0, 1381945744)
    assert (ratings.scale.low, ratings.scale.high, ratings.scale.declared) == (0, 10, True)
    assert ratings.report is not None and ratings.report.merged == 0


def test_features_and_titles(ratings: Ratings) -> None:
    films = ratings.item_features
    number = ratings.items.number("1408101")
    assert films.titles[number] == "Star Trek Into Darkness (2013)"
    assert films.row(number)["year"] == 2013
    assert "Sci-Fi" in films.row(number)["genres"]


def test_the_licence_is_shipped() -> None:
    folder = resources.files("penchant.data") / "shipped/movietweetings"
    assert "Simon Dooms" in (folder / "LICENSE").read_text()
    assert "CrowdRec" in (folder / "README.md").read_text()
