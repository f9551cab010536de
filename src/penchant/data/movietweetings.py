"""The shipped MovieTweetings data (2013): 141,695 ratings by 21,081 users, at the times of watching, with features."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.data.csv_files import open_csv
from penchant.data.ratings import Ratings

if TYPE_CHECKING:
    import polars as pl

SCALE = (0, 10)
_FOLDER = "shipped/movietweetings"


def movietweetings() -> Ratings:
    """The shipped ratings in their file's order, with item features genres ("many") and year ("number"), and titles.

    Item ids are numbers of IMDb, texts with leading zeros. Ratings were tweeted, mostly right after watching, so the
    times say what was chosen when. Made by Dooms, De Pessemier and Martens (2013); LICENSE is next to the data.
    """
    import polars as pl

    rows = {"user": pl.Int64, "item": pl.String, "rating": pl.Float32, "timestamp": pl.Int64}
    with resources.as_file(resources.files("penchant.data") / _FOLDER) as folder:
        frame = _read(folder / "ratings.dat.gz", rows)
        films = _read(folder / "movies.dat.gz", dict.fromkeys(("item", "title", "genres"), pl.String))
    return Ratings.from_frame(frame, scale=SCALE, source=f"{_FOLDER}/ratings.dat.gz").with_features(items=films)


def _read(path: Path, columns: Mapping[str, Any]) -> pl.DataFrame:
    """A file without a header as a frame; columns: name -> type, in the file's order."""
    file = open_csv(path, separator="::", header=False)
    frame = file.read(file.names, dict(zip(file.names, columns.values(), strict=True)))
    return frame.rename(dict(zip(file.names, columns, strict=True)))
