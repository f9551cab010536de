"""Excel's Solver: how to fill in its window, and the hidden names from which Excel fills it in."""

from __future__ import annotations

from typing import Any

from penchant.lesson.factor_layout import OBJECTIVE, FactorLayout
from penchant.lesson.sheets import Book, cell

EXCEL_CELLS = 200
"""How many cells the Solver that comes with Excel can change."""
FIND = (
    "The green cell is the root mean squared error over the {n} rated cells. To minimise it: Data > Solver,"
    " set objective {objective}, to Min, by changing {changing}, method GRG Nonlinear, negative values"
    " allowed. {limit}"
)
_SETTINGS = {"typ": 2, "eng": 1, "neg": 2, "num": 0, "val": 0, "ver": 3}
"""Minimise; GRG Nonlinear; negative values allowed; no constraints."""


def how_to_solve(places: FactorLayout, rated: int) -> str:
    """How to fill in Excel's Solver for this sheet."""
    cells = (places.users + places.items) * (places.factors + places.bias)
    fits = f"That is {cells} cells; Excel's own Solver can change at most {EXCEL_CELLS}"
    limit_met = "." if cells <= EXCEL_CELLS else ": request fewer users, items or factors, or use --solved."
    changing = f"{places.user_cells()},{places.item_cells()}"
    return FIND.format(n=rated, objective=cell(*OBJECTIVE, pin="both"), changing=changing, limit=fits + limit_met)


def prepare(book: Book, sheet: Any, places: FactorLayout) -> None:
    """Write the names in which Excel keeps what its Solver window shows, hidden as Excel hides them."""
    tab = f"'{sheet.name}'!"
    names = {"opt": tab + cell(*OBJECTIVE, pin="both"), "adj": f"{tab}{places.user_cells()},{tab}{places.item_cells()}"}
    for name, value in {**names, **_SETTINGS}.items():
        book.hide_name(sheet, f"solver_{name}", str(value))
