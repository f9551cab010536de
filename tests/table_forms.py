"""Tables of every form that can be read, with the command that reads each.

The table in docs/guide/forms.md is made of this list. Every form holds the same choices or ratings by ann and bob.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import shlex
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from penchant.data.reading_report import ReadingReport

ROWS = [("ann", 10, 4.0), ("ann", 11, 5.0), ("bob", 10, 2.0), ("bob", 12, 3.0)]
ONES = [(user, item, 1.0) for user, item, _ in ROWS]
FRAME = pl.DataFrame(ROWS, schema=["user", "item", "rating"], orient="row")
PLAIN = FRAME.write_csv()
BARE = PLAIN.partition("\n")[2]
TEXTS = [(user, str(item), rating) for user, item, rating in ROWS]


@dataclass(frozen=True)
class Form:
    """A table in a file. write: makes it at a path. flags: of the command; options: the same in Python.

    expected: the rows that are read. times: the times that are read, in the order of ROWS.
    """

    words: str
    file: str
    write: Callable[[Path], Any]
    flags: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    expected: list[tuple[str, Any, float]] = field(default_factory=lambda: ROWS)
    times: list[int] | None = None
    url: bool = False


def _text(content: str, encoding: str = "utf-8") -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content.encode(encoding))


def _bytes(content: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(content)


def _zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ratings.csv", PLAIN)
    return out.getvalue()


def _workbook(path: Path) -> None:
    FRAME.write_excel(path)


def _parts(path: Path) -> None:
    path.mkdir()
    FRAME[:2].write_parquet(path / "part-00000.parquet")
    FRAME[2:].write_parquet(path / "part-00001.parquet")
    (path / "_SUCCESS").touch()


def _database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table seen (who text, what integer, stars real)")
        connection.executemany("insert into seen values (?, ?, ?)", ROWS)
    connection.close()


def _timed(*times: str) -> str:
    return "user,item,rating,time\n" + "".join(
        f"{user},{item},{rating},{time}\n" for (user, item, rating), time in zip(ROWS, times, strict=True)
    )


QUERY = "select who as user, what as item, stars as rating from seen"
JANUARY_6 = 1420502400
FORMS = [
    Form("CSV with a header", "ratings.csv", _text(PLAIN)),
    Form("tabs, no header (MovieLens 100K)", "u.data", _text(BARE.replace(",", "\t"))),
    Form("`::`, no header (MovieLens 1M)", "ratings.dat", _text(BARE.replace(",", "::"))),
    Form("semicolons", "semicolons.csv", _text(PLAIN.replace(",", ";"))),
    Form("`|`", "ratings.psv", _text(PLAIN.replace(",", "|"))),
    Form("blanks, one or several", "ratings.txt", _text(BARE.replace(",", "   "))),
    Form(
        "other columns, no header", "log.csv", _text("".join(f"{i},{r},{u}\n" for u, i, r in ROWS)),
        "--names item,rating,user", {"header": ["item", "rating", "user"]},
    ),
    Form(
        "Latin-1, with 0 for no rating (Book-Crossing)", "BX-Book-Ratings.csv",
        _text('"User-ID";"ISBN";"Book-Rating"\n' + "".join(f'"{u}";"{i}";"{r:.0f}"\n' for u, i, r in ROWS)
              + '"é";"10";"0"\n', "latin-1"),
        "--missing 0", {"missing": 0},
    ),
    Form("UTF-16", "utf16.csv", _text(PLAIN, "utf-16")),
    Form("gzip", "ratings.csv.gz", _bytes(gzip.compress(PLAIN.encode()))),
    Form("bzip2", "ratings.csv.bz2", _bytes(bz2.compress(PLAIN.encode()))),
    Form("xz", "ratings.csv.xz", _bytes(lzma.compress(PLAIN.encode()))),
    Form("zip with one table", "ratings.zip", _bytes(_zipped())),
    Form("JSON lines", "ratings.jsonl", FRAME.write_ndjson),
    Form("JSON array", "ratings.json", lambda path: path.write_text(json.dumps(FRAME.to_dicts()))),
    Form("Parquet", "ratings.parquet", FRAME.write_parquet),
    Form("a folder of Parquet parts (Spark)", "ratings_parts", _parts),
    Form("Arrow or Feather", "ratings.feather", FRAME.write_ipc),
    Form("Excel", "ratings.xlsx", _workbook),
    Form(
        "a query of a database", "shop.db", _database, f"--query '{QUERY}'", {"query": QUERY}, url=True,
    ),
    Form(
        "a matrix, one column for each item", "matrix.csv", _text("user,10,11,12\nann,4,5,\nbob,2,,3\n"),
        "--wide", {"wide": True},
    ),
    Form(
        "quotes escaped by backslashes (Spark)", "spark.csv",
        _text('user,title,rating\nann,"12\\" single",4\nann,"a, b",5\nbob,"12\\" single",2\nbob,"7\\" single",3\n'),
        "--item-column title", {"item": "title"},
        [("ann", '12" single', 4.0), ("ann", "a, b", 5.0), ("bob", '12" single', 2.0), ("bob", '7" single', 3.0)],
    ),
    Form(
        "quotes as part of the text", "quotes.csv",
        _text('user,item,rating\nann,12" single,4\nann,LP,5\nbob,12" single,2\nbob,7" and 10",3\n'), "", {},
        [("ann", '12" single', 4.0), ("ann", "LP", 5.0), ("bob", '12" single', 2.0), ("bob", '7" and 10"', 3.0)],
    ),
    Form("decimal commas", "komma.csv", _text(PLAIN.replace(",", ";").replace(".0", ",0"))),
    Form("blank lines", "gaps.csv", _text(PLAIN.replace("\n", "\n\n") + "  \n")),
    Form(
        "ids that differ in blanks", "blanks.csv", _text(PLAIN.replace("ann,11", "ann ,11")), "--trim-ids",
        {"trim_ids": True},
    ),
    Form(
        "ids such as 1.0", "floats.csv", _text("user,item,rating\n" + "".join(f"{u},{i}.0,{r}\n" for u, i, r in ROWS)),
    ),
    Form(
        "ids with leading zeros", "zeros.csv", _text(PLAIN.replace(",10,", ",010,")), "", {},
        [("ann", "010", 4.0), ("ann", "11", 5.0), ("bob", "010", 2.0), ("bob", "12", 3.0)],
    ),
    Form(
        "like and dislike", "likes.csv",
        _text("user,item,rating\nann,10,like\nann,11,Like\nbob,10,dislike\nbob,12,like\n"), "", {},
        [("ann", 10, 1.0), ("ann", 11, 1.0), ("bob", 10, 0.0), ("bob", 12, 1.0)],
    ),
    Form(
        "True and False", "flags.csv", _text("user,item,rating\nann,10,True\nann,11,True\nbob,10,False\nbob,12,True\n"),
        "", {}, [("ann", 10, 1.0), ("ann", 11, 1.0), ("bob", 10, 0.0), ("bob", 12, 1.0)],
    ),
    Form(
        "purchases, without ratings", "bought.csv",
        _text("customer,product,price\n" + "".join(f"{u},{i},9\n" for u, i, _ in ROWS)), "--no-rating",
        {"rating": False}, ONES,
    ),
    Form(
        "play counts", "plays.csv", _text(PLAIN.replace("rating", "plays")), "", {},
    ),
    Form(
        "kinds of events", "events.csv",
        _text("user,item,event\nann,10,view\nann,11,buy\nbob,10,buy\nbob,12,view\n"),
        "--event-weight view=1 --event-weight buy=5", {"weights": {"view": 1, "buy": 5}},
        [("ann", 10, 1.0), ("ann", 11, 5.0), ("bob", 10, 5.0), ("bob", 12, 1.0)],
    ),
    Form(
        "dates with the day first", "dates.csv", _text(_timed("06/01/2015", "07/01/2015", "06/01/2015", "08/01/2015")),
        "--time-format %d/%m/%Y", {"time_format": "%d/%m/%Y"},
        times=[JANUARY_6, JANUARY_6 + 86_400, JANUARY_6, JANUARY_6 + 2 * 86_400],
    ),
    Form(
        "calendar numbers", "calendar.csv", _text(_timed("20150106", "20150107", "20150106", "20150108")),
        times=[JANUARY_6, JANUARY_6 + 86_400, JANUARY_6, JANUARY_6 + 2 * 86_400],
    ),
    Form(
        "dates and times in ISO 8601", "iso.csv",
        _text(_timed(*(f"2015-01-0{day}T00:00:00Z" for day in (6, 7, 6, 8)))),
        times=[JANUARY_6, JANUARY_6 + 86_400, JANUARY_6, JANUARY_6 + 2 * 86_400],
    ),
    Form(
        "dates in words", "words.csv",
        _text(_timed('"Jan 6, 2015"', '"Jan 7, 2015"', '"Jan 6, 2015"', '"Jan 8, 2015"')),
        times=[JANUARY_6, JANUARY_6 + 86_400, JANUARY_6, JANUARY_6 + 2 * 86_400],
    ),
]  # fmt: skip


def words_of(form: Form, place: str) -> list[str]:
    """The words of the command after `penchant train`. place: of the file's folder."""
    return [f"sqlite:///{place}{form.file}" if form.url else place + form.file, *shlex.split(form.flags)]


def line(form: Form, report: ReadingReport) -> str:
    """The line of the table in the docs."""
    left_out = [f"{count} left out ({reason})" for reason, count in report.left_out.items()]
    times = [f"times are {report.times}"] if form.times else []
    said = ". ".join([report.form, *left_out, *times, *report.notes])
    cells = (form.words, f"`penchant train {shlex.join(words_of(form, ''))} --out m`", said)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
