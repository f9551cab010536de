"""What all lesson workbooks share: cell formats, formulas with stored values, and tables of columns."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penchant.foundations.errors import DataError
from penchant.foundations.optional import require

FONT = "Calibri"
INK, PALE, RULE = "#1F3044", "#EEF2F6", "#B8C4D0"
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": INK},
    "text": {"font_color": "#44515E", "valign": "top", "text_wrap": True},
    "heading": {"bold": True, "font_color": INK, "bg_color": PALE, "bottom": 1, "bottom_color": RULE, "text_wrap": True,
                "valign": "bottom", "align": "center"},
    "left heading": {"bold": True, "font_color": INK, "bg_color": PALE, "text_wrap": True, "valign": "bottom"},
    "upright": {"font_color": INK, "bg_color": PALE, "rotation": 90, "valign": "bottom", "align": "center",
                "text_wrap": True},
    "side": {"font_color": INK, "bg_color": PALE, "align": "right"},
    "across": {"font_color": INK, "bg_color": PALE, "align": "center"},
    "rating": {"num_format": "0.0##", "align": "center", "border": 1, "border_color": "#E3E8ED"},
    "prediction": {"num_format": '0.00;-0.00;""', "align": "center", "border": 1, "border_color": "#E3E8ED"},
    "error": {"num_format": '0.00;-0.00;0.00', "align": "center", "border": 1, "border_color": "#E3E8ED"},
    "changing": {"bg_color": "#FFF6D6", "num_format": "0.00", "align": "center", "border": 1,
                 "border_color": "#EBDDAE"},
    "given": {"bg_color": "#FFF6D6", "num_format": "General"},
    "objective": {"bold": True, "bg_color": "#DDF3E4", "num_format": "0.000000", "border": 1,
                  "border_color": "#6FB58A"},
    "start": {"bg_color": PALE, "num_format": "General", "font_color": "#7A8793"},
    "note": {"font_color": "#44515E", "indent": 1},
}  # fmt: skip
"""Named cell formats. A Book takes any other name as a number format."""


class Book:
    """An Excel workbook, written by XlsxWriter. A context manager: the file is written when it closes."""

    def __init__(self, path: Any) -> None:
        folder = Path(path).resolve().parent
        if not folder.is_dir():
            raise DataError("there is no such folder to write to", where=str(folder), remedy="Create the folder first")
        self.file = require("xlsxwriter", extra="excel").Workbook(str(path))
        self.file.formats[0].set_font_name(FONT)
        self._formats: dict[str, Any] = {}

    def __enter__(self) -> Book:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        try:
            self.file.close()
        except require("xlsxwriter.exceptions", extra="excel").FileCreateError as error:
            raise DataError(f"the workbook cannot be written: {error}", where=str(self.file.filename)) from error

    def look(self, name: str) -> Any:
        """The format of a name in LOOKS, or of a number format such as "0.00"."""
        if name not in self._formats:
            properties = LOOKS.get(name) or {"num_format": name}
            self._formats[name] = self.file.add_format({"font_name": FONT, "valign": "vcenter", **properties})
        return self._formats[name]

    def sheet(self, name: str, title: str, lines: Sequence[str], *, width: int, height: int = 30) -> Any:
        """A new sheet with a title and one explaining row for each line, merged over `width` columns."""
        sheet = self.file.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_row(0, 26)
        sheet.write_string(0, 0, title, self.look("title"))
        for row, line in enumerate(lines, start=1):
            sheet.set_row(row, height)
            sheet.merge_range(row, 0, row, width - 1, "", self.look("text"))
            sheet.write_string(row, 0, line, self.look("text"))
        return sheet

    def put(self, sheet: Any, row: int, column: int, value: Any, look: str) -> None:
        """A plain value. Texts stay texts, even those that look like formulas, links or numbers."""
        if isinstance(value, str) or (isinstance(value, int) and abs(value) > 2**53):
            sheet.write_string(row, column, str(value), self.look(look))
        else:
            sheet.write_number(row, column, value, self.look(look))

    def formula(self, sheet: Any, row: int, column: int, formula: str, value: float | str, look: str) -> None:
        """A formula with the value that Python computed for it, for viewers that do not recalculate."""
        shown = "#NUM!" if isinstance(value, float) and not math.isfinite(value) else value
        sheet.write_formula(row, column, formula, self.look(look), shown)

    def name(self, sheet: Any, name: str, reference: str) -> None:
        """A named range that belongs to one sheet."""
        self.file.define_name(f"'{sheet.name}'!{name}", f"='{sheet.name}'!{reference}")

    def hide_name(self, sheet: Any, name: str, formula: str) -> None:
        """A name of one sheet that Excel's name manager does not show."""
        self.file.define_name(f"'{sheet.name}'!{name}", f"={formula}")
        self.file.defined_names[-1][3] = True  # XlsxWriter has the field, and no argument for it

    def share(self, sheet: Any, name: str, reference: str) -> None:
        """A named range that every sheet can use."""
        self.file.define_name(name, f"='{sheet.name}'!{reference}")


