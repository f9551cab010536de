"""Ratings are read from files and frames, in the rows' order, with the ids of the table."""

import gzip
import uuid
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError

TABLE = {
    "userId": [7, 3, 7, 10],
    "movieId": [20, 20, 5, 1],
    "rating": [4.0, 2.5, 1.0, 5.0],
    "timestamp": [40, 30, 20, 10],
}


def as_rows(ratings: Ratings) -> list[tuple]:
    return list(ratings.to_frame().iter_rows())


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "ratings.csv"
    pl.DataFrame(TABLE).write_csv(path)
    return path


ROWS = [(7, 20, 4.0, 40), (3, 20, 2.5, 30), (7, 5, 1.0, 20), (10, 1, 5.0, 10)]


def test_a_csv_keeps_its_rows_order_and_its_ids(csv):
    ratings = Ratings.from_csv(csv)
    assert as_rows(ratings) == ROWS
    assert ratings.users.ids.tolist() == [3, 7, 10], "numbers are in the order of the sorted ids"
    assert ratings.items.ids.tolist() == [1, 5, 20]
    assert (ratings.scale.low, ratings.scale.high, ratings.scale.declared) == (1.0, 5.0, False)


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        pl.LazyFrame,
        pa.table,
        lambda table: duckdb.from_arrow(pa.table(table)),
    ],
    ids=["pandas", "polars", "lazy", "arrow", "duckdb"],
)
def test_every_kind_of_frame_gives_the_same_ratings(make, csv):
    table = make(TABLE)
    ratings = Ratings.from_frame(table)
    assert as_rows(ratings) == as_rows(Ratings.from_csv(csv))
    assert ratings.users == Ratings.from_csv(csv).users


def test_a_pandas_frame_is_not_changed():
    frame = pd.DataFrame(TABLE)
    before = frame.copy()
    Ratings.from_frame(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_parquet_and_any_column_names(tmp_path):
    path = tmp_path / "r.parquet"
    pl.DataFrame(TABLE).rename({"userId": "wer", "movieId": "was", "rating": "wie"}).write_parquet(path)
    ratings = Ratings.from_parquet(path, user="wer", item="was", rating="wie", timestamp=False)
    assert as_rows(ratings) == [row[:3] for row in ROWS]
    assert ratings.timestamps is None
    assert dict(ratings.report.columns) == {"user": "wer", "item": "was", "rating": "wie"}


@pytest.mark.parametrize("names", [("user_id", "item_id"), ("User-ID", "ISBN"), ("customerId", "product_id")])
def test_usual_column_names_are_recognized(names):
    frame = pl.DataFrame({"Score": [1, 2], names[1]: ["a", "b"], names[0]: ["x", "y"]})
    assert as_rows(Ratings.from_frame(frame)) == [("x", "a", 1.0), ("y", "b", 2.0)]


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (lambda path, text: path.write_text(text.replace(",", ";")), {"separator": ";"}),
        (lambda path, text: path.write_text(text.replace(",", "::")), {"separator": "::"}),
        (lambda path, text: path.write_text(text, encoding="utf-16"), {"encoding": "utf-16"}),
        (lambda path, text: path.write_text("\ufeff" + text), {}),
        (lambda path, text: path.write_text(text.replace("\n", "\r\n"), newline=""), {}),
        (lambda path, text: path.write_text(text.partition("\n")[2]), {"header": False}),
        (lambda path, text: path.write_text(text.replace(",", ", ")), {}),
    ],
    ids=["semicolons", "double colons", "utf-16", "byte order mark", "windows lines", "no header", "spaces"],
)
def test_other_formats_of_a_csv(csv, make, options):
    make(csv, csv.read_text())
    names = {"user": "userId", "item": " movieId", "rating": " rating", "timestamp": " timestamp"}
    spaced = csv.read_bytes().startswith(b"userId, ")
    assert as_rows(Ratings.from_csv(csv, **options, **(names if spaced else {}))) == ROWS


