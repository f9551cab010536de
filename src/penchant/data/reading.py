"""Reading files and frames of ratings, for `Ratings.from_csv` and its like.

In every case the rows keep their order, users and items are numbered in the order of their sorted ids, and
`Ratings.report` says how many rows were read, merged and left out.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER, WEIGHT
from penchant.data.csv_files import open_csv
from penchant.data.frames import column_names, to_polars
from penchant.data.parquet_files import read_columns, schema_names
from penchant.data.reading_rules import Rules
from penchant.data.table_conversion import RatingColumns, assemble


def read_csv(
    path: str | Path, rules: Rules, *, separator: str | None = None, encoding: str = "utf-8", header: bool = True
) -> RatingColumns:
    """Ratings from a file of separated values.

    separator, encoding, header: as for `csv_files.open_csv`. Without a header the columns are user, item, rating and,
    if there is a fourth, timestamp, in this order; `rules` can name other columns as column_1, column_2 …
    """
    import polars as pl

    file = open_csv(path, separator=separator, encoding=encoding, header=header)
    if not header:
        by_position = [
            (role, name)
            for role, name in zip((USER, ITEM, RATING, TIMESTAMP), file.names, strict=False)
            if name not in (rules.weight, rules.event) and not (role == RATING and (rules.weight or rules.event))
        ]
        unnamed: dict[str, Any] = {role: name for role, name in by_position if getattr(rules, role) is None}
        rules = dataclasses.replace(rules, **unnamed)
    columns = rules.columns(file.names, str(path))
    types: dict[str, Any] = {columns[USER]: pl.String, columns[ITEM]: pl.String}
    for role in (RATING, WEIGHT):
        if role in columns:
            types[columns[role]] = pl.Float32
    frame = file.read(list(dict.fromkeys(columns.values())), types)
    return assemble(frame, columns, str(path), rules, typed=False)


def read_parquet(path: str | Path, rules: Rules) -> RatingColumns:
    """Ratings from a Parquet file."""
    columns = rules.columns(schema_names(path), str(path))
    frame = read_columns(path, list(dict.fromkeys(columns.values())))
    return assemble(frame, columns, str(path), rules, typed=True)


def read_frame(frame: Any, rules: Rules, *, source: str) -> RatingColumns:
    """Ratings from a pandas or polars frame, an Arrow table or a DuckDB relation. source: its name in messages."""
    columns = rules.columns(column_names(frame, source), source)
    return assemble(to_polars(frame, list(dict.fromkeys(columns.values())), source), columns, source, rules, typed=True)
