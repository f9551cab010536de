"""Whether a table's first row holds the names of its columns, decided by its content."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from penchant.data.columns import RECOGNIZED, plain_name

_VALUE = re.compile(r"[-+]?(\d|\.\d)[\d.,:eE/T Zz+-]*")
"""A number, a date or a time."""

_NAMES = {name for names in RECOGNIZED.values() for name in names} | {"id", "title", "name", "genres", "year"}


def has_header(rows: Sequence[Sequence[str]], named: Collection[str]) -> bool:
    """Whether the first row is a header. named: names of columns that the caller expects.

    It is one if it has an expected or usual name, or a text above a column of values; it is none if it has a value
    above a column of values, or if its texts come again below. Texts above texts are taken for names.
    """
    first, rest = rows[0], rows[1:]
    if any(not _is_value(cell) and (cell in named or plain_name(cell) in _NAMES) for cell in first):
        return not _comes_again(first, rest)
    below = [[row[place] for row in rest if place < len(row) and row[place].strip()] for place in range(len(first))]
    of_values = [bool(cells) and all(map(_is_value, cells)) for cells in below]
    if first and not first[0].strip() and below[0]:
        return True  # the corner of a matrix
    if any(_is_value(cell) and (values or not rest) for cell, values in zip(first, of_values, strict=True)):
        return False
    if any(not _is_value(cell) and cell.strip() and values for cell, values in zip(first, of_values, strict=True)):
        return True
    return not _comes_again(first, rest)


def _is_value(cell: str) -> bool:
    return _VALUE.fullmatch(cell.strip()) is not None


def _comes_again(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    return any(cell.strip() and any(place < len(row) and row[place] == cell for row in rest)
               for place, cell in enumerate(first))  # fmt: skip
