"""A file with any content is read or refused with a DataError; no other error is raised."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError

CELL = st.one_of(
    st.integers(-3, 12).map(str),
    st.floats().map(str),
    st.sampled_from(["", " ", "ann", "007", "1 ", '"a,b"', '"', "2020-01-01"]),
    st.text(max_size=3),
)
LINE = st.lists(CELL, min_size=1, max_size=5).map(",".join)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "bad_rows": st.just("skip"),
        "ids": st.just("text"),
        "scale": st.just((0, 10)),
        "header": st.just(False),
        "duplicates": st.sampled_from(["mean", "sum", "error"]),
        "separator": st.sampled_from([";", "::"]),
        "encoding": st.sampled_from(["latin-1", "utf-16"]),
        "timestamp": st.just(False),
    },
)
relaxed = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path: Path, content: bytes, options: dict) -> None:
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        ratings = Ratings.from_csv(path, **options)
        assert len(ratings) > 0 and ratings.n_users > 1 and ratings.n_items > 1
        report = ratings.report
        assert report.rows == report.merged + sum(report.refused.values()) + len(ratings)
        assert len(set(zip(ratings.user_numbers.tolist(), ratings.item_numbers.tolist(), strict=True))) == len(ratings)


@relaxed
@given(lines=st.lists(LINE, max_size=12), options=OPTIONS)
@example(lines=["1,2,3", "1,3"], options={})
@example(lines=['"1,2,3'], options={})
def test_lines_of_any_cells(tmp_path, lines, options):
    text = "\n".join(["user,item,rating,timestamp", *lines])
    read(tmp_path / "any.csv", text.encode(options.get("encoding", "utf-8"), errors="replace"), options)


@relaxed
@given(content=st.binary(max_size=80), headed=st.booleans(), options=OPTIONS)
def test_any_bytes(tmp_path, content, headed, options):
    read(tmp_path / "any.csv", (b"user,item,rating\n" if headed else b"") + content, options)


@relaxed
@given(lines=st.lists(LINE, min_size=1, max_size=8), header=LINE)
@example(lines=["1"], header="9.223372036854776e+18")
def test_any_feature_table(tmp_path, lines, header):
    path = tmp_path / "features.csv"
    path.write_bytes("\n".join([header, *lines]).encode(errors="replace"))
    ratings = Ratings.from_csv(_good(tmp_path))
    for columns in (None, {"title": "title", "x": "number"}):
        with contextlib.suppress(DataError):
            joined = ratings.with_features(items=path, columns=columns)
            assert len(joined.item_features) == joined.n_items >= ratings.n_items


def _good(folder: Path) -> Path:
    path = folder / "good.csv"
    path.write_text("user,item,rating\n1,1,3\n2,2,4\n")
    return path


def test_a_truncated_gzip_is_refused(tmp_path):
    import gzip

    path = tmp_path / "r.csv.gz"
    path.write_bytes(gzip.compress(b"user,item,rating\n1,1,3\n2,2,4\n" * 50)[:40])
    with pytest.raises(DataError, match="gzip"):
        Ratings.from_csv(path)


def test_a_quote_that_never_closes_in_a_long_file(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("user,item,rating\n" + '1,"2,3\n' + "2,1,4\n" * 40_000)
    with pytest.raises(DataError, match=r"long\.csv"):
        Ratings.from_csv(path)
