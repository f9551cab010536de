"""The options that say where ratings are and what their columns are called, and reading them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError

RatingsFile = Annotated[
    Path, typer.Argument(help="A CSV or Parquet file of ratings, or the word `movielens` for the set that is shipped.")
]
UserColumn = Annotated[str | None, typer.Option("--user-column", "--user", help="The column of user ids.")]
ItemColumn = Annotated[str | None, typer.Option("--item-column", "--item", help="The column of item ids.")]
RatingColumn = Annotated[str | None, typer.Option("--rating", help="The column of ratings.")]
TimeColumn = Annotated[str | None, typer.Option("--timestamp", help="The column of times, if there is one.")]
Separator = Annotated[str, typer.Option(help="What stands between two fields of the CSV.")]
Duplicates = Annotated[str, typer.Option(help="A pair rated twice: keep the `last`, take the `mean`, or `error`.")]
ItemsFile = Annotated[Path | None, typer.Option("--items", help="A CSV or Parquet file describing the items, by id.")]
ItemsId = Annotated[str | None, typer.Option("--items-id", help="The column of ids in that file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]


def read_ratings(
    path: Path, *, items: Path | None = None, items_id: str | None = None, separator: str = ",", **options: Any
) -> Ratings:
    """Ratings from a file by its ending, or the shipped set by its name, with the items' features when given."""
    from penchant.data.movielens import movielens

    named = {name: value for name, value in options.items() if value is not None}
    if str(path) == "movielens":
        return movielens()
    if path.suffix == ".parquet":
        ratings = Ratings.from_parquet(path, **named)
    else:
        ratings = Ratings.from_csv(path, separator=separator, **named)
    return ratings if items is None else ratings.with_features(items=_frame(items), id_column=items_id)


def _frame(path: Path) -> Any:
    import polars as pl

    if not path.is_file():
        raise DataError("there is no such file", where=str(path))
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)
