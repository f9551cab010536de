"""Every kind of invalid input gets one message with the file, the row, the column and the remedy."""

import datetime
import re
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, DataError

GOOD = "user,item,rating\n1,10,3\n2,20,4\n"


def refusal(tmp_path: Path, content: str | bytes, **how) -> str:
    path = tmp_path / "bad.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        Ratings.from_csv(path, **how)
    message = str(caught.value)
    assert message.startswith(str(path)), "the file is named first"
    assert "\n" not in message
    return message.removeprefix(str(path))


def test_a_missing_file(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        Ratings.from_csv(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="there is no such file"):
        Ratings.from_parquet(tmp_path / "nowhere.parquet")


def test_a_missing_column_is_answered_with_the_columns(tmp_path):
    message = refusal(tmp_path, GOOD, rating="stars")
    assert "no column 'stars'" in message and "The columns are: 'user', 'item', 'rating'" in message
    assert "Did you mean 'rating'? The columns are" in refusal(tmp_path, GOOD, rating="Ratings")
    message = refusal(tmp_path, GOOD.replace("item", "thing"))
    assert "no column looks like the item" in message and "item=…" in message and "'thing'" in message


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file(tmp_path, content):
    assert "the file is empty" in refusal(tmp_path, content)


def test_a_header_without_rows(tmp_path):
    assert "the table has no rows" in refusal(tmp_path, "user,item,rating\n")


def test_a_rating_that_is_not_a_number(tmp_path):
    message = refusal(tmp_path, GOOD + "3,10,good\n")
    assert ", row 3, column 'rating': the rating is not a number: 'good'" in message and "bad_rows='skip'" in message


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300"])
def test_a_rating_that_is_not_finite(tmp_path, value):
    assert ", row 3, column 'rating': the rating is not a finite number" in refusal(tmp_path, GOOD + f"3,10,{value}\n")


def test_a_rating_outside_the_declared_scale(tmp_path):
    message = refusal(tmp_path, GOOD + "3,10,6\n", scale=(1, 5))
    assert ", row 3, column 'rating': the rating is outside the declared scale 1..5: 6.0" in message


@pytest.mark.parametrize("line", [",10,3", "  ,10,3"])
def test_a_missing_id(tmp_path, line):
    message = refusal(tmp_path, GOOD + line + "\n")
    assert ", row 3, column 'user': the id is missing" in message and "bad_rows='skip'" in message


def test_a_missing_rating_and_a_missing_timestamp(tmp_path):
    assert "row 2, column 'rating': the rating is missing" in refusal(tmp_path, "user,item,rating\n1,1,3\n2,2,\n")
    timed = "user,item,rating,timestamp\n1,1,3,5\n2,2,4,\n"
    assert "row 2, column 'timestamp': the timestamp is missing" in refusal(tmp_path, timed)
    invalid = timed + "3,2,4,noon\n"
    assert "timestamp=False" in refusal(tmp_path, invalid.replace("4,\n", "4,6\n"))


def test_a_timestamp_that_is_not_a_date(tmp_path):
    for moments in (("noon", "dusk"), ("2020-01-02", "dusk")):
        table = "user,item,rating,time\n" + "".join(f"{n},{n},3,{moment}\n" for n, moment in enumerate(moments))
        message = refusal(tmp_path, table)
        assert (
            "neither a number nor a date" in message and repr(moments[0] if moments[0] == "noon" else "dusk") in message
        )


def test_ids_of_mixed_kinds(tmp_path):
    message = refusal(tmp_path, GOOD + "x3,10,3\n")
    assert ", row 3, column 'user': ids of two kinds: 'x3' is a text, the first id '1' is a whole number" in message
    assert "ids='text'" in message
    frame = pd.DataFrame({"user": [1, "x3"], "item": [1, 2], "rating": [1, 2]})
    with pytest.raises(DataError, match=r"frame, row 2, column 'user': values of two kinds: 'x3' is a text"):
        Ratings.from_frame(frame)


def test_row_numbers_are_those_of_the_file_also_after_skipped_rows(tmp_path):
    message = refusal(tmp_path, "user,item,rating\n1,10,x\n1,20,3\n2,10,4\nx3,10,3\n", bad_rows="skip")
    assert ", row 4, column 'user'" in message


def test_fractional_ids_are_refused():
    with pytest.raises(DataError, match=r"row 2, column 'user': an id is not a whole number: 1\.5"):
        Ratings.from_frame(pl.DataFrame({"user": [1.0, 1.5], "item": [1, 2], "rating": [1, 2]}))


@pytest.mark.parametrize("large", [2.0**63, -1e300, float("inf")])
def test_ids_beyond_whole_numbers_are_refused(large):
    frame = pl.DataFrame({"user": [1.0, 2.0, large], "item": [1, 2, 3], "rating": [1, 2, 3]})
    with pytest.raises(DataError, match=r"row 3, column 'user': an id is larger than a whole number can be"):
        Ratings.from_frame(frame)
    assert Ratings.from_frame(frame, bad_rows="skip").users.ids.tolist() == [1, 2]


@pytest.mark.parametrize("separator", [";", "\t", "|", "::"])
def test_a_wrong_separator_names_the_right_one(tmp_path, separator):
    message = refusal(tmp_path, GOOD.replace(",", separator), separator=",")
    assert f"Pass separator={separator!r}, or leave it out" in message and "line 1" in message


def test_a_wrong_encoding(tmp_path):
    content = GOOD.replace("1,10", "é,10").encode("latin-1")
    assert "the text is not utf-8. Leave out encoding=…" in refusal(tmp_path, content, encoding="utf-8")
    assert "encoding='utf-16'" in refusal(tmp_path, GOOD.encode("utf-16-le"))
    assert "the text is not rot13" in refusal(tmp_path, GOOD, encoding="rot13")
    assert "the text is not ascii" in refusal(tmp_path, "user,item,rating\né,10,3\n", encoding="ascii")


def test_a_row_with_too_many_fields(tmp_path):
    message = refusal(tmp_path, GOOD + "3,10,3,7,8\n")
    assert ", row 3: 5 fields for 3 columns" in message and "quotes" in message


def test_repeated_pairs_where_they_are_an_error(tmp_path):
    message = refusal(tmp_path, GOOD + "2,20,5\n", duplicates="error")
    assert "row 3, column" in message and "row 2, column" in message and "duplicates='last'" in message


@pytest.mark.parametrize("column", ["user", "item"])
def test_a_table_of_one_user_or_one_item(tmp_path, column):
    content = "user,item,rating\n1,10,3\n1,20,4\n" if column == "user" else "user,item,rating\n1,10,3\n2,10,4\n"
    message = refusal(tmp_path, content)
    assert f"every row has the same {column}" in message and f"at least two {column}s" in message


def test_ids_that_differ_only_in_white_space(tmp_path):
    message = refusal(tmp_path, "user,item,rating\nanna,1,3\nbert,2,4\nanna ,2,4\n")
    assert ", row 3, column 'user': the ids 'anna' and 'anna ' differ only in white space" in message


@pytest.mark.parametrize(
    "wrong",
    [
        {"duplicates": "first"}, {"bad_rows": "drop"}, {"ids": "int"}, {"scale": (5, 1)}, {"scale": 5},
        {"scale": (1, 2, 3)}, {"user": False}, {"item": 3},
    ],
    ids=str,
)  # fmt: skip
def test_invalid_values_of_arguments(tmp_path, wrong):
    path = tmp_path / "good.csv"
    path.write_text(GOOD)
    (name, value), *_ = wrong.items()
    with pytest.raises(DataError, match=rf"{name}|{re.escape(repr(value))} is not the name of a column"):
        Ratings.from_csv(path, **wrong)


def test_a_misspelled_argument_is_answered_with_the_nearest(tmp_path):
    reads = {"from_csv": tmp_path / "r.csv", "from_parquet": tmp_path / "r.parquet", "from_frame": None}
    for name, table in reads.items():
        message = rf"{name}\(\): there is no argument 'users'. Did you mean 'user'\? It takes: .*user, item, rating"
        with pytest.raises(CallerError, match=message):
            getattr(Ratings, name)(table, users="u")
    with pytest.raises(CallerError, match=r"from_csv\(\): missing a required argument: 'path'. It takes: path, user"):
        Ratings.from_csv()


def test_a_path_that_is_not_a_path():
    for read in (Ratings.from_csv, Ratings.from_parquet):
        with pytest.raises(DataError, match="5 is not the path of a file"):
            read(5)


def test_a_list_is_not_a_table_and_a_text_file_is_not_parquet(tmp_path):
    with pytest.raises(DataError, match="list is not a table"):
        Ratings.from_frame([1, 2])
    path = tmp_path / "r.parquet"
    path.write_text(GOOD)
    with pytest.raises(DataError, match="not a Parquet file"):
        Ratings.from_parquet(path)


def test_a_table_of_invalid_rows_only(tmp_path):
    assert "all rows are invalid" in refusal(tmp_path, "user,item,rating\n1,1,x\n2,2,y\n", bad_rows="skip")


@pytest.mark.parametrize("column", ["user", "item", "rating"])
@pytest.mark.parametrize(
    ("cells", "library"),
    [
        ([[1], [2]], pl.DataFrame),
        (pl.Series([[1], [2]], dtype=pl.Array(pl.Int64, 1)), pl.DataFrame),
        ([{"a": 1}, {"a": 2}], pl.DataFrame),
        ([b"a", b"b"], pl.DataFrame),
        ([datetime.timedelta(1), datetime.timedelta(2)], pl.DataFrame),
        ([[1], [2]], pd.DataFrame),
        ([{"a": 1}, {"b": 2}], pd.DataFrame),
        ([b"a", b"b"], pd.DataFrame),
    ],
)
@pytest.mark.parametrize("ids", ["detect", "text"])
def test_columns_of_several_values_a_cell_are_refused(column: str, cells: Any, library: Any, ids: Any) -> None:
    frame = library({"user": [1, 2], "item": [1, 2], "rating": [1.0, 2.0], column: cells})
    with pytest.raises(DataError, match=rf"column '{column}': a column of type .* cannot be read\. Conv"):
        Ratings.from_frame(frame, ids=ids)
