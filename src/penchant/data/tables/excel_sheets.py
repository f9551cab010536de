"""Sheets of Excel and LibreOffice workbooks, read with python-calamine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penchant.data.frames import plain_column
from penchant.data.tables.file_content import FileContent
from penchant.data.tables.file_options import FileOptions
from penchant.data.tables.header_detection import has_header
from penchant.foundations.errors import DataError
from penchant.foundations.optional import require

if TYPE_CHECKING:
    import polars as pl


def read_sheet(content: FileContent, options: FileOptions, *, as_text: bool) -> tuple[pl.DataFrame, bool, str]:
    """The table on a sheet, whether its first row holds the names, and the form in words.

    as_text: every cell is read as a text. Raises DataError for a file that is damaged or a sheet that is not there.
    """
    import polars as pl

    calamine = require("python_calamine", extra="excel")
    source = str(content.path)
    try:
        book = calamine.CalamineWorkbook.from_object(content.source())
        names = book.sheet_names
        sheet = options.sheet or names[0]
        rows = book.get_sheet_by_name(sheet).to_python() if sheet in names else None
    except Exception as error:  # the library documents no class of its errors
        raise DataError(f"the workbook cannot be read: {error}", where=source) from error
    if rows is None:
        raise DataError(f"there is no sheet {sheet!r}", where=source, remedy=f"The sheets are: {', '.join(names)}")
    rows = [row for row in rows if any(cell not in ("", None) for cell in row)]
    if not rows:
        raise DataError("the sheet is empty", where=f"{source}, sheet {sheet!r}", remedy="Give another sheet=…")
    texts = [[_text(cell) for cell in row] for row in rows[:100]]
    headed = options.names is None and (has_header(texts, ()) if options.header is None else bool(options.header))
    columns = _column_names(texts[0], options.names, headed, source)
    body = rows[1:] if headed else rows
    frame = pl.DataFrame(
        {
            name: plain_column([_cell(row[place]) for row in body], name, source, as_text=as_text)
            for place, name in enumerate(columns)
        }
    )
    form = f"sheet {sheet!r} of a workbook" + (f" with {len(names)} sheets" if len(names) > 1 else "")
    return frame, headed, form + (", the first row holds the names" if headed else ", no header row")


def _column_names(first: list[str], own: list[str] | None, headed: bool, source: str) -> list[str]:
    if own is not None and len(own) != len(first):
        raise DataError(f"{len(own)} names for {len(first)} columns", where=source, remedy="Name every column")
    names = own or (first if headed else [f"column_{number}" for number in range(1, len(first) + 1)])
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"two columns are named {twice!r}", where=source, remedy="Rename one of them")
    return names


def _cell(value: Any) -> Any:
    """A cell's value; an empty cell is None, and a whole number is an int, though a workbook has no such type."""
    if value == "":
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: Any) -> str:
    cell = _cell(value)
    return "" if cell is None else str(cell)