def test_a_gzipped_csv(csv):
    zipped = csv.with_suffix(".csv.gz")
    zipped.write_bytes(gzip.compress(csv.read_bytes()))
    assert as_rows(Ratings.from_csv(zipped)) == ROWS


BIG = 2**63


def _json_lines(folder):
    path = folder / "t.jsonl"
    path.write_text("".join(f'{{"user": {user}, "item": {item}, "rating": 3}}\n' for user, item in PAIRS))
    return Ratings.from_csv(path)


def _separated(folder):
    path = folder / "t.csv"
    path.write_text("user,item,rating\n" + "".join(f"{user},{item},3\n" for user, item in PAIRS))
    return Ratings.from_csv(path)


def _unsigned(folder):
    users = pl.Series([user for user, _ in PAIRS], dtype=pl.UInt64)
    return Ratings.from_frame(pl.DataFrame({"user": users, "item": [1, 2, 1], "rating": [3, 3, 3]}))


def _objects(folder):
    users = pd.Series([user for user, _ in PAIRS], dtype=object)
    return Ratings.from_frame(pd.DataFrame({"user": users, "item": [1, 2, 1], "rating": [3, 3, 3]}))


PAIRS = [(BIG, 1), (1, 2), (2, 1)]


@pytest.mark.parametrize("read", [_json_lines, _separated, _unsigned, _objects])
def test_ids_beyond_64_bits_become_texts_and_the_report_says_so(read, tmp_path):
    ratings = read(tmp_path)
    assert ratings.users.ids.tolist() == ["1", "2", str(BIG)]
    assert ratings.report is not None
    note = "The user ids are texts: some have more digits than a whole number can have"
    assert note in ratings.report.notes
    assert note in str(ratings.report)


@pytest.mark.parametrize("form", ["frame", "lines"])
def test_true_and_false_are_no_ratings(form, tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"user": 1, "item": 1, "rating": true}\n{"user": 2, "item": 2, "rating": false}\n')
    frame = pl.DataFrame({"user": [1, 2], "item": [1, 2], "rating": [True, False]})
    with pytest.raises(DataError, match="column 'rating': true and false are not numbers"):
        Ratings.from_frame(frame) if form == "frame" else Ratings.from_csv(path)


def test_uuids_become_texts():
    people = [uuid.UUID(int=2), uuid.UUID(int=1)]
    values = f"(values ('{people[0]}'::uuid, 1, 1), ('{people[1]}'::uuid, 2, 2))"
    for table in (
        pd.DataFrame({"user": people, "item": [1, 2], "rating": [1, 2]}),
        pl.DataFrame({"user": people, "item": [1, 2], "rating": [1, 2]}),
        duckdb.sql(f"select * from {values} t(user_id, item, rating)"),
    ):
        assert [row[0] for row in as_rows(Ratings.from_frame(table))] == [str(one) for one in people]


def test_whole_numbers_of_a_file_are_whole_number_ids_unless_texts_are_asked_for(csv):
    assert not Ratings.from_csv(csv).users.of_text
    assert Ratings.from_csv(csv, ids="text").users.ids.tolist() == ["10", "3", "7"]


def test_leading_zeros_are_kept(tmp_path):
    path = tmp_path / "zip.csv"
    path.write_text("user,item,rating\n007,1,3\n7x,2,4\n")
    assert Ratings.from_csv(path).users.ids.tolist() == ["007", "7x"]


