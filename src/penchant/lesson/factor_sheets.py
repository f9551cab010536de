"""The factor sheets: every prediction is an MMULT of a user's row and an item's column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.lesson.crosstab import Crosstab
from penchant.lesson.excel_solver import how_to_solve, prepare
from penchant.lesson.factor_layout import OBJECTIVE, TOP, FactorLayout
from penchant.lesson.sheets import Book, area, cell
from penchant.lesson.solver import Factors, rmse

LONGEST_AREA_LIST = 4000  # characters; beyond it the colours cover the blanks too

WHAT = (
    "Each user and each item has {K} factors, the yellow cells. A predicted rating is the sum of the products of a"
    " user's row and an item's column (MMULT). The first block compares with the ratings, so it holds 0 where there"
    " is no rating; the last block has the predictions for exactly those cells."
)
BIASED = (
    "As on the sheet Dot product, with one more number for each user and each item, the bias, which is added: some"
    " users give high ratings to everything, and some items get high ratings from almost all users."
)
UNRATED = (
    "predictions where there is no rating: what the model is for (RMSE says how well it fits the rated cells only)"
)


def write_factor_sheet(book: Book, name: str, table: Crosstab, factors: Factors, *, bias: bool) -> FactorLayout:
    """One sheet of factors and predictions; its named ranges end in _b where there are biases."""
    users, items = table.values.shape
    places = FactorLayout(users, items, factors.user_vectors.shape[1], bias)
    lines = [
        (BIASED if bias else WHAT).format(K=places.factors),
        how_to_solve(places, int(table.rated.sum())),
        note_of_blanks(table),
    ]
    title = "With biases" if bias else "Dot product"
    sheet = book.sheet(name, title, [line for line in lines if line], width=places.left + places.items, height=34)
    sheet.freeze_panes(0, 1)
    _widths(sheet, places)
    _write_cells(book, sheet, places, factors)
    _write_headers(book, sheet, places, table)
    _write_predictions(book, sheet, places, table, factors)
    _write_errors(book, sheet, places, table, factors)
    _write_unrated(book, sheet, places, table, factors)
    _name_ranges(book, sheet, places)
    prepare(book, sheet, places)
    return places


def note_of_blanks(table: Crosstab) -> str:
    """A sentence about the users and items without a rating in the table, or an empty text."""
    empty = [f"user {one}" for one in table.empty_users] + [f"item {one}" for one in table.empty_items]
    return f"No rating in this table, so their factors stay as they are: {', '.join(empty)}." if empty else ""


def write_item_heads(book: Book, sheet: Any, row: int, column: int, table: Crosstab) -> None:
    """Titles upright at `row`, ids below."""
    sheet.set_row(row, 150)
    for offset, (title, one) in enumerate(zip(table.titles, table.item_ids.tolist(), strict=True)):
        book.put(sheet, row, column + offset, title, "upright")
        book.put(sheet, row + 1, column + offset, one, "across")


def colour_scale(sheet: Any, row: int, column: int, rated: NDArray[np.bool_], *, signed: bool = False) -> None:
    """Low cells warm, high cells green, and blanks without colour; signed: white at zero, low warm and high blue."""
    ends: dict[str, Any] = {"min_color": "#F2B8A0", "mid_color": "#FFFFFF", "max_color": "#9AD1A8"}
    if signed:
        ends |= {"max_color": "#A9C4E6", "mid_type": "num", "mid_value": 0}
    cells = " ".join(_runs(row, column, rated))
    block = (row, column, row + rated.shape[0] - 1, column + rated.shape[1] - 1)
    areas = {"multi_range": cells} if len(cells) <= LONGEST_AREA_LIST else {}
    sheet.conditional_format(*block, {"type": "3_color_scale", **areas, **ends})


def _runs(row: int, column: int, rated: NDArray[np.bool_]) -> Iterator[str]:
    """The addresses of unbroken runs of rated cells, row by row."""
    for u, line in enumerate(rated):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
        for first, past in edges.reshape(-1, 2).tolist():
            yield f"{cell(row + u, column + first)}:{cell(row + u, column + past - 1)}"


def _widths(sheet: Any, places: FactorLayout) -> None:
    sheet.set_column(0, 0, 11)
    sheet.set_column(1, places.left + places.items, 7)
    sheet.set_column(OBJECTIVE[1], OBJECTIVE[1], 10)


def _write_headers(book: Book, sheet: Any, places: FactorLayout, table: Crosstab) -> None:
    write_item_heads(book, sheet, TOP, places.left, table)
    sheet.write_string(TOP + 1, 0, "item", book.look("side"))
    for column in range(1, places.left):
        biased = places.bias and column == places.left - 1
        sheet.write_string(places.grid - 1, column, "bias" if biased else f"f{column}", book.look("across"))
    for row in range(TOP + 2, places.grid):
        biased = places.bias and row == places.grid - 1
        sheet.write_string(row, 0, "item bias" if biased else f"item f{row - TOP - 1}", book.look("side"))
    _write_user_ids(book, sheet, places.grid, table)


def _write_cells(book: Book, sheet: Any, places: FactorLayout, factors: Factors) -> None:
    """The cells the solver changes: plain numbers."""
    users, items = factors.user_vectors, factors.item_vectors.T
    if places.bias:
        users = np.column_stack([users, factors.user_bias])
        items = np.vstack([items, factors.item_bias])
    _write_numbers(book, sheet, places.grid, 1, users)
    _write_numbers(book, sheet, TOP + 2, places.left, items)


def _write_numbers(book: Book, sheet: Any, row: int, column: int, numbers: NDArray[np.float64]) -> None:
    for (i, j), value in np.ndenumerate(numbers):
        sheet.write_number(row + i, column + j, float(value), book.look("changing"))


def _write_predictions(book: Book, sheet: Any, places: FactorLayout, table: Crosstab, factors: Factors) -> None:
    predictions = factors.predictions()
    for (u, i), rated in np.ndenumerate(table.rated):
        formula = f'=IF(INDEX(ratings,{u + 1},{i + 1})="",0,{_product(places, u, i)})'
        value = float(predictions[u, i]) if rated else 0.0
        book.formula(sheet, places.grid + u, places.left + i, formula, value, "prediction")
    colour_scale(sheet, places.grid, places.left, table.rated)
    total = f"=SQRT(SUMXMY2(ratings,{places.block(places.grid)})/COUNT(ratings))"
    sheet.write_string(OBJECTIVE[0], 0, "RMSE", book.look("left heading"))
    book.formula(sheet, *OBJECTIVE, total, rmse(table, factors), "objective")


def _product(places: FactorLayout, user: int, item: int) -> str:
    """The prediction of one pair: the user's factors times the item's and, where there are any, both biases."""
    row, column = places.grid + user, places.left + item
    factors = f"{cell(row, 1, pin='column')}:{cell(row, places.factors, pin='column')}"
    item_factors = f"{cell(TOP + 2, column, pin='row')}:{cell(TOP + 1 + places.factors, column, pin='row')}"
    user_bias, item_bias = cell(row, places.left - 1, pin="column"), cell(places.grid - 1, column, pin="row")
    return f"MMULT({factors},{item_factors})" + (f"+{user_bias}+{item_bias}" if places.bias else "")


def _write_errors(book: Book, sheet: Any, places: FactorLayout, table: Crosstab, factors: Factors) -> None:
    """Rating minus prediction, blank where there is no rating."""
    sheet.write_string(places.errors - 1, 0, "rating minus prediction", book.look("note"))
    errors = table.values - factors.predictions()
    _write_user_ids(book, sheet, places.errors, table)
    for (u, i), error in np.ndenumerate(errors):
        row, column = places.errors + u, places.left + i
        rating, prediction = f"INDEX(ratings,{u + 1},{i + 1})", cell(places.grid + u, column)
        shown: float | str = float(error) if table.rated[u, i] else ""
        book.formula(sheet, row, column, f'=IF({rating}="","",{rating}-{prediction})', shown, "error")
    colour_scale(sheet, places.errors, places.left, table.rated, signed=True)


def _write_unrated(book: Book, sheet: Any, places: FactorLayout, table: Crosstab, factors: Factors) -> None:
    """The predictions for pairs without a rating, blank where there is one."""
    sheet.write_string(places.unrated - 1, 0, UNRATED, book.look("note"))
    _write_user_ids(book, sheet, places.unrated, table)
    for (u, i), prediction in np.ndenumerate(factors.predictions()):
        shown: float | str = "" if table.rated[u, i] else float(prediction)
        formula = f'=IF(INDEX(ratings,{u + 1},{i + 1})="",{_product(places, u, i)},"")'
        book.formula(sheet, places.unrated + u, places.left + i, formula, shown, "error")
    if not table.rated.all():
        colour_scale(sheet, places.unrated, places.left, ~table.rated)


def _write_user_ids(book: Book, sheet: Any, row: int, table: Crosstab) -> None:
    for offset, one in enumerate(table.user_ids.tolist()):
        book.put(sheet, row + offset, 0, one, "side")


def _name_ranges(book: Book, sheet: Any, places: FactorLayout) -> None:
    end = "_b" if places.bias else ""
    last_user, last_item = places.grid + places.users - 1, places.left + places.items - 1
    book.share(sheet, f"user_factors{end}", area(places.grid, 1, last_user, places.factors))
    book.share(sheet, f"item_factors{end}", area(TOP + 2, places.left, TOP + 1 + places.factors, last_item))
    book.share(sheet, f"predictions{end}", places.block(places.grid))
    book.share(sheet, f"rmse{end}", cell(*OBJECTIVE, pin="both"))
    if places.bias:
        book.share(sheet, "user_bias", area(places.grid, places.left - 1, last_user, places.left - 1))
        book.share(sheet, "item_bias", area(places.grid - 1, places.left, places.grid - 1, last_item))
