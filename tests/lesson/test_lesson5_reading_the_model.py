"""Lesson 5, section D: reading the model."""

import numpy as np
import pytest

import penchant as pt
from penchant.foundations.errors import CallerError
from penchant.lesson import bias_table, item_map, principal_axes


@pytest.fixture(scope="module")
def model(trained_once):
    with trained_once():
        return pt.train(pt.movielens(), "dot_bias", factors=20, seed=0)


def test_the_bias_table_holds_the_lessons_best_and_worst(model):
    table = bias_table(model)
    best, worst = ([row.title for row in rows] for rows in (table.best, table.worst))
    assert len(best) == len(worst) == 10
    assert any("Shawshank" in title for title in best)
    assert any("Godfather" in title for title in best)
    ranks = {row.title: at / len(table.rows) for at, row in enumerate(table.rows)}
    assert all(rank > 0.9 for title, rank in ranks.items() if "Batman & Robin" in title or "Speed 2" in title)
    assert table.best[0].bias > 0 > table.worst[0].bias
    assert [row.bias for row in table.rows] == sorted((row.bias for row in table.rows), reverse=True)
    assert len(table.plot().data[0].y) == 20


def test_principal_axes_name_the_titles_at_both_ends(model):
    found = principal_axes(model, 3, items=500)
    shares = [axis.share for axis in found.axes]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-6
    for axis in found.axes:
        assert len(axis.low) == len(axis.high) == 10
        assert not set(axis.low) & set(axis.high)
        assert axis.titles[int(np.argmin(axis.places))] == axis.low[0]
        assert axis.titles[int(np.argmax(axis.places))] == axis.high[0]
    first, second = (axis.places for axis in found.axes[:2])
    assert abs(first @ second) < 1e-3 * np.sqrt((first @ first) * (second @ second))
    assert len(found.plot().data) == 3


def test_the_map_shows_the_best_known_items(model):
    shown = item_map(model)
    assert "Forrest Gump" in " ".join(spot.title for spot in shown.spots)
    assert len(shown.plot().data[0].x) == len(shown.spots)


def test_a_model_without_biases_has_no_bias_table():
    bare = pt.train(pt.movielens(), "dot", factors=4, epochs=1, patience=0)
    with pytest.raises(CallerError, match="no biases"):
        bias_table(bare)
    with pytest.raises(CallerError, match="have no 9 axes"):
        principal_axes(bare, 9)
