"""The separator of a text's fields, found by the content."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

SEPARATORS = ("::", "\t", ";", ",", "|", " ")
"""The separators that are recognized. A blank is tried last, and several blanks count as one."""

_OF_ENDING = {".tsv": "\t", ".tab": "\t", ".dat": "::"}
_STEADY = 0.9
"""A separator fits if at least this share of the rows has the same number of fields."""

ROWS = 100
"""How many rows are looked at."""


def lines_of(text: str) -> list[str]:
    """The lines of a text. Only CR and LF end one: `splitlines` also ends it at characters that a field may hold."""
    return re.split(r"\r\n|\r|\n", text)


def rows_of(text: str, separator: str, *, whole: bool = True) -> list[list[str]]:
    """The fields of the first rows that are not blank. whole: whether the text ends at the end of a row."""
    lines = [line for line in lines_of(text) if line.strip()]
    if not whole and len(lines) > 1:
        lines = lines[:-1]
    return fields_of(lines[:ROWS], separator)


def fields_of(lines: Sequence[str], separator: str) -> list[list[str]]:
    """The fields of lines; a quoted field of a separator of one character may go on in the next line."""
    if separator == " ":
        return [line.split() for line in lines]
    if len(separator) > 1:
        return [line.split(separator) for line in lines]
    try:
        return list(csv.reader([line + "\n" for line in lines], delimiter=separator))
    except (csv.Error, TypeError, ValueError):  # a field or a separator that the csv module does not take
        return [line.split(separator) for line in lines]


def detected(text: str, ending: str, *, whole: bool = True) -> str:
    """The separator with which most rows have the same number of fields; of several, the one with the most fields.

    ending: of the file's name, which decides where its own separator fits too. Without any that fits, it is a comma.
    """
    fitting: dict[str, tuple[bool, int, int]] = {}
    for place, separator in enumerate(SEPARATORS):
        widths = Counter(map(len, rows_of(text, separator, whole=whole)))
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        if width > 1 and count >= _STEADY * widths.total() and (separator != " " or not fitting):
            fitting[separator] = (_OF_ENDING.get(ending) == separator, width, -place)
    if fitting:
        return max(fitting, key=fitting.__getitem__)
    return _in_first_line(text) or _OF_ENDING.get(ending, ",")


def _in_first_line(text: str) -> str | None:
    """The separator with the most fields in the first line, for a table whose rows differ in length."""
    line = lines_of(text.lstrip())[0]
    count = {separator: line.count(separator) for separator in SEPARATORS[:-1] if separator in line}
    return max(count, key=count.__getitem__) if count else None
