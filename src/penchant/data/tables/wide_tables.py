"""Matrices with a row for each user and a column for each item, as rows of user, item and rating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.data.columns import ITEM, RATING, USER
from penchant.data.reading_rules import Rules
from penchant.data.tables.table_file import TableFile
from penchant.data.value_parsing import blank
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


def melted(table: TableFile, rules: Rules) -> tuple[pl.DataFrame, str]:
    """The rows user, item, rating of the cells that are not empty, and how the table was understood.

    Raises DataError for a table without columns of items.
    """
    import polars as pl

    if not table.names:
        raise DataError(
            "the matrix has no columns", where=table.source,
            remedy="Give a table with a column of users and one for each item",
        )  # fmt: skip
    if not table.headed and table.names[0] == "column_1":
        raise DataError(
            "a matrix needs a first line that names the items", where=table.source,
            remedy="Add it, or pass header=True if the first line holds the items",
        )  # fmt: skip
    users = rules.user if isinstance(rules.user, str) else table.names[0]
    items = [name for name in table.names if name != users]
    if users not in table.names or not items:
        raise DataError(
            f"there is no column {users!r}" if items else "the matrix has no columns of items", where=table.source,
            remedy="Give a table with a column of users and one for each item",
        )  # fmt: skip
    if len(set(table.names)) < len(table.names):
        twice = next(name for name in table.names if table.names.count(name) > 1)
        raise DataError(f"two columns are named {twice!r}", where=table.source, remedy="Rename one of them")
    frame, form = table.read([users, *items], {users: pl.String} if not table.typed else {}, infer_from=None)
    kinds = {frame[name].dtype for name in items}
    if len(kinds) > 1 and not all(kind.is_numeric() for kind in kinds):
        frame = frame.with_columns(pl.col(name).cast(pl.String, strict=False) for name in items)
    long = frame.rename({users: USER} if users != USER else {}).unpivot(
        [name for name in items if name != USER], index=USER, variable_name=ITEM, value_name=RATING
    )
    long = long.filter(~blank(long[RATING]))
    if table.typed and all(name.isdecimal() and str(int(name)) == name for name in items):
        long = long.with_columns(pl.col(ITEM).cast(pl.Int64))
    return long, f"{form}, a matrix with a column for each of {len(items):,} items"
