"""The crosstab: the right users, the right items, blanks that stay blank, and clear refusals."""

import numpy as np
import pytest

import penchant as pt
from lesson.tables import ratings_of
from penchant.foundations.errors import DataError
from penchant.lesson.crosstab import Crosstab, CrosstabSettings, crosstab

NAN = np.nan
TABLE = np.array([[5, NAN, 3, 1], [NAN, NAN, 4, NAN], [2, 1, 3, NAN], [NAN, 4, 4, 2]])


def test_users_and_items_with_the_most_ratings_ties_to_the_lower_number():
    table = crosstab(ratings_of(TABLE, users=[10, 11, 12, 13]), CrosstabSettings(users=2, items=3))
    assert table.user_ids.tolist() == [10, 12]
    assert table.item_ids.tolist() == [2, 0, 1]
    np.testing.assert_array_equal(table.values, [[3, 5, NAN], [3, 2, 1]])
    assert table.rated.sum() == 5


def test_titles_are_shown_and_the_id_stands_in_for_a_missing_one():
    ratings = ratings_of(TABLE, titles=["Zero", None, "Two", ""])
    assert crosstab(ratings, CrosstabSettings(users=4, items=4)).titles == ("Two", "Zero", "1", "3")
    assert crosstab(ratings_of(TABLE), CrosstabSettings(users=4, items=4)).titles == ("2", "0", "1", "3")


def test_values_read_as_they_were_written():
    table = crosstab(ratings_of([[3.7, 4.1], [0.1, 2.2]]), CrosstabSettings(users=2, items=2))
    assert table.values.tolist() == [[3.7, 4.1], [0.1, 2.2]]


@pytest.mark.parametrize(("users", "items", "what"), [(5, 4, "users"), (4, 5, "items")])
def test_fewer_than_asked_for_is_refused_with_how_many_there_are(users, items, what):
    with pytest.raises(DataError, match=rf"5 {what} were requested, and only 4 have a rating.*Request 4"):
        crosstab(ratings_of(TABLE), CrosstabSettings(users=users, items=items))


def test_a_user_of_the_catalogue_without_ratings_does_not_count():
    ratings = ratings_of([[1.0, 2.0], [NAN, NAN]])
    with pytest.raises(DataError, match="only 1 have a rating"):
        crosstab(ratings, CrosstabSettings(users=2, items=2))


def test_an_empty_row_and_an_empty_column_are_kept_and_named():
    values = np.full((4, 6), NAN)
    values[0, :2], values[1, :2], values[2, :2] = 3.0, 4.0, 5.0
    values[3, 2:6] = 2.0  # the user with the most ratings rated nothing that the others rated
    table = crosstab(ratings_of(values, users=["a", "b", "c", "d"]), CrosstabSettings(users=4, items=2))
    assert table.empty_users == ["d"]
    assert table.empty_items == []


def test_a_table_without_any_rating_is_refused():
    with pytest.raises(DataError, match="no cell"):
        Crosstab(np.array([1]), np.array([2]), ("two",), np.array([[NAN]]))


def test_a_table_that_does_not_fit_its_ids_is_refused():
    with pytest.raises(DataError, match="shape"):
        Crosstab(np.array([1, 2]), np.array([2]), ("two",), np.array([[1.0]]))


def test_text_shows_blanks_as_dots():
    lines = crosstab(ratings_of(TABLE), CrosstabSettings(users=2, items=3)).to_text().splitlines()
    assert lines[1].split() == ["0", "3", "5", "·"]


def test_the_lessons_own_corner_of_movielens():
    table = crosstab(pt.movielens())
    assert table.user_ids.tolist() == [547, 564, 624, 15, 73, 452, 468, 380, 311, 30, 294, 509, 580, 213, 212]
    assert table.titles[:2] == ("Forrest Gump (1994)", "Pulp Fiction (1994)")
    assert int(table.rated.sum()) == 206
