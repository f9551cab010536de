"""The shipped MovieLens data (ml-latest-small, 2016): 100,004 ratings of 671 people, with genres, years and titles."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.data.feature_join import attach_features
from penchant.data.ratings import Ratings
from penchant.data.reading import read_csv

if TYPE_CHECKING:
    import polars as pl

SCALE = (0.5, 5.0)
_NO_GENRES = "(no genres listed)"
_FOLDER = "shipped/ml-latest-small"


def movielens(*, tags: bool = False) -> Ratings:
    """The shipped ratings in their file's order, with item features genres ("many") and year ("number"), and titles.

    Films that nobody rated are in the catalogue behind the rated ones. tags: add the words that users tied to films
    as a column "tags" ("many"); people may have tied them after the ratings that a split hides.
    The licence stands beside the data, in README.txt.
    """
    import polars as pl

    with resources.as_file(resources.files("penchant.data") / _FOLDER) as folder:
        ratings = read_csv(folder / "ratings.csv", scale=SCALE)
        genres = pl.col("genres").replace(_NO_GENRES, None)
        films = pl.read_csv(folder / "movies.csv").with_columns(genres)
        if tags:
            films = films.join(_tags(folder), on="movieId", how="left", maintain_order="left")
    return attach_features(ratings, items=films)


def _tags(folder: Path) -> pl.DataFrame:
    import polars as pl

    words = pl.read_csv(folder / "tags.csv").with_columns(pl.col("tag").str.to_lowercase().alias("tags"))
    return words.group_by("movieId", maintain_order=True).agg(pl.col("tags").unique(maintain_order=True))
