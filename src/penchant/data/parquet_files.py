"""Reading Parquet files, with DataError for a file that is missing or of another kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.data.files import existing_file
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


def schema_names(path: str | Path) -> list[str]:
    """The names of the file's columns."""
    return _scan(path).collect_schema().names()


def read_columns(path: str | Path, columns: Sequence[str]) -> pl.DataFrame:
    """The given columns of the file, with their rows in order."""
    import polars as pl

    try:
        return _scan(path).select(columns).collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        raise _not_parquet(path) from error


def _scan(path: str | Path) -> pl.LazyFrame:
    import polars as pl

    file = existing_file(path)
    try:
        frame = pl.scan_parquet(file)
        frame.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise _not_parquet(path) from error
    return frame


def _not_parquet(path: str | Path) -> DataError:
    return DataError("the file is not a Parquet file", where=str(path), remedy="Read a text file as CSV")
