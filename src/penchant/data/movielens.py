"""The shipped MovieLens data (ml-latest-small, 2016): 100,004 ratings by 671 users, with genres, years and titles."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.data.ratings import Ratings
from penchant.foundations.arguments import checked_arguments

if TYPE_CHECKING:
    import polars as pl

SCALE = (0.5, 5.0)
_NO_GENRES = "(no genres listed)"
_FOLDER = "shipped/ml-latest-small"


@checked_arguments
def movielens(*, tags: bool = False) -> Ratings:
    """The shipped ratings in their file's order, with item features genres ("many") and year ("number"), and titles.

    Films without ratings are numbered after the rated ones. tags: add the tags that users gave to films as a feature
    "tags" ("many"); a tag may be newer than the test ratings of a split. The licence is in README.txt next to the data.
    """
    import polars as pl

    with resources.as_file(resources.files("penchant.data") / _FOLDER) as folder:
        ratings = Ratings.from_csv(folder / "ratings.csv", scale=SCALE)
        genres = pl.col("genres").replace(_NO_GENRES, None)
        films = pl.read_csv(folder / "movies.csv").with_columns(genres)
        if tags:
            films = films.join(_tags(folder), on="movieId", how="left", maintain_order="left")
    return ratings.with_features(items=films)


def _tags(folder: Path) -> pl.DataFrame:
    import polars as pl

    words = pl.read_csv(folder / "tags.csv").with_columns(pl.col("tag").str.to_lowercase().alias("tags"))
    return words.group_by("movieId", maintain_order=True).agg(pl.col("tags").unique(maintain_order=True))
