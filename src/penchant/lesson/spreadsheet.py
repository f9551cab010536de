"""collab_filter.xlsx: the crosstab, and the sheets that fit it with formulas."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.lesson.crosstab import Crosstab
from penchant.lesson.factor_layout import TOP
from penchant.lesson.factor_sheets import colour_scale, note_of_blanks, write_factor_sheet, write_item_heads
from penchant.lesson.lookup_sheets import write_lookup_sheet, write_one_hot_sheet
from penchant.lesson.sheets import Book, area
from penchant.lesson.solver import Factors, Solution, SolverSettings, initial_factors, solve

CROSSTAB = (
    (
        "The {users} users with the most ratings, and the {items} items with the most ratings. White cells are blank:"
        " this user has not rated this item. The other sheets read these cells, so a changed rating changes all of"
        " them."
    ),
    (
        "Sheets: Dot product (factors and MMULT), Look-up (the same by MATCH and INDEX), One-hot (why they are"
        " the same), With biases{solver}. Yellow cells may be changed."
    ),
)
SOLVER = (
    (
        "The error after each iteration of Penchant's solver (L-BFGS-B). It starts at the random numbers that an"
        " unsolved workbook shows."
    ),
    (
        "This is the error on the cells that the factors were fitted to. There are almost as many factors as ratings,"
        " so the error can become small without any use for new cells. Only ratings that were left out can show that."
    ),
)


@dataclass(frozen=True)
class Written:
    """The contents of a workbook.

    shown: the factors in its cells, without and with biases. solutions: the solver runs, if solved.
    """

    table: Crosstab
    shown: tuple[Factors, Factors]
    solutions: tuple[Solution, Solution] | None


def write_spreadsheet(
    path: str | Path, table: Crosstab, settings: SolverSettings | None = None, *, solved: bool = False
) -> Written:
    """Write the workbook. The factor cells hold random initial values or, if solved, the solver's result."""
    settings = settings or SolverSettings()
    solutions = (solve(table, settings, bias=False), solve(table, settings, bias=True)) if solved else None
    plain, biased = (
        [one.factors for one in solutions]
        if solutions
        else [initial_factors(table, dataclasses.replace(settings, bias=bias)) for bias in (False, True)]
    )
    with Book(path) as book:
        _write_crosstab(book, table, solved)
        write_factor_sheet(book, "Dot product", table, plain, bias=False)
        write_lookup_sheet(book, "Look-up", table, plain)
        write_one_hot_sheet(book, "One-hot", table, plain)
        write_factor_sheet(book, "With biases", table, biased, bias=True)
        if solutions:
            _write_solver(book, [one.trace for one in solutions])
    return Written(table, (plain, biased), solutions)


def _write_crosstab(book: Book, table: Crosstab, solved: bool) -> None:
    users, items = table.values.shape
    lines = [
        line.format(users=users, items=items, solver=", Solver (how the error fell)" if solved else "")
        for line in CROSSTAB
    ]
    lines += [note] if (note := note_of_blanks(table)) else []
    sheet = book.sheet("Crosstab", "Who rated what", lines, width=items + 2, height=34)
    sheet.set_column(0, 0, 11)
    sheet.set_column(1, items, 7)
    sheet.freeze_panes(TOP + 2, 1)
    write_item_heads(book, sheet, TOP, 1, table)
    sheet.write_string(TOP + 1, 0, "user", book.look("left heading"))
    for offset, one in enumerate(table.user_ids.tolist()):
        book.put(sheet, TOP + 2 + offset, 0, one, "side")
    for (u, i), value in np.ndenumerate(table.values):
        if table.rated[u, i]:
            sheet.write_number(TOP + 2 + u, 1 + i, float(value), book.look("rating"))
        else:
            sheet.write_blank(TOP + 2 + u, 1 + i, None, book.look("rating"))
    block = area(TOP + 2, 1, TOP + 1 + users, items)
    colour_scale(sheet, TOP + 2, 1, table.rated)
    for name, reference in {
        "ratings": block,
        "titles": area(TOP, 1, TOP, items),
        "item_ids": area(TOP + 1, 1, TOP + 1, items),
        "user_ids": area(TOP + 2, 0, TOP + 1 + users, 0),
    }.items():
        book.share(sheet, name, reference)


def _write_solver(book: Book, traces: Sequence[NDArray[np.float64]]) -> None:
    """The error after each iteration, with and without biases, and a chart."""
    sheet = book.sheet("Solver", "How the error fell", SOLVER, width=14, height=34)
    sheet.set_column(0, 2, 12)
    sheet.freeze_panes(TOP + 1, 0)
    for column, heading in enumerate(("iteration", "dot product", "with biases")):
        sheet.write_string(TOP, column, heading, book.look("heading"))
    for iteration in range(max(map(len, traces))):
        sheet.write_number(TOP + 1 + iteration, 0, iteration, book.look("0"))
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight"})
    for column, trace in enumerate(traces, start=1):
        for iteration, value in enumerate(trace):
            sheet.write_number(TOP + 1 + iteration, column, float(value), book.look("0.000000"))
        chart.add_series(_series(column, len(trace)))
    chart.set_title({"name": "RMSE over the rated cells"})
    chart.set_x_axis({"name": "iteration", "min": 0})
    chart.set_y_axis({"log_base": 10, "num_format": "0.0"})
    chart.set_size({"width": 700, "height": 380})
    sheet.insert_chart(TOP, 4, chart)


def _series(column: int, length: int) -> dict[str, Any]:
    first, last = TOP + 1, TOP + length
    return {
        "name": ["Solver", TOP, column],
        "categories": ["Solver", first, 0, last, 0],
        "values": ["Solver", first, column, last, column],
    }
