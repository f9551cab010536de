"""Tables as other people have them: what is read, what is refused, and what the message advises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
import sqlalchemy

from command_line import write
from penchant.data.movielens import movielens
from penchant.data.ratings import Ratings
from penchant.data.reading_rules import ReadingKeywords, Rules
from penchant.data.tables.file_options import FileOptions
from penchant.foundations.errors import CallerError, DataError

GOOD = "user,item,rating\nann,10,4\nbob,11,5\n"
SHIPPED = Path(__file__).parents[2] / "src/penchant/data/shipped"


def read(folder: Path, content: str, name: str = "r.csv", encoding: str = "utf-8", **options: Any) -> Ratings:
    return Ratings.from_file(write(folder / name, content, encoding), **options)


def refusal(folder: Path, content: str, name: str = "r.csv", encoding: str = "utf-8", **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, content, name, encoding, **options)
    return str(caught.value)


def test_the_keywords_are_the_fields_of_the_two_structures() -> None:
    fields = Rules.__dataclass_fields__.keys() | FileOptions.__dataclass_fields__.keys()
    assert ReadingKeywords.__annotations__.keys() == fields


def test_the_report_is_five_lines_and_has_everything(tmp_path: Path) -> None:
    report = read(
        tmp_path, "user;item;rating;time\nann;10;3;1420502400\n\nbob;11;5;1420502401\nbob;11;4;1420502402\n"
    ).report
    assert report is not None
    first, *rest = str(report).splitlines()
    assert first.endswith("r.csv: 4 rows read, 1 merged, 0 refused, 1 left out (1 × blank line)")
    assert rest == [
        "2 ratings by 2 users of 2 items",
        "read as text, UTF-8, separated by ';', the first line holds the names of 4 columns",
        "columns: user 'user' (texts), item 'item' (whole numbers), rating 'rating', timestamp 'time' (seconds)",
        "liked: ratings from 4 on",
        "1 row repeated a user and item; each pair keeps one row (last)",
    ]
    said = report.to_json()
    assert (said["left_out"], said["ids"], said["times"], said["liked"]) == (
        {"blank line": 1}, {"user": "texts", "item": "whole numbers"}, "seconds", 4.0,
    )  # fmt: skip
    assert said["rows"] == said["merged"] + said["ratings"] + sum({**said["refused"], **said["left_out"]}.values())


def test_movietweetings_needs_no_option_of_header_or_separator() -> None:
    folder = SHIPPED / "movietweetings"
    ratings = Ratings.from_file(folder / "ratings.dat.gz").with_features(items=folder / "movies.dat.gz")
    assert (len(ratings), ratings.n_users) == (141_695, 21_081)
    assert ratings.item_features is not None and ratings.item_features.titles is not None
    assert ratings.item_features.row(ratings.items.number("0068646"))["genres"] == ("Crime", "Drama")


# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "headed"),
    [
        ("ann,10,4\nbob,11,5\n", False),
        ("c1,p1\nc1,p2\nc2,p1\n", False),
        ("wer,was,wie\nann,10,4\nbob,11,5\n", True),
        (",item,rating\n0,10,4\n1,11,5\n", True),
        ("user,10,11\nann,4,5\nbob,2,3\n", True),
    ],
)
def test_a_header_is_distinguished_from_a_row(tmp_path: Path, content: str, headed: bool) -> None:
    from penchant.data.tables.table_file import open_table

    assert open_table(write(tmp_path / "t.csv", content), FileOptions()).headed is headed


def test_a_row_is_not_lost_to_columns_named_by_its_values(tmp_path: Path) -> None:
    message = refusal(tmp_path, "1,10,4\n2,11,5\n3,12,3\n", user="1", item="10", rating="4")
    assert "there is no column '1'. The first row has values, not names; pass header=True" in message
    assert len(read(tmp_path, "1,10,4\n2,11,5\n3,12,3\n")) == 3
    assert len(read(tmp_path, "1,10,4\n2,11,5\n3,12,3\n", header=True, user="1", item="10", rating="4")) == 2


def test_a_third_column_of_times_is_not_a_rating(tmp_path: Path) -> None:
    ratings = read(tmp_path, "1,10,1420502400\n2,11,1420502401\n")
    assert (ratings.kind, ratings.timestamps.tolist()) == ("choices", [1420502400, 1420502401])  # type: ignore[union-attr]


# --- features of items and users --------------------------------------------------------------------------------------


def test_item_and_user_files_are_read_by_the_same_reader(tmp_path: Path) -> None:
    items = write(tmp_path / "u.item", "10|Amélie (2001)|Comedy\n11|Heat (1995)|Crime\n", "latin-1")
    users = write(tmp_path / "users.dat", "ann::F::25\nbob::M::31\n")
    ratings = read(tmp_path, GOOD).with_features(items=items, header=["item", "title", "genre"])
    assert ratings.item_features is not None and ratings.item_features.titles == ["Amélie (2001)", "Heat (1995)"]
    ratings = ratings.with_features(users=users, header=["user", "sex", "age"])
    assert ratings.user_features is not None and ratings.user_features.row(1) == {"sex": "M", "age": 31.0}
    assert "Windows-1252, separated by '|'" in str(ratings.report)
    tabs = write(tmp_path / "items.txt", "item\tgenre\n10\tComedy\n11\tCrime\n")
    assert read(tmp_path, GOOD).with_features(items=tabs, separator="tab").item_features is not None


def test_a_message_about_items_names_arguments_that_there_are(tmp_path: Path) -> None:
    wrong = write(tmp_path / "items.csv", "item;genre\n10;Comedy\n11;Crime\n")
    with pytest.raises(DataError, match="Pass separator=';'"):
        read(tmp_path, GOOD).with_features(items=wrong, separator=",")


# --- ids --------------------------------------------------------------------------------------------------------------


def test_ids_with_more_digits_than_a_whole_number_are_texts(tmp_path: Path) -> None:
    large = 2**63 + 5
    table = GOOD.replace("ann", str(large)).replace("bob", "7")
    for ratings in (
        read(tmp_path, table),
        Ratings.from_frame(
            pl.DataFrame({"user": [large, 7], "item": [1, 2], "rating": [4, 5]}, schema_overrides={"user": pl.UInt64})
        ),
        Ratings.from_frame(pd.DataFrame({"user": [large, 7], "item": [1, 2], "rating": [4, 5]}, dtype=object)),
    ):
        assert ratings.users.ids.tolist() == [str(7), str(large)]


def test_objects_of_two_kinds_are_texts_if_asked_for(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user": [1, "x3", 2.0], "item": [1, 2, 3], "rating": [1, 2, 3]})
    assert Ratings.from_frame(frame, ids="text").users.ids.tolist() == ["1", "2", "x3"]
    with pytest.raises(DataError, match="pass ids='text'"):
        Ratings.from_frame(frame)


def test_ids_that_differ_in_blanks_name_the_option(tmp_path: Path) -> None:
    assert "Pass trim_ids=True" in refusal(tmp_path, GOOD + "ann ,11,3\n")


# --- frames -----------------------------------------------------------------------------------------------------------


def test_a_pivoted_frame_is_read_as_a_matrix() -> None:
    long = pd.DataFrame({"user": [1, 1, 2], "item": [10, 11, 10], "rating": [4.0, 5.0, 2.0]})
    wide = long.pivot(index="user", columns="item", values="rating")
    assert sorted(Ratings.from_frame(wide, wide=True).to_frame().iter_rows()) == [(1, 10, 4), (1, 11, 5), (2, 10, 2)]
    with pytest.raises(DataError, match=r"The columns are: 'user', '10', '11'\. If it is a matrix.*pass wide=True"):
        Ratings.from_frame(wide)


def test_a_matrix_is_recognized_and_few_of_its_columns_are_named(tmp_path: Path) -> None:
    names = ",".join(f"film {n}" for n in range(285))
    row = ",".join("4" for _ in range(285))
    message = refusal(tmp_path, f"who,{names}\nann,{row}\nbob,{row}\n")
    assert "and 266 more" in message and "pass wide=True" in message and len(message) < 600


def test_a_matrix_without_names_of_items_is_refused_and_its_cells_are_named(tmp_path: Path) -> None:
    assert "a matrix needs a first line that names the items" in refusal(tmp_path, "1,4,5\n2,3,2\n", wide=True)
    message = refusal(tmp_path, "user,a,b\nann,4,5\nbob,x,2\n", wide=True)
    assert "(its cells as rows), row 2, column 'rating': the rating is not a number: 'x'" in message


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    assert "two columns are named 'user'" in refusal(tmp_path, "user,user,item,rating\n1,2,3,4\n2,3,4,5\n")
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=["user", "user", "item", "rating"])
    with pytest.raises(DataError, match="two columns are named 'user'"):
        Ratings.from_frame(frame)


def test_a_pandas_period_is_a_time() -> None:
    frame = pd.DataFrame(
        {"user": [1, 2], "item": [1, 2], "rating": [4, 5], "time": pd.period_range("2015-01-06", periods=2)}
    )
    assert Ratings.from_frame(frame).timestamps.tolist() == [1420502400, 1420502400 + 86_400]  # type: ignore[union-attr]


@pytest.mark.parametrize("connect", [lambda: duckdb.connect(), lambda: sqlalchemy.create_engine("sqlite://").connect()])
def test_a_query_of_a_connection(connect: Any) -> None:
    query = 'select 1 as "user", 10 as item, 4.0 as rating union all select 2, 11, 5.0'
    with connect() as connection:
        assert sorted(Ratings.from_sql(query, connection).to_frame().iter_rows()) == [(1, 10, 4.0), (2, 11, 5.0)]
        with pytest.raises(DataError, match="the query cannot be read"):
            Ratings.from_sql("select nonsense from nowhere", connection)
    with pytest.raises(DataError, match="the database cannot be used"):
        Ratings.from_sql(query, "nothing://here")


# --- values -----------------------------------------------------------------------------------------------------------


def test_values_that_mean_no_rating_are_left_out_and_counted(tmp_path: Path) -> None:
    table = "user,item,rating\nann,10,4\nann,11,0\nbob,11,5\nbob,10,-1\nbob,12,NA\n"
    ratings = read(tmp_path, table, missing=[0, -1, "NA"])
    assert (len(ratings), ratings.report.left_out) == (2, {"no rating: 0": 1, "no rating: -1": 1, "no rating: NA": 1})  # type: ignore[union-attr]
    frame = pd.DataFrame({"user": [1, 2, 2], "item": [1, 2, 1], "rating": [4, 5, 99]})
    assert len(Ratings.from_frame(frame, missing=99)) == 2


def test_decimal_commas_are_read_where_they_can_be_nothing_else(tmp_path: Path) -> None:
    table = "user;item;rating\nann;10;4,5\nbob;11;5\n"
    ratings = read(tmp_path, table)
    assert ratings.values.tolist() == [4.5, 5] and "is read as a decimal comma" in str(ratings.report)
    thousands = table.replace("4,5", "1,500")
    assert "the rating is not a number: '1,500'" in refusal(tmp_path, thousands)
    assert read(tmp_path, thousands, decimal=",").values.tolist() == [1.5, 5]


def test_a_word_among_numbers_is_not_an_opinion(tmp_path: Path) -> None:
    assert "the rating is not a number: 'like'" in refusal(tmp_path, GOOD + "cy,10,like\n")


# --- times ------------------------------------------------------------------------------------------------------------


def timed(*times: str) -> str:
    return "user,item,rating,time\n" + "".join(f"{n},{n},3,{time}\n" for n, time in enumerate(times))


@pytest.mark.parametrize(
    ("times", "options"),
    [
        (["2015", "2016"], {"time_format": "%Y"}),
        (["201501", "201602"], {"time_format": "%Y%m"}),
        (["06/01/2015", "07/02/2015"], {"time_format": "%m/%d/%Y"}),
        (["06-01-2015", "07-02-2015"], {"time_format": "%d-%m-%Y"}),
    ],
)
def test_times_with_two_readings_are_refused_and_a_format_decides(
    tmp_path: Path, times: list[str], options: dict
) -> None:
    message = refusal(tmp_path, timed(*times))
    assert f"time_format='{options['time_format']}'" in message
    ratings = read(tmp_path, timed(*times), **options)
    expected = datetime.strptime(times[0], options["time_format"]).replace(tzinfo=UTC)
    assert ratings.timestamps[0] == expected.timestamp()  # type: ignore[index]


@pytest.mark.parametrize(
    ("first", "second", "moment"),
    [
        ("13/01/2015", "06/01/2015", datetime(2015, 1, 13)),
        ("01/06/2015 10:00", "01/13/2015 10:00", datetime(2015, 1, 6, 10)),
        ("06.01.2015", "07.01.2015", datetime(2015, 1, 6)),
        ("2015/01/06", "2015/01/07", datetime(2015, 1, 6)),
        ("20150106103000", "20150107103000", datetime(2015, 1, 6, 10, 30)),
        ("6 January 2015", "7 January 2015", datetime(2015, 1, 6)),
        ('"09 13, 2009"', '"09 14, 2009"', datetime(2009, 9, 13)),
        ("Tue Jan 06 10:00:00 +0000 2015", "Tue Jan 06 10:00:01 +0000 2015", datetime(2015, 1, 6, 10)),
        ("2015-01-06 10:00:00 UTC", "2015-01-06 10:00:00.5 UTC", datetime(2015, 1, 6, 10)),
        ("2015-01-06 10:00 PM", "2015-01-06 10:01 PM", datetime(2015, 1, 6, 22)),
    ],
)
def test_dates_in_usual_spellings(tmp_path: Path, first: str, second: str, moment: datetime) -> None:
    assert read(tmp_path, timed(first, second)).timestamps[0] == moment.replace(tzinfo=UTC).timestamp()  # type: ignore[index]


def test_small_numbers_are_seconds(tmp_path: Path) -> None:
    assert read(tmp_path, timed("10", "2015")).timestamps.tolist() == [10, 2015]  # type: ignore[union-attr]
    assert read(tmp_path, timed("1900", "2015"), time_format="s").timestamps.tolist() == [1900, 2015]  # type: ignore[union-attr]
    milli = read(tmp_path, timed("5000", "7000"), time_format="ms")
    assert milli.timestamps.tolist() == [5, 7] and "units of 1/1,000 second" in str(milli.report)  # type: ignore[union-attr]


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("r.parquet", b"user,item\n", "the file is not a Parquet file"),
        ("r.csv", b"PAR1 and nothing else", "the file is not a Parquet file"),
        ("r.csv", b"\x1f\x8b broken", "the gzip file is incomplete or damaged"),
        ("r.csv", b"BZh broken", "the bzip2 file is incomplete or damaged"),
        ("r.csv", b"\xfd7zXZ\x00 broken", "the xz file is incomplete or damaged"),
        ("r.zip", b"PK\x03\x04 broken", "the zip file is incomplete or damaged"),
        ("r.xls", b"\xd0\xcf\x11\xe0 broken", "the workbook cannot be read"),
        ("r.feather", b"ARROW1 broken", "the file is not an Arrow file"),
        ("r.jsonl", b'{"user": 1\n', "the JSON cannot be read"),
        ("r.csv", b"a\x00b,c\x00d\n", "the file is not a text that can be read"),
    ],
)
def test_a_damaged_file_says_what_it_is(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        Ratings.from_file(path)


def test_a_zip_with_several_files_and_a_folder_without_parts(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", GOOD)
        archive.writestr("b.csv", GOOD)
    with pytest.raises(
        DataError, match=r"holds 2 files, not one table. Unpack it and give one of them: a\.csv, b\.csv"
    ):
        Ratings.from_file(tmp_path / "two.zip")
    with pytest.raises(DataError, match="the folder has no Parquet files"):
        Ratings.from_file(tmp_path)


def test_lines_that_end_with_carriage_returns(tmp_path: Path) -> None:
    assert len(read(tmp_path, GOOD.replace("\n", "\r"))) == 2


def test_an_encoding_that_shows_late_is_found(tmp_path: Path) -> None:
    many = "".join(f"user {n},{n % 50},4\n" for n in range(9000))
    ratings = read(tmp_path, "user,item,rating\n" + many + "Zoë,1,5\n", encoding="latin-1")
    assert "Zoë" in ratings.users and "Windows-1252" in str(ratings.report)


# --- arguments -----------------------------------------------------------------------------------------------------


def test_an_argument_that_is_not_there_is_refused_everywhere() -> None:
    for call in (Ratings.from_file, Ratings.from_parquet, Ratings.from_sql):
        with pytest.raises(CallerError, match=r"there is no argument 'seperator'\. Did you mean 'separator'"):
            call("x", seperator=";")
    with pytest.raises(CallerError, match="there is no argument 'seperator'"):
        movielens().with_features(items="x", seperator=";")
