"""Tables read by Spark get the same numbers as without Spark, and the first invalid row is named before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Rules
from penchant.foundations.errors import DataError

pytestmark = pytest.mark.java


def numbered(session: Any, table: Any, **rules: Any) -> Any:
    from penchant.engines.spark.encoded_tables import numbered_table

    return numbered_table(session, table, Rules(**rules))


def rows_of(table: Any) -> set[tuple[Any, Any, float]]:
    """The rows of an EncodedTable with their ids."""
    found = table.frame.toArrow().to_pylist()
    users, items = table.users.ids.tolist(), table.items.ids.tolist()
    return {(users[row["user"]], items[row["item"]], row["rating"]) for row in found}


def test_a_file_is_numbered_as_without_spark(spark_session: Any, ratings_csv: Path) -> None:
    table, local = numbered(spark_session, str(ratings_csv)), Ratings.from_csv(ratings_csv)
    assert table.users == local.users and table.items == local.items
    assert table.users.ids.tolist() == [7, 30, 111]
    assert (table.count, table.scale) == (5, local.scale)
    ids = local.to_frame().rows()
    assert rows_of(table) == {(user, item, rating) for user, item, rating, _ in ids}
    assert (30, "a", 1.0) in rows_of(table)  # the later of the two


def test_ids_over_many_partitions_are_numbered_without_gaps(spark_session: Any) -> None:
    from penchant.engines.spark.id_numbering import id_map

    ids = np.random.default_rng(0).choice(10**9, 5000, replace=False)
    frame = spark_session.createDataFrame(pa.table({"user": np.concatenate([ids, ids[:100]])})).repartition(7)
    spark_session.conf.set("spark.sql.shuffle.partitions", "5")
    try:
        found = id_map(frame, "user")
    finally:
        spark_session.conf.set("spark.sql.shuffle.partitions", "2")
    assert found.vocabulary.ids.tolist() == sorted(ids.tolist())
    pairs = {row["id"]: row["number"] for row in found.frame.toArrow().to_pylist()}
    assert [pairs[one] for one in sorted(ids.tolist())] == list(range(5000))


def test_a_mean_of_repeated_pairs_and_parquet(spark_session: Any, ratings_csv: Path, tmp_path: Path) -> None:
    local = Ratings.from_csv(ratings_csv, duplicates="mean")
    path = tmp_path / "r.parquet"
    pq.write_table(pa.table({"userId": [30, 7, 30, 30, 7, 111], "movieId": ["b", "a", "a", "a", "c", "b"],
                             "rating": [4, 2.5, 1, 5, 3, 2]}), path)  # fmt: skip
    table = numbered(spark_session, str(path), duplicates="mean")
    assert (30, "a", 3.0) in rows_of(table)
    assert table.users == local.users
    with pytest.raises(DataError, match="user 30 rated item 'a' 2 times"):
        numbered(spark_session, str(path), duplicates="error")


def test_choices_are_weights_of_events_without_spark_or_with_it(spark_session: Any, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("user,item,event,pieces\n1,a,buy,2\n1,a,view,1\n2,b,view,3\n2,a,back,1\n3,b,buy,1\n")
    rules = {"event": "event", "weights": {"buy": 5, "view": 1, "back": -5}, "weight": "pieces"}
    table, local = numbered(spark_session, str(path), **rules), Ratings.from_csv(path, **rules)
    assert rows_of(table) == {(1, "a", 11.0), (2, "b", 3.0), (3, "b", 5.0)} == set(local.to_frame().rows())
    assert table.scale == local.scale and table.scale.kind == "choices"
    assert numbered(spark_session, str(path), rating=False).scale.kind == "choices"
    with pytest.raises(DataError, match="row 4, column 'event': the kind of event has no weight: 'back'"):
        numbered(spark_session, str(path), **rules | {"weights": {"buy": 5, "view": 1}})
    with pytest.raises(DataError, match="decimal=',' is not for Spark"):
        numbered(spark_session, str(path), rating=False, decimal=",")


BAD_FILES = {
    "a missing id": ("1,a,3\n2,,4\n", {}, r"row 2, column 'item': the id is missing"),
    "a rating that is a word": (
        "1,a,3\n2,a,good\n",
        {},
        r"row 2, column 'rating': the rating is not a finite .*'good'",
    ),
    "a rating that is no number": ("1,a,3\n3,b,3\n2,a,NaN\n", {}, r"row 3, column 'rating': .*'NaN'"),
    "a rating off the scale": ("1,a,3\n2,a,9\n", {"scale": (1, 5)}, r"row 2, column 'rating': .*outside 1 to 5: '9'"),
    "ids of two kinds": ("1,a,3\nx,a,2\n3,b,2\n4,b,2\n", {}, r"row 2, column 'user': ids of two kinds.*'x'"),
    "a missing column": ("1,a,3\n", {"user": "who"}, r"there is no column 'who'.*The columns are: 'user', 'item'"),
    "no rows": ("", {}, "no ratings to train on"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_the_first_invalid_row_is_named(spark_session: Any, tmp_path: Path, case: str) -> None:
    text, rules, message = BAD_FILES[case]
    path = tmp_path / "bad.csv"
    path.write_text("user,item,rating\n" + text)
    with pytest.raises(DataError, match=message):
        numbered(spark_session, str(path), **rules)


def test_fractional_ids_of_a_typed_table_are_refused(spark_session: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table({"user": [1.0, 2.0, 2.5], "item": [1, 2, 3], "rating": [1.0, 2.0, 3.0]}), path)
    with pytest.raises(DataError, match=rf"{path}, row 3, column 'user': an id is not a whole number: 2.5"):
        numbered(spark_session, str(path))


def test_invalid_rows_can_be_skipped(spark_session: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("user,item,rating\n1,a,3\n2,,4\n2,b,oops\n3,c,1\n")
    assert rows_of(numbered(spark_session, str(path), bad_rows="skip")) == {(1, "a", 3.0), (3, "c", 1.0)}


def test_whole_numbers_past_32_bits_and_spaces_around_ids(spark_session: Any, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("user,item,rating\n9007199254740993, a,3\n9007199254740992,a ,4\n")
    table = numbered(spark_session, str(path))
    assert table.users.ids.tolist() == [9007199254740992, 9007199254740993]
    assert table.items.ids.tolist() == ["a"]


def test_relative_paths_start_in_the_working_directory_of_this_process(
    spark_session: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    from penchant.engines.spark.sessions import located

    assert located(spark_session, Path("s3a://bucket/r.parquet")) == "s3a://bucket/r.parquet"
    assert located(spark_session, "file:///data/r.csv") == "file:///data/r.csv"
    assert located(spark_session, "/data/r.csv") == "/data/r.csv"
    monkeypatch.chdir(tmp_path)
    assert located(spark_session, "r.csv") == str(tmp_path / "r.csv")
