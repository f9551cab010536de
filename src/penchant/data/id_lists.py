"""Lists of ids and of pairs that a caller gives as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penchant.data.columns import ITEM, USER, find_column
from penchant.data.frames import open_frame
from penchant.data.tables.file_content import open_content
from penchant.data.tables.file_options import FileOptions
from penchant.data.tables.separators import SEPARATORS, lines_of
from penchant.data.tables.table_file import TableFile, open_table
from penchant.data.tables.text_encoding import decoded, detected
from penchant.foundations.errors import DataError


def ids_in_file(path: str | Path, side: str) -> list[Any]:
    """The distinct ids of one side, "user" or "item", in their order.

    path: a table with a column of these ids, or a text with one id a line. Raises DataError for a file without ids.
    """
    column = _line_ids(path, side)
    if column is None:
        table = open_table(path, FileOptions())
        name = str(find_column(side, None, table.names, source=str(path)))
        column = _texts(table, [name])[0]
    ids = list(dict.fromkeys(one for one in column if one not in (None, "")))
    if not ids:
        raise DataError("there are no ids", where=str(path), remedy="Write one id a line")
    return ids


def pairs_in(table: Any, source: str = "pairs") -> tuple[list[Any], list[Any]]:
    """The user ids and the item ids of a table of pairs, a frame or the path of a file of any form.

    Without a header its first two columns are user and item.
    """
    opened = open_table(table, FileOptions()) if isinstance(table, str | Path) else open_frame(table, source)
    names = opened.names[:2]
    if opened.headed:
        names = [str(find_column(role, None, opened.names, source=opened.source)) for role in (USER, ITEM)]
    if len(names) < 2:
        raise DataError("the table has one column", where=opened.source, remedy="Give a column user and one of items")
    users, items = _texts(opened, names)
    for row, both in enumerate(zip(users, items, strict=True), 1):
        if None in both:
            raise DataError(
                "an id is missing", where=f"{opened.source}, row {row}", remedy="Add it, or leave out the row"
            )
    return users, items


def _line_ids(path: str | Path, side: str) -> list[str] | None:
    """The lines of a text of one column, without a header that names the side; None for any other file."""
    content = open_content(path)
    raw = content.whole()
    if content.ending not in (".txt", ".csv", ".lst", "") or b"\0" in raw:
        return None
    lines = lines_of(decoded(raw, detected(raw, content.path), content.path).removeprefix("\ufeff"))
    lines = [line.strip().strip('"') for line in lines if line.strip()]
    if any(mark in line for line in lines[:100] for mark in SEPARATORS if mark != " "):
        return None
    headed = find_column(side, None, lines[:1], source=str(path), needed=False) is not None
    return lines[1:] if headed else lines


def _texts(table: TableFile, names: list[str]) -> list[list[Any]]:
    import polars as pl

    frame, _ = table.read(names, {} if table.typed else dict.fromkeys(names, pl.String))
    return [
        (frame[name].str.strip_chars() if frame[name].dtype == pl.String else frame[name]).to_list() for name in names
    ]
