"""Reading tables of ratings of any form, for `Ratings.from_file` and its like.

In every case the rows keep their order, users and items are numbered in the order of their sorted ids, and
`Ratings.report` says how many rows were read, merged and left out.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER, WEIGHT
from penchant.data.frames import open_frame
from penchant.data.reading_rules import Rules
from penchant.data.table_conversion import RatingColumns, assemble
from penchant.data.tables.file_options import FileOptions
from penchant.data.tables.table_file import TableFile, open_table
from penchant.data.tables.wide_tables import melted
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    pass

_SECONDS_FROM = 10**8
"""Numbers above it in a third column without a name are times, not ratings."""


def read_file(path: str | Path, rules: Rules, options: FileOptions) -> RatingColumns:
    """Ratings from a file of any form, or a folder of Parquet parts."""
    return read_table(open_table(path, options, rules.named, as_text=rules.ids == "text"), rules)


def read_frame(frame: Any, rules: Rules, *, source: str) -> RatingColumns:
    """Ratings from a pandas or polars frame, an Arrow table or a DuckDB relation. source: its name in messages."""
    return read_table(open_frame(frame, source), rules)


def read_table(table: TableFile, rules: Rules) -> RatingColumns:
    """Ratings from an open table.

    Without a header the columns are user, item, rating and, if there is a fourth, timestamp, in this order; `rules` can
    name other columns as column_1, column_2 …
    """
    import polars as pl

    if rules.wide:
        frame, form = melted(table, rules)
        columns, source = {USER: USER, ITEM: ITEM, RATING: RATING}, f"{table.source} (its cells as rows)"
        return assemble(frame, columns, source, rules, typed=table.typed, form=form)
    if not table.headed:
        rules = _by_position(table, rules)
    columns = _columns(table, rules)
    types: dict[str, Any] = {}
    if not table.typed or rules.ids == "text":
        types = {columns[USER]: pl.String, columns[ITEM]: pl.String}
    if not table.typed and rules.decimal != ",":
        types |= {columns[role]: pl.Float32 for role in (RATING, WEIGHT) if role in columns}
    frame, form = table.read(list(dict.fromkeys(columns.values())), types)
    return assemble(frame, columns, table.source, rules, typed=table.typed, form=form)


def _columns(table: TableFile, rules: Rules) -> dict[str, str]:
    try:
        return rules.columns(table.names, table.source)
    except DataError as error:
        if table.headed:
            raise
        remedy = f"The first row has values, not names; pass header=True if it holds the names. {error.remedy}"
        raise DataError(error.what, where=error.where, remedy=remedy) from error


def _by_position(table: TableFile, rules: Rules) -> Rules:
    """Rules that name the columns of a table without names by their order; those that the caller named stay."""
    if table.names[0] != "column_1":
        return rules  # the caller named the columns
    third = table.names[2:3]
    order = (USER, ITEM, RATING, TIMESTAMP)
    if rules.rating is None and len(table.names) == 3 and _are_times(table, third):
        order = (USER, ITEM, TIMESTAMP, RATING)
    taken = rules.named
    unnamed: dict[str, Any] = {}
    for role, name in zip(order, table.names, strict=False):
        without = role == RATING and (rules.weight or rules.event)
        if getattr(rules, role) is None and name not in taken and not without:
            unnamed[role] = name
    return dataclasses.replace(rules, **unnamed)


def _are_times(table: TableFile, names: list[str]) -> bool:
    column = table.read(names, {})[0].to_series().head(1000)
    return bool(column.dtype.is_numeric() and len(column) and (column.drop_nulls() >= _SECONDS_FROM).all())