def cell(row: int, column: int, *, pin: str = "") -> str:
    """A cell's address from zero-based row and column; pin: "row", "column" or "both" get dollar signs."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    pinned = {"row_abs": pin in ("row", "both"), "col_abs": pin in ("column", "both")}
    return str(xl_rowcol_to_cell(row, column, **pinned))


def area(row: int, column: int, last_row: int, last_column: int) -> str:
    """The address of a block of cells, with dollar signs."""
    return f"{cell(row, column, pin='both')}:{cell(last_row, last_column, pin='both')}"


@dataclass(frozen=True)
class Column:
    """One column of a table whose rows are chained by formulas.

    formula: [heading] is the same row's cell of another column, [-1:heading] the cell one row above it;
    or a function from the row's position to such a formula.
    values: what Python computed for each row. given: how many of the first rows hold plain values that may be changed.
    width: the smallest width, in characters. start: formula and value of the row above the first.
    """

    heading: str
    formula: str | Callable[[int], str]
    values: Sequence[float | str]
    look: str = "0.0000"
    given: int = 0
    start: tuple[str, float] | None = None
    width: float = 11


def write_columns(book: Book, sheet: Any, columns: Sequence[Column], *, row: int, column: int) -> None:
    """A table: headings at `row`, a start row below where any column has one, then a row for each value."""
    places = {one.heading: column + offset for offset, one in enumerate(columns)}
    started = any(one.start is not None for one in columns)
    for one in columns:
        place = places[one.heading]
        sheet.set_column(place, place, _width(one))
        sheet.write_string(row, place, one.heading, book.look("heading"))
        if started:
            _write_start(book, sheet, one, row + 1, place)
        for position, value in enumerate(one.values):
            at = row + 1 + started + position
            if position < one.given:
                book.put(sheet, at, place, value, "given")
                continue
            formula = one.formula if isinstance(one.formula, str) else one.formula(position)
            book.formula(sheet, at, place, "=" + _resolve(formula, places, at), value, one.look)


def _width(column: Column) -> float:
    """The column's width, or more where a number needs it: a number that does not fit is shown as ###."""
    numbers = [value for value in column.values if not isinstance(value, str) and math.isfinite(value)]
    decimals = len(column.look.partition(".")[2])
    longest = max((len(f"{number:,.{decimals}f}") for number in numbers), default=0)
    return max(column.width, longest + 2)


def _write_start(book: Book, sheet: Any, column: Column, row: int, place: int) -> None:
    sheet.write_blank(row, place, None, book.look("start"))
    if column.start is not None:
        book.formula(sheet, row, place, "=" + column.start[0], column.start[1], "start")


def _resolve(formula: str, places: Mapping[str, int], row: int) -> str:
    def address(match: re.Match[str]) -> str:
        return cell(row + int(match[1] or 0), places[match[2]])

    return re.sub(r"\[(?:(-\d+):)?([^\]]+)\]", address, formula)
