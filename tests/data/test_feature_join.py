"""Features are joined by id; their kinds are given or guessed; ids without ratings are added."""

import pandas as pd
import polars as pl
import pytest

from penchant.data.movielens import movielens
from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, DataError

FILMS = {
    "movieId": [30, 10, 20],
    "title": ["Heat (1995)", "Alien (1979)", "Solaris"],
    "genres": ["Action|Crime", "Horror| Sci-Fi ", None],
    "budget": [60.0, 11.0, float("nan")],
    "country": ["US", "US", "SU"],
}


@pytest.fixture
def ratings() -> Ratings:
    return Ratings.from_frame(pl.DataFrame({"user": [1, 2, 1], "item": [10, 10, 20], "rating": [3, 4, 5]}))


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_rows_are_joined_by_id_in_any_order(ratings, make):
    columns = {"title": "title", "genres": "|", "budget": "number", "country": "category"}
    features = ratings.with_features(items=make(FILMS), columns=columns).item_features
    assert features.titles == ["Alien (1979)", "Solaris", "Heat (1995)"]
    assert features.columns["genres"] == [("Horror", "Sci-Fi"), None, ("Action", "Crime")]
    assert features.columns["budget"] == [11.0, None, 60.0]
    assert dict(features.kinds) == {"genres": "many", "budget": "number", "country": "category"}


@pytest.mark.parametrize("make", [pl.DataFrame, pd.DataFrame])
def test_lists_of_labels_stay_lists_and_lists_as_ids_are_refused(ratings, make):
    films = make({"item": [10, 20], "genres": [["Horror", "War"], ["Drama"]]})
    assert ratings.with_features(items=films).item_features.columns["genres"] == [("Horror", "War"), ("Drama",)]
    with pytest.raises(DataError, match=r"column 'item': a column of type List.* cannot be read\. Convert"):
        ratings.with_features(items=make({"item": [[10], [20]], "genres": ["Horror", "Drama"]}))


def test_kinds_are_guessed_and_years_taken_from_titles():
    many = 30
    frame = pl.DataFrame(
        {
            "id": range(many),
            "title": [f"Film ({1950 + n})" for n in range(many)],
            "genres": ["A|B" if n % 2 else "C" for n in range(many)],
            "country": ["US", "SU"] * 15,
            "minutes": range(many),
            "plot": [f"a story of {n} people" for n in range(many)],
            "tags": [["x", "y"]] * many,
        }
    )
    ratings = Ratings.from_frame(pl.DataFrame({"user": [1, 2], "item": [0, 1], "rating": [3, 4]}))
    features = ratings.with_features(items=frame, id_column="id").item_features
    assert dict(features.kinds) == {
        "year": "number", "genres": "many", "country": "category", "minutes": "number", "plot": "text", "tags": "many",
    }  # fmt: skip
    assert features.row(3) == {
        "year": 1953.0, "genres": ("A", "B"), "country": "SU", "minutes": 3.0, "plot": "a story of 3 people",
        "tags": ("x", "y"),
    }  # fmt: skip


def test_a_title_read_as_text_is_also_the_display_name(ratings):
    features = ratings.with_features(items=pl.DataFrame(FILMS), columns={"title": "text"}).item_features
    assert features.titles == features.columns["title"] == ["Alien (1979)", "Solaris", "Heat (1995)"]


def test_ids_without_ratings_are_added_dropped_or_an_error(ratings):
    grown = ratings.with_features(items=pl.DataFrame(FILMS))
    assert grown.items.ids.tolist() == [10, 20, 30], "rated items keep their numbers"
    assert "In the feature table only, added without ratings: 1 item" in str(grown.report)
    assert ratings.items.ids.tolist() == [10, 20] and ratings.item_features is None
    dropped = ratings.with_features(items=pl.DataFrame(FILMS), unrated="drop")
    assert dropped.items == ratings.items and len(dropped.item_features) == 2
    with pytest.raises(DataError, match=r"items, column 'movieId', row 1: the item 30 has no rating"):
        ratings.with_features(items=pl.DataFrame(FILMS), unrated="error")


def test_rated_ids_without_features_have_missing_values(ratings):
    frame = pl.DataFrame({"item": [20], "country": ["SU"]})
    joined = ratings.with_features(items=frame, columns={"country": "category"})
    assert "Without a row in the feature table: 1 item" in str(joined.report)
    features = joined.item_features
    assert features.columns["country"] == [None, "SU"]


def test_a_second_table_adds_columns_and_users_have_features_too(ratings):
    both = ratings.with_features(items=pl.DataFrame(FILMS), columns={"country": "category", "title": "title"})
    both = both.with_features(items=pl.DataFrame({"item": [10, 40], "age": [5, 6]}), columns={"age": "number"})
    assert both.items.ids.tolist() == [10, 20, 30, 40]
    assert both.item_features.columns == {"country": ["US", "SU", "US", None], "age": [5.0, None, None, 6.0]}
    assert both.item_features.titles == ["Alien (1979)", "Solaris", "Heat (1995)", None]
    people = pl.DataFrame({"userId": [2, 1], "job": ["baker", "smith"]})
    assert both.with_features(users=people).user_features.columns["job"] == ["smith", "baker"]


