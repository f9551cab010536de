"""Remedies that name arguments of Python, with the options of the command line in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from penchant.foundations.errors import DataError

_COLUMNS = {"user": "user", "item": "item", "rating": "rating", "timestamp": "time", "weight": "weight"}
_WHOLE = {
    "rating=False": "--no-rating",
    "timestamp=False": "--no-times",
    "wide=True": "--wide",
    "trim_ids=True": "--trim-ids",
    'weights={"view": 1, …}': "--event-weight NAME=WEIGHT",
    "weights=…": "--event-weight NAME=WEIGHT",
    "scale=…": "--scale LOW:HIGH",
    "(lowest, highest)": "--scale LOW:HIGH",
}
_FILE = {"header=False": "--{}no-header", "header=True": "--{}header"}
_OF_FILE = ("separator", "encoding", "sheet", "id_column")
_VALUE = r"""(…|'[^']*'|"[^"]*"|\[[^\]]*\]|[^\s,.;]+)"""


@contextmanager
def as_options(side: str = "") -> Iterator[None]:
    """Within it, remedies of DataErrors name options. side: "items" or "users" for the options of their tables."""
    try:
        yield
    except DataError as error:
        raise DataError(error.what, where=error.where, remedy=in_options(error.remedy, side)) from error


def in_options(remedy: str, side: str = "") -> str:
    """A remedy such as "pass bad_rows='skip'" as "pass --bad-rows 'skip'"."""
    prefix = f"{side}-" if side else ""
    for text, option in _WHOLE.items():
        remedy = remedy.replace(text, option)
    for text, option in _FILE.items():
        remedy = remedy.replace(text, option.format(prefix))
    remedy = re.sub(r"header=\[[^\]]*\]", f"--{prefix}names NAME,NAME", remedy)
    return re.sub(rf"\b([a-z_]+)={_VALUE}", lambda found: _option(found[1], found[2], prefix), remedy)


def _option(name: str, value: str, prefix: str) -> str:
    if name == "id_column":
        flag = f"{prefix or 'items-'}id"
    elif name in _OF_FILE:
        flag = prefix + name
    else:
        flag = f"{_COLUMNS[name]}-column" if name in _COLUMNS else name.replace("_", "-")
    return f"--{flag} {'NAME' if value == '…' else value}"
