"""The first sheets of graddesc.xlsx: the introduction, and the points that all optimiser sheets read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from penchant.lesson.gradient_descent import LinePoints, Trace
from penchant.lesson.gradient_descent_texts import DATA, INTRODUCTION, TEXTS
from penchant.lesson.sheets import Book, area, cell

SHEET = "Data"
POINTS = 5
"""Row of the first point; the headings are above it."""


def point_cell(axis: str, point: int) -> str:
    """The address of a point's x or y, as seen from any sheet."""
    return f"{SHEET}!{cell(POINTS + point, 'xy'.index(axis), pin='both')}"


def write_introduction(book: Book, line: LinePoints, traces: Mapping[str, Trace]) -> None:
    """What the workbook is, how a row is read, and a link to each sheet."""
    first = next(iter(traces.values()))
    facts = {"points": len(line.x), "line": _best_line(line), "epochs": first.epoch[-1]}
    start = {"start_a": first.at[0, 0], "start_b": first.at[0, 1]}
    lines = [text.format(**facts, **start) for text in INTRODUCTION]
    sheet = book.sheet("Introduction", "Gradient descent, step by step", lines, width=2, height=36)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, 120)
    head = len(lines) + 2
    sheet.write_string(head, 0, "sheet", book.look("left heading"))
    sheet.write_string(head, 1, "what it shows", book.look("left heading"))
    shown = {SHEET: DATA[0], "Compare": "The error of every optimiser after each epoch.", **_texts(list(traces))}
    for row, (name, text) in enumerate(shown.items(), start=head + 1):
        sheet.set_row(row, 36)
        sheet.write_url(row, 0, f"internal:'{name}'!A1", book.look("text"), name)
        sheet.write_string(row, 1, text, book.look("text"))


def _texts(names: Sequence[str]) -> dict[str, str]:
    return {name: TEXTS.get(name, "") for name in names}


def _best_line(line: LinePoints) -> str:
    a, b = line.best()
    return f"y = {a:.4g}x {'-' if b < 0 else '+'} {abs(b):.4g}"


def write_data(book: Book, line: LinePoints) -> None:
    """The points, with shared names for their x and y, and the line that fits them best."""
    sheet = book.sheet(SHEET, "The points", DATA, width=10, height=20)
    sheet.set_column(0, 3, 12)
    sheet.freeze_panes(POINTS, 0)
    for column, (heading, values) in enumerate({"x": line.x, "y": line.y}.items()):
        sheet.write_string(POINTS - 1, column, heading, book.look("heading"))
        for point, value in enumerate(values.tolist()):
            book.put(sheet, POINTS + point, column, value, "given")
        book.share(sheet, f"points_{heading}", area(POINTS, column, POINTS + len(values) - 1, column))
    if len(np.unique(line.x)) > 1:
        _write_best_line(book, sheet, line)


def _write_best_line(book: Book, sheet: Any, line: LinePoints) -> None:
    best = dict(zip(("best a", "best b"), line.best(), strict=True))
    for row, (heading, function) in enumerate({"best a": "SLOPE", "best b": "INTERCEPT"}.items(), start=POINTS - 1):
        sheet.write_string(row, 3, heading, book.look("left heading"))
        book.formula(sheet, row, 4, f"={function}(points_y,points_x)", best[heading], "0.0000")
    chart = book.file.add_chart({"type": "scatter"})
    last = POINTS + len(line.x) - 1
    chart.add_series({
        "categories": [SHEET, POINTS, 0, last, 0], "values": [SHEET, POINTS, 1, last, 1],
        "trendline": {"type": "linear", "name": "best line"}, "name": "points",
    })  # fmt: skip
    chart.set_x_axis({"name": "x"})
    chart.set_y_axis({"name": "y"})
    sheet.insert_chart(POINTS + 2, 3, chart)
