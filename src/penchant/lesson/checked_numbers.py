"""Checks of what is passed to the lesson's functions, so that a wrong value is named before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.arguments import type_of
from penchant.foundations.errors import DataError, SettingsError


def whole(value: Any, where: str, *, low: int = 1) -> int:
    """The value as an int; raises SettingsError unless it is a whole number of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise SettingsError(
            f"{value!r} is not a whole number of at least {low}", where=where, remedy=f"Give a number such as {low + 9}"
        )
    return int(value)


def number(value: Any, where: str, *, above: float | None = None, such_as: float = 0.01) -> float:
    """The value as a float; raises SettingsError unless it is one finite number of at least 0, or above `above`.

    A list or an array of one number is that number: the lesson's library takes a rate for each group of layers, and its
    collaborative filter has one group.
    """
    found = np.asarray(value) if isinstance(value, int | float | np.ndarray | np.generic | list | tuple) else None
    fits = found is not None and found.size == 1 and found.dtype.kind in "iuf" and np.isfinite(found).all()
    one = float(found.reshape(-1)[0]) if found is not None and fits else -1.0
    if one < 0 or (above is not None and one <= above):
        limit = "of at least 0" if above is None else f"above {above:g}"
        raise SettingsError(
            f"{value!r} is not one finite number {limit}", where=where, remedy=f"Give a number such as {such_as:g}"
        )
    return one


def rates_between(start: Any, end: Any) -> tuple[float, float]:
    """The ends of a search for a learning rate."""
    low, high = number(start, "start_lr", above=0.0, such_as=1e-5), number(end, "end_lr", above=0.0, such_as=10.0)
    if low >= high:
        raise SettingsError(
            f"{low:g} is not below end_lr, {high:g}", where="start_lr", remedy="Give the lower rate first"
        )
    return low, high


def row_numbers(val_idxs: Any, rows: int, *, remedy: str) -> NDArray[np.int64]:
    """The validation rows, (n,), from row numbers or a mask of the table's length.

    Raises DataError for anything else, and if no row is left for training.
    """
    found = np.asarray(val_idxs)
    if found.dtype == bool and found.shape == (rows,):
        found = np.flatnonzero(found)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise DataError(
            f"{type_of(val_idxs)} of {found.dtype} values is not a list of row numbers", where="val_idxs", remedy=remedy
        )
    outside = found[(found < 0) | (found >= rows)]
    if len(outside):
        raise DataError(f"row {outside[0]} is not one of {rows:,} rows", where="val_idxs", remedy=remedy)
    if len(np.unique(found)) == rows:
        raise DataError("no row is left for training", where="val_idxs", remedy="Hold out fewer rows")
    return found.astype(np.int64)


def unit_counts(layers: Any) -> list[int]:
    """The units of each hidden layer."""
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise SettingsError(
            f"{layers!r} is not a list", where="layers", remedy="Give the units of each, such as [100, 50]"
        )
    return [whole(one, "layers") for one in layers]


def limits(y_range: Any) -> tuple[float, float] | None:
    """The limits of a sigmoid, or None."""
    if y_range is None:
        return None
    pair = np.asarray(y_range) if isinstance(y_range, Sequence | np.ndarray) else np.empty(0)
    if pair.shape != (2,) or pair.dtype.kind not in "iuf" or not pair[0] < pair[1]:
        raise SettingsError(
            f"{y_range!r} is not a lower and an upper limit", where="y_range", remedy="Give a pair such as (0, 5.5)"
        )
    return float(pair[0]), float(pair[1])
