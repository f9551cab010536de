"""Parquet: a file, its bytes, or a folder of parts as Spark writes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


def scan_parquet(source: Path | io.BytesIO | Sequence[Path], name: str) -> pl.LazyFrame:
    """The table as a lazy frame. name: in messages. Raises DataError for a file of another kind."""
    import polars as pl

    try:
        many: Any = list(source) if isinstance(source, Sequence) else source
        frame = pl.scan_parquet(many)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise not_parquet(name) from error
    return frame


def parts_of(folder: Path) -> list[Path]:
    """The Parquet files of a folder in the order of their names, without hidden ones. Raises DataError without any."""
    inside = [path.relative_to(folder) for path in folder.rglob("*") if path.suffix in (".parquet", ".pq")]
    parts = sorted(folder / one for one in inside if not any(name.startswith(("_", ".")) for name in one.parts))
    if not parts:
        raise DataError(
            "the folder has no Parquet files", where=str(folder),
            remedy="Give a file, or a folder of .parquet parts as Spark writes it",
        )  # fmt: skip
    return parts


def not_parquet(name: str) -> DataError:
    """The error for a file that cannot be read as Parquet."""
    return DataError("the file is not a Parquet file", where=name, remedy="Give a text the ending .csv or .tsv")
