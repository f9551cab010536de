"""Any bytes, any text, any frame with any options is read or refused with an error of ours; nothing else is raised."""

from __future__ import annotations

import contextlib
import gzip
import warnings
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError

ENDINGS_TRIED = (".csv", ".tsv", ".dat", ".txt", ".json", ".jsonl", ".parquet", ".feather", ".xlsx", ".zip", "")
ENCODINGS_TRIED = ("latin-1", "utf-16", "utf-8", "ascii", "rot13", "zlib", "nonsense", "\x00", "punycode")
HEADERS_TRIED = (True, False, ["user", "item"], ["user", "item", "rating"], [], "user", 3, ["a", "a"])

CELLS = st.one_of(
    st.integers(-3, 12).map(str),
    st.floats().map(str),
    st.sampled_from(
        ["", " ", "ann", "007", "1 ", '"a,b"', '"', '12" x', '\\"', "2020-01-01", "06/01/2015", "20150106", "2015",
         "1,5", "like", "True", "NA", "1.0", "99999999999999999999", "é", "\x00", "2020-01-01T00:00:00Z", "Jan 6, 2015"]
    ),
    st.text(max_size=4),
)  # fmt: skip
HEADERS = st.sampled_from(["user,item,rating,time", "user,item,plays", "user,item", "", "user,1,2,3", "user,user,item"])
SEPARATORS = st.sampled_from([",", ";", "\t", "|", "::", " ", "  ", "§", "ab"])
ENDINGS = st.sampled_from(ENDINGS_TRIED)
MAGICS = st.sampled_from(
    [b"", b"PAR1", b"ARROW1\0\0", b"\x1f\x8b", b"PK\x03\x04", b"BZh9", b"\xfd7zXZ\0", b"\xd0\xcf\x11\xe0", b"FEA1",
     b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[", b"\x28\xb5\x2f\xfd"]
)  # fmt: skip
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "user": st.sampled_from(["user", "column_1", "1", "nowhere", False, 3]),
        "item": st.sampled_from(["item", "column_2"]),
        "rating": st.sampled_from(["rating", "column_3", False]),
        "timestamp": st.sampled_from(["time", False]),
        "weight": st.sampled_from(["plays", "rating", False]),
        "event": st.sampled_from(["item", "rating"]),
        "weights": st.sampled_from([{"like": 1, "1": -2}, {"a": 0}, {}]),
        "scale": st.sampled_from([(0, 10), (5, 1), "1:5", [1, 5]]),
        "duplicates": st.sampled_from(["mean", "sum", "error", "last", "first"]),
        "ids": st.sampled_from(["text", "detect", "int"]),
        "trim_ids": st.sampled_from([True, 1]),
        "bad_rows": st.sampled_from(["skip", "error"]),
        "missing": st.sampled_from([0, "NA", [0, "NA"], None, [None], {}]),
        "decimal": st.sampled_from([",", ".", ";"]),
        "time_format": st.sampled_from(["%Y", "s", "ms", "%d/%m/%Y", "%Q", "", "%", 7]),
        "wide": st.booleans(),
        "header": st.sampled_from(HEADERS_TRIED),
        "separator": st.one_of(SEPARATORS, st.sampled_from(["tab", "auto", "", "\n", '"', "\x00"])),
        "encoding": st.sampled_from(ENCODINGS_TRIED),
        "sheet": st.sampled_from(["a", ""]),
    },
)
TEXTS = st.builds(
    lambda header, rows, separator, line: line.join(
        [header.replace(",", separator), *(separator.join(row) for row in rows)]
    ),
    HEADERS, st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8), SEPARATORS,
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)  # fmt: skip
OBJECTS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 9), st.integers(), st.floats(), st.text(max_size=3),
    st.binary(max_size=2),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.decimals(allow_nan=False), st.lists(st.integers(0, 3), max_size=2), st.uuids(), st.timedeltas(), st.just(object),
)  # fmt: skip
NAMES = st.sampled_from(["user", "item", "rating", "time", "plays", 1, 2, None, ("a", "b")])


def quick(examples: int) -> Any:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip


def consistent(read: Any) -> None:
    """Call it; what it reads is complete and counted, and what it refuses is an error of ours."""
    with contextlib.suppress(CallerError):
        ratings = read()
        report = ratings.report
        counts = report.merged + sum(report.refused.values()) + sum(report.left_out.values()) + len(ratings)
        assert counts == report.rows or (ratings.kind == "choices" and counts <= report.rows)
        assert ratings.n_users > 1 and ratings.n_items > 1 and len(ratings) > 0
        pairs = ratings.user_numbers.astype(int) * ratings.n_items + ratings.item_numbers
        assert len(set(pairs.tolist())) == len(ratings)
        assert len(str(report).splitlines()) >= 5 and report.to_json()["form"]


def check_bytes(folder: Path, magic: bytes, content: bytes, ending: str, options: dict, pack: bool) -> None:
    path = folder / f"any{ending}"
    path.write_bytes(gzip.compress(magic + content) if pack else magic + content)
    consistent(lambda: Ratings.from_file(path, **options))


def check_text(folder: Path, text: str, ending: str, encoding: str, options: dict) -> None:
    path = folder / f"any{ending}"
    path.write_bytes(text.encode(encoding, errors="replace"))
    consistent(lambda: Ratings.from_file(path, **options))
    good = Ratings.from_frame(pl.DataFrame({"user": ["1", "ann"], "item": ["1", "2"], "rating": [3, 4]}))
    with contextlib.suppress(CallerError):
        file = {name: options[name] for name in ("header", "separator", "encoding", "sheet") if name in options}
        assert len(good.with_features(items=path, **file).item_features or ()) >= 2


def check_frame(columns: dict, options: dict) -> None:
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    rules = {name: value for name, value in options.items() if name not in ("header", "separator", "encoding", "sheet")}
    with warnings.catch_warnings(action="ignore"):  # of pandas, about floats that it makes whole numbers of
        tables = (frame, frame.convert_dtypes(), frame.infer_objects())
    for table in tables:
        consistent(lambda table=table: Ratings.from_frame(table, **rules))


def checks(examples: int) -> dict[str, Any]:
    """The three kinds of tables, each tried so often."""

    @quick(examples)
    @given(MAGICS, st.binary(max_size=80), ENDINGS, OPTIONS, st.booleans())
    def some_bytes(folder: Path, magic: bytes, content: bytes, ending: str, options: dict, pack: bool) -> None:
        check_bytes(folder, magic, content, ending, options, pack)

    @quick(examples)
    @given(TEXTS, ENDINGS, st.sampled_from(["utf-8", "latin-1", "utf-16"]), OPTIONS)
    def texts(folder: Path, text: str, ending: str, encoding: str, options: dict) -> None:
        check_text(folder, text, ending, encoding, options)

    @quick(examples)
    @given(st.dictionaries(NAMES, st.lists(OBJECTS, min_size=4, max_size=4), max_size=5), OPTIONS)
    def frames(columns: dict, options: dict) -> None:
        check_frame(columns, options)

    return {"bytes": some_bytes, "texts": texts, "frames": frames}


def run(kind: str, examples: int, folder: Path) -> None:
    import functools

    test = checks(examples)[kind]
    test() if kind == "frames" else functools.partial(test, folder)()


@pytest.mark.parametrize("kind", ["bytes", "texts", "frames"])
def test_a_hundred_tables_of_each_kind(kind: str, tmp_path: Path) -> None:
    run(kind, 100, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bytes", "texts", "frames"])
def test_two_thousand_tables(kind: str, tmp_path: Path) -> None:
    run(kind, 700, tmp_path)
