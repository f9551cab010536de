"""The look-up sheet, which fetches the same factors row by row, and the one-hot sheet: look-up as a matrix product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.lesson.crosstab import Crosstab
from penchant.lesson.factor_layout import OBJECTIVE, TOP
from penchant.lesson.sheets import Book, Column, area, cell, write_columns
from penchant.lesson.solver import Factors, rmse

LOOK_UP = (
    (
        "One row for each rating, as in the file they came from. MATCH finds the user's and the item's place,"
        " INDEX fetches their factors from the sheet Dot product: an embedding is this look-up."
    ),
    (
        "Then SUMPRODUCT, the squared error, and the root of the average: the same predictions and the same RMSE as"
        " on the sheet Dot product."
    ),
)
ONE_HOT = (
    (
        "A row of zeros with a single 1, times the matrix of user factors, is the matrix row at the 1. An embedding"
        " skips the {products} products and fetches the row: embedding, look-up and one-hot times matrix give the same"
        " numbers."
    ),
    "Change the yellow cell to any place from 1 to {U}.",
)
_PLAIN_TEXT = 255  # MATCH gives up on longer texts


def write_lookup_sheet(book: Book, name: str, table: Crosstab, factors: Factors) -> None:
    """One row a rating: MATCH, INDEX, SUMPRODUCT, squared error."""
    K = factors.user_vectors.shape[1]
    sheet = book.sheet(name, "The same, as look-up", LOOK_UP, width=2 * K + 8, height=34)
    sheet.freeze_panes(TOP + 1, 3)
    sheet.set_row(TOP, 32)
    columns = _columns(table, factors)
    write_columns(book, sheet, columns, row=TOP, column=0)
    places = {column.heading: place for place, column in enumerate(columns)}
    last = TOP + int(table.rated.sum())
    errors = area(TOP + 1, places["error²"], last, places["error²"])
    sheet.write_string(OBJECTIVE[0], 0, "RMSE", book.look("left heading"))
    book.formula(sheet, *OBJECTIVE, f"=SQRT(AVERAGE({errors}))", rmse(table, factors), "objective")
    book.share(sheet, "rmse_lookup", cell(*OBJECTIVE, pin="both"))
    sheet.autofilter(TOP, 0, last, len(columns) - 1)


def _columns(table: Crosstab, factors: Factors) -> list[Column]:
    users, items = np.nonzero(table.rated)
    count, K = len(users), factors.user_vectors.shape[1]
    dots = factors.predictions()[users, items]
    product = f"SUMPRODUCT([user f1]:[user f{K}],[item f1]:[item f{K}])"
    fetched = [
        *_fetched("user", "INDEX(user_factors,[user row],{k})", factors.user_vectors[users]),
        *_fetched("item", "INDEX(item_factors,{k},[item column])", factors.item_vectors[items]),
    ]
    ratings = table.values[users, items]
    user_row = finder(table.user_ids, "user_ids", "ROW")("[user]")
    item_column = finder(table.item_ids, "item_ids", "COLUMN")("[item]")
    return [
        Column("user", "", table.user_ids[users].tolist(), given=count, width=11),
        Column("item", "", table.item_ids[items].tolist(), given=count, width=10),
        Column("title", "INDEX(titles,1,[item column])", [table.titles[i] for i in items], "note", width=46),
        Column("rating", "INDEX(ratings,[user row],[item column])", ratings.tolist(), "0.0##", width=9),
        Column("user row", user_row, (users + 1).tolist(), "0", width=9),
        Column("item column", item_column, (items + 1).tolist(), "0", width=9),
        *fetched,
        Column("prediction", product, dots.tolist(), "0.000", width=11),
        Column("error²", "([rating]-[prediction])^2", ((ratings - dots) ** 2).tolist(), "0.0000"),
    ]


def _fetched(side: str, formula: str, vectors: NDArray[np.float64]) -> list[Column]:
    """A column for each factor."""
    width = vectors.shape[1]
    return [
        Column(f"{side} f{k}", formula.format(k=k), vectors[:, k - 1].tolist(), "0.00", width=8)
        for k in range(1, width + 1)
    ]


def finder(ids: NDArray[Any], name: str, axis: str) -> Callable[[str], str]:
    """The formula that turns an id's cell into its place in the named range.

    MATCH reads * ? ~ in texts as wildcards, ignores case and fails above 255 characters. Ids with such texts are found
    by EXACT instead.
    """
    texts = [one for one in ids.tolist() if isinstance(one, str)]
    folded = {text.casefold() for text in texts}
    plain = all(len(text) <= _PLAIN_TEXT and not set(text) & set("*?~") for text in texts)
    if plain and len(folded) == len(texts):
        return lambda at: f"MATCH({at},{name},0)"
    return lambda at: f"SUMPRODUCT(EXACT({name},{at})*({axis}({name})-MIN({axis}({name}))+1))"


def write_one_hot_sheet(book: Book, name: str, table: Crosstab, factors: Factors) -> None:
    """A one-hot row, its product with the user factors, and the row fetched directly."""
    U, K = factors.user_vectors.shape
    lines = [line.format(products=U * K, U=U) for line in ONE_HOT]
    sheet = book.sheet(name, "Look-up is one-hot times matrix", lines, width=max(U, K) + 2, height=34)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, max(U, K) + 1, 8)
    sheet.write_string(TOP, 0, "place of the user", book.look("left heading"))
    sheet.write_number(TOP, 1, 1, book.look("given"))
    allowed = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": U}
    sheet.data_validation(TOP, 1, TOP, 1, allowed)
    chosen, hot = cell(TOP, 1, pin="both"), area(TOP + 3, 1, TOP + 3, U)
    _row(book, sheet, TOP + 2, "place", [(f"={u}", float(u)) for u in range(1, U + 1)], "across")
    ones = [(f"=IF({cell(TOP + 2, u)}={chosen},1,0)", float(u == 1)) for u in range(1, U + 1)]
    _row(book, sheet, TOP + 3, "one-hot row", ones, "0")
    first = factors.user_vectors[0].tolist()
    ks = range(1, K + 1)
    product = [(f"=INDEX(MMULT({hot},user_factors),1,{k})", first[k - 1]) for k in ks]
    fetched = [(f"=INDEX(user_factors,{chosen},{k})", first[k - 1]) for k in ks]
    _row(book, sheet, TOP + 5, "one-hot row × user factors", product, "0.000000")
    _row(book, sheet, TOP + 6, "looked up", fetched, "0.000000")
    difference = [(f"={cell(TOP + 5, k)}-{cell(TOP + 6, k)}", 0.0) for k in ks]
    _row(book, sheet, TOP + 7, "difference", difference, "0.000000")


def _row(book: Book, sheet: Any, row: int, heading: str, cells: list[tuple[str, float]], look: str) -> None:
    sheet.write_string(row, 0, heading, book.look("left heading"))
    for column, (formula, value) in enumerate(cells, start=1):
        book.formula(sheet, row, column, formula, value, look)