def test_of_several_id_columns_the_one_with_most_rated_ids_is_used(ratings):
    frame = pl.DataFrame({"item_id": [901, 10, 903], "id": [10, 20, 30], "imdbId": [1, 2, 3], "pages": [7, 8, 9]})
    joined = ratings.with_features(items=frame)
    assert joined.items.ids.tolist() == [10, 20, 30]
    note = "Column 'id' of items is used as the item ids: it has 2 rated ids, 'item_id' 1"
    assert note in str(joined.report)
    assert joined.item_features.columns == {"pages": [7.0, 8.0, 9.0]}, "references are not features"
    asked = ratings.with_features(items=frame, id_column="item_id", columns={"imdbId": "number"})
    assert asked.items.ids.tolist() == [10, 20, 901, 903]
    assert asked.item_features.columns == {"imdbId": [2.0, None, 1.0, 3.0]}


def test_equally_good_id_columns_are_ordered_by_their_names(ratings):
    frame = pl.DataFrame({"id": [20, 30], "item_id": [10, 40], "pages": [7, 8]})
    assert ratings.with_features(items=frame).items.ids.tolist() == [10, 20, 40]


def test_text_ids_match_whole_number_ids():
    texts = Ratings.from_frame(pl.DataFrame({"user": [1, 2], "item": ["10", "20"], "rating": [3, 4]}))
    assert texts.with_features(items=pl.DataFrame(FILMS)).items.ids.tolist() == ["10", "20", "30"]
    numbers = Ratings.from_frame(pl.DataFrame({"user": [1, 2], "item": [10, 20], "rating": [3, 4]}))
    spelled = pl.DataFrame(FILMS).with_columns(pl.col("movieId").cast(pl.String))
    assert numbers.with_features(items=spelled).items.ids.tolist() == [10, 20, 30]


def test_a_file_is_read_by_its_path(ratings, tmp_path):
    for suffix, write in ((".csv", pl.DataFrame.write_csv), (".parquet", pl.DataFrame.write_parquet)):
        path = tmp_path / f"films{suffix}"
        write(pl.DataFrame(FILMS), path)
        assert ratings.with_features(items=path).item_features.titles[0] == "Alien (1979)"


@pytest.mark.parametrize(
    ("frame", "how", "message"),
    [
        ({"item": [77, 78], "x": [1, 2]}, {}, r"none of the 2 ids has a rating.*whole numbers such as 10.*id_column"),
        ({"item": [10, 10], "x": [1, 2]}, {}, r"items, row 2, column 'item': the id 10 occurs twice"),
        ({"item": [10, None], "x": [1, 2]}, {}, r"items, row 2, column 'item': the id is missing"),
        ({"item": [10], "x": [1]}, {"columns": {"y": "number"}}, r"no column 'y'.*The columns are: 'x'"),
        ({"item": [10], "x": [1]}, {"columns": {"x": "integer"}}, r"column 'x': 'integer' is not a kind.*category"),
        ({"item": [10], "x": [1]}, {"id_column": "id"}, r"no column 'id'.*The columns are: 'item', 'x'"),
        ({"item": [10], "x": [1]}, {"id_column": 3}, r"3 is not the name of a column"),
        ({"item": [10], "x": [1]}, {"unrated": "kep"}, r"unrated='kep' is not known. Did you mean 'keep'"),
        ({"item": [10], "x": [1]}, {"columns": ["x"]}, r"columns=\['x'\] is not a mapping"),
        ({"item": [10], "x": ["a"]}, {"columns": {"x": "number"}}, r"items, row 1, column 'x': .*not a number: 'a'"),
    ],
)
def test_invalid_tables_and_options_are_refused(ratings, frame, how, message):
    with pytest.raises(DataError, match=message):
        ratings.with_features(items=pl.DataFrame(frame), **how)


def test_numbers_that_turn_fractional_late_in_a_file_are_numbers(ratings, tmp_path):
    lines = [f"{number + 10},{number}" for number in range(300)] + ["400,0.5"]
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(["item,price", *lines]))
    features = ratings.with_features(items=path).item_features
    assert dict(features.kinds) == {"price": "number"} and features.columns["price"][-1] == 0.5


def test_a_missing_feature_file_is_named(ratings, tmp_path):
    for name in ("none.csv", "none.parquet"):
        with pytest.raises(DataError, match=f"{name}: there is no such file"):
            ratings.with_features(items=tmp_path / name)


def test_a_misspelled_argument_is_answered_with_the_nearest(ratings):
    with pytest.raises(CallerError, match=r"with_features\(\): there is no argument 'item'. Did you mean 'items'"):
        ratings.with_features(item=pl.DataFrame(FILMS))


def test_movielens_as_shipped():
    ratings = movielens()
    assert (len(ratings), ratings.n_users, ratings.n_items) == (100_004, 671, 9_125)
    assert next(ratings.to_frame().iter_rows()) == (1, 31, 2.5, 1260759144), "the file's first row stays first"
    assert (ratings.scale.low, ratings.scale.high, ratings.scale.step) == (0.5, 5.0, 0.5)
    toys = ratings.items.number(1)
    assert ratings.item_features.titles[toys] == "Toy Story (1995)"
    assert ratings.item_features.row(toys)["genres"] == ("Adventure", "Animation", "Children", "Comedy", "Fantasy")
    assert ratings.item_features.row(toys)["year"] == 1995
    assert None in ratings.item_features.columns["genres"], "a film without genres has a missing value"
    assert str(ratings.report).endswith("only, added without ratings: 59 items")


def test_movielens_with_tags():
    ratings = movielens(tags=True)
    assert "dentist" in ratings.item_features.row(ratings.items.number(1955))["tags"]
    assert ratings.item_features.row(ratings.items.number(1))["tags"] == ("pixar",)