def test_white_space_around_ids_is_removed_and_noted(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("user,item,rating\n anna,1,3\nbert ,2,4\n")
    ratings = Ratings.from_csv(path)
    assert ratings.users.ids.tolist() == ["anna", "bert"]
    assert "White space around 2" in str(ratings.report)


def test_timestamps_in_other_formats(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("user,item,rating,date\n1,1,3,2020-01-02 03:04:05\n2,2,4,2020-01-02T03:04:06\n")
    moment = int(datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp())
    assert Ratings.from_csv(path).timestamps.tolist() == [moment, moment + 1]
    frame = pl.DataFrame({"user": [1, 2], "item": [1, 2], "rating": [1, 2]})
    dates = pl.Series("time", [datetime(2020, 1, 2, 3, 4, 5), datetime(1970, 1, 1)])
    assert Ratings.from_frame(frame.with_columns(dates)).timestamps.tolist() == [moment, 0]
    early = pl.Series("time", [datetime(1970, 1, 2), datetime(1970, 1, 3)])
    assert Ratings.from_frame(frame.with_columns(early)).timestamps.tolist() == [86_400, 172_800]
    milli = Ratings.from_frame(frame.with_columns(pl.Series("time", [moment * 1000, moment * 1000 + 5000])))
    assert milli.timestamps.tolist() == [moment, moment + 5]
    assert "1/1,000 second" in str(milli.report)


DOUBLE = {"user": [1, 2, 1, 1], "item": [1, 2, 2, 1], "rating": [1.0, 2.0, 3.0, 5.0], "timestamp": [9, 1, 1, 4]}


@pytest.mark.parametrize(
    ("policy", "timed", "expected"),
    [
        ("last", True, [(1, 1, 1.0), (2, 2, 2.0), (1, 2, 3.0)]),
        ("last", False, [(2, 2, 2.0), (1, 2, 3.0), (1, 1, 5.0)]),
        ("mean", False, [(2, 2, 2.0), (1, 2, 3.0), (1, 1, 3.0)]),
        ("sum", False, [(2, 2, 2.0), (1, 2, 3.0), (1, 1, 6.0)]),
    ],
)
def test_repeated_pairs_become_one_rating(policy, timed, expected):
    ratings = Ratings.from_frame(pl.DataFrame(DOUBLE), timestamp=timed and None, duplicates=policy)
    assert [row[:3] for row in as_rows(ratings)] == expected
    assert ratings.report.merged == 1
    assert "1 row repeated a user and item" in str(ratings.report)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 5), st.integers(0, 9)), min_size=2),
    policy=st.sampled_from(["last", "mean", "sum"]),
)
def test_merging_agrees_with_a_plain_loop(rows, policy):
    rows = [(0, 0, 1, 0), (1, 1, 1, 0), *rows]
    frame = pl.DataFrame(rows, schema=["user", "item", "rating", "timestamp"], orient="row")
    slow: dict = {}
    for row, (user, item, rating, time) in enumerate(rows):
        slow.setdefault((user, item), []).append((time, row, rating))
    combine = {"last": lambda v: v[-1], "mean": np.mean, "sum": np.sum}[policy]
    expected = sorted(
        (max(seen)[1], *pair, float(np.float32(combine([rating for *_, rating in sorted(seen)]))))
        for pair, seen in slow.items()
    )
    ratings = Ratings.from_frame(frame, duplicates=policy)
    assert [row[:3] for row in as_rows(ratings)] == [row[1:] for row in expected]
    assert ratings.report.merged == len(rows) - len(slow)


def test_rows_without_ratings_have_the_value_one():
    ratings = Ratings.from_frame(pl.DataFrame({"user": [1, 2, 1], "item": [1, 2, 1]}), rating=False, duplicates="sum")
    assert sorted(as_rows(ratings)) == [(1, 1, 2.0), (2, 2, 1.0)]


def test_invalid_rows_can_be_left_out_and_counted(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("user,item,rating\n1,1,3\n,2,4\n2,2,x\n2,2,9\n2,2,4\n3,1,nan\n3,1,\n")
    ratings = Ratings.from_csv(path, bad_rows="skip", scale=(1, 5))
    assert as_rows(ratings) == [(1, 1, 3.0), (2, 2, 4.0)]
    report = ratings.report.to_json()
    assert (report["rows"], sum(report["refused"].values()), report["merged"], report["ratings"]) == (7, 5, 0, 2)
    assert "7 rows read, 0 merged, 5 refused" in str(ratings.report)
