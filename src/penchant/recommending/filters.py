"""Filters: which items may be in a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.errors import CallerError
from penchant.models.sides import Side
from penchant.recommending.options import ListOptions


def allowed_items(
    items: Side, options: ListOptions, seen: Numbers | None = None, hidden: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.bool_], list[Any]]:
    """A mask over the catalogue (I,), and the ids in the options that are not in the catalogue.

    seen: the item numbers that the user has rated. hidden: (I,), the items that no list holds, or None. Raises
    CallerError for a feature that items do not have.
    """
    unknown: list[Any] = []
    mask = np.full(len(items), options.among is None)
    if options.among is not None:
        mask[_numbers(items, options.among, unknown)] = True
    for name, wanted in (options.where or {}).items():
        mask &= has_feature(items.features, name, wanted)
    mask[_numbers(items, options.exclude, unknown)] = False
    if options.exclude_seen and seen is not None:
        mask[seen] = False
    if hidden is not None:
        mask &= ~hidden
    return mask, unknown


def has_feature(table: FeatureTable | None, name: str, wanted: Any) -> NDArray[np.bool_]:
    """Which rows have one of the wanted values in the named column, (N,). wanted: one value or several.

    For a column of numbers, a pair of numbers is a range that includes both ends.
    """
    if table is None or name not in table.columns:
        known = ", ".join(sorted(table.columns)) if table is not None and table.columns else "none at all"
        raise CallerError(f"items have no feature {name!r}", where="where", remedy=f"There are: {known}")
    column, kind = table.columns[name], table.kinds[name]
    several = isinstance(wanted, Iterable) and not isinstance(wanted, str)
    if kind == "number" and several:
        low, high = _ends(name, wanted)
        return np.array([value is not None and low <= value <= high for value in column], dtype=bool)
    if kind == "number" and not _is_number(wanted):
        raise CallerError(f"{wanted!r} is not a number", where=f"where[{name!r}]", remedy="Write 1990 or (1990, 1999)")
    values = set(wanted) if several else {wanted}
    if kind == "many":
        return np.array([value is not None and not values.isdisjoint(value) for value in column], dtype=bool)
    return np.array([value in values for value in column], dtype=bool)


def _ends(name: str, wanted: Any) -> tuple[float, float]:
    ends = list(wanted)
    if len(ends) != 2 or not all(map(_is_number, ends)):
        raise CallerError(f"{wanted!r} is not a pair of ends", where=f"where[{name!r}]", remedy="Write (1990, 1999)")
    low, high = ends
    if low > high:
        raise CallerError(
            f"the range from {low:g} to {high:g} holds nothing", where=f"where[{name!r}]",
            remedy=f"Write the lower end first: ({high:g}, {low:g})",
        )  # fmt: skip
    return low, high


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and value == value  # a NaN differs from itself


def _numbers(items: Side, ids: Iterable[Any], unknown: list[Any]) -> Numbers:
    wanted = list(ids)
    numbers = items.vocabulary.numbers(wanted)
    unknown += [one for one, number in zip(wanted, numbers, strict=True) if number == UNKNOWN]
    return numbers[numbers != UNKNOWN]
