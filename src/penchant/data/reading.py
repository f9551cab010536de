"""Ways in: files and frames of ratings become Ratings, or one clear error says what to mend.

Whatever the way, the rows keep their order, users and items are numbered in the order of their sorted ids, and
`Ratings.report` tells how many rows were read, merged and refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER
from penchant.data.csv_files import open_csv
from penchant.data.feature_join import attach_features
from penchant.data.frames import column_names, to_polars
from penchant.data.ratings import Ratings
from penchant.data.reading_report import ReadingReport
from penchant.data.table_conversion import Rules, assemble
from penchant.foundations.errors import DataError

__all__ = ["ReadingReport", "Rules", "attach_features", "read_csv", "read_frame", "read_parquet"]


def read_csv(
    path: str | Path, *, separator: str | None = None, encoding: str = "utf-8", header: bool = True, **rules: Any
) -> Ratings:
    """Ratings from a file of separated values; `rules` as in `Rules`.

    separator, encoding, header: as for `csv_files.open_csv`; without a header the columns are, in this order, user,
    item, rating and, where there is a fourth, timestamp, unless `rules` names others as column_1, column_2 …
    """
    import polars as pl

    file = open_csv(path, separator=separator, encoding=encoding, header=header)
    if not header:
        rules = dict(zip((USER, ITEM, RATING, TIMESTAMP), file.names, strict=False)) | rules
    asked = Rules(**rules)
    columns = asked.columns(file.names, str(path))
    types: dict[str, Any] = {columns[USER]: pl.String, columns[ITEM]: pl.String}
    if RATING in columns:
        types[columns[RATING]] = pl.Float32
    frame = file.read(list(dict.fromkeys(columns.values())), types)
    return assemble(frame, columns, str(path), asked, typed=False)


def read_parquet(path: str | Path, **rules: Any) -> Ratings:
    """Ratings from a Parquet file; `rules` as in `Rules`."""
    import polars as pl

    if not Path(path).is_file():
        raise DataError("there is no such file", where=str(path))
    asked = Rules(**rules)
    try:
        table = pl.scan_parquet(path)
        columns = asked.columns(table.collect_schema().names(), str(path))
        frame = table.select(list(dict.fromkeys(columns.values()))).collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        raise DataError("the file is not a Parquet file", where=str(path), remedy="For text files use CSV") from error
    return assemble(frame, columns, str(path), asked, typed=True)


def read_frame(frame: Any, *, source: str = "frame", **rules: Any) -> Ratings:
    """Ratings from a pandas or polars frame, an Arrow table or a DuckDB relation; `rules` as in `Rules`.

    source: what messages call the table. The frame itself is not changed.
    """
    asked = Rules(**rules)
    columns = asked.columns(column_names(frame, source), source)
    return assemble(to_polars(frame, list(dict.fromkeys(columns.values())), source), columns, source, asked, typed=True)
