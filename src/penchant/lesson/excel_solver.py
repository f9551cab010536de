"""Excel's Solver: how to fill it in, and the names through which a workbook brings it filled in already."""

from __future__ import annotations

from typing import Any

from penchant.lesson.factor_layout import OBJECTIVE, FactorLayout
from penchant.lesson.sheets import Book, cell

EXCEL_CELLS = 200
"""The most cells that the Solver which comes with Excel changes."""
FIND = (
    "The green cell is the root mean squared error over the {n} rated cells. Make it small: Data > Solver,"
    " set objective {objective}, to Min, by changing {changing}, method GRG Nonlinear, negative values"
    " allowed. {limit}"
)
_SETTINGS = {"typ": 2, "eng": 1, "neg": 2, "num": 0, "val": 0, "ver": 3}
"""Minimise; GRG Nonlinear; negative values allowed; no constraints."""


def how_to_solve(places: FactorLayout, rated: int) -> str:
    """How to fill in Excel's Solver for this sheet."""
    cells = (places.users + places.items) * (places.factors + places.bias)
    fits = f"That is {cells} cells; Excel's own Solver changes at most {EXCEL_CELLS}"
    verdict = "." if cells <= EXCEL_CELLS else ": ask for fewer users, items or factors, or let us solve it."
    changing = f"{places.user_cells()},{places.item_cells()}"
    return FIND.format(n=rated, objective=cell(*OBJECTIVE, pin="both"), changing=changing, limit=fits + verdict)


def prepare(book: Book, sheet: Any, places: FactorLayout) -> None:
    """Write the sheet-level names in which Excel keeps what its Solver window shows."""
    book.name(sheet, "solver_opt", cell(*OBJECTIVE, pin="both"))
    book.name(sheet, "solver_adj", f"{places.user_cells()},'{sheet.name}'!{places.item_cells()}")
    for name, value in _SETTINGS.items():
        book.file.define_name(f"'{sheet.name}'!solver_{name}", f"={value}")
